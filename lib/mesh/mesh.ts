/** How traffic is routed and measured around the services of a cluster: facts that give `no values found` when taken apart. */
export interface Mesh {
  /** Name of the file, and value of `platform.mesh`. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** `spec.provider` of a Canary, `meshProvider` of Flagger's chart. */
  readonly provider: string;
  /** Which proxy's counters see the canary's requests, as Istio's label `reporter` names it; none where no proxy of Istio counts. */
  readonly reporter?: 'destination' | 'source' | 'waypoint';
  /** Whether `request-success-rate` and `request-duration` ask for counters that this mesh has. */
  readonly builtinMetrics: boolean;
  /** What takes the pods of a namespace into the mesh. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly namespaceAnnotations?: Readonly<Record<string, string>>;
  /** What the platform's layers install of it: Istio with its objects, or nothing, since somebody else runs it or there is none. */
  readonly installs: 'istio' | 'nothing';
  /** Whether pods go without sidecars, and a waypoint sees their HTTP. */
  readonly isAmbient: boolean;
  /** The kind of route by which a host comes in from outside; `nothing`: the platform has no gateway. */
  readonly exposesBy: 'VirtualService' | 'HTTPRoute' | 'nothing';
}
