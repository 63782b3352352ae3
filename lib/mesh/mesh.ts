import type { KubeObject } from '../kube';

/** How traffic is routed and measured around the services of a cluster: facts that give `no values found` when taken apart. */
export interface Mesh {
  /** Name of the file, and value of `platform.mesh`; of `platform.provider` where it has an `entrance`. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** `spec.provider` of a Canary, `meshProvider` of Flagger's chart. */
  readonly provider: string;
  /** Which proxy's counters see the canary's requests, as Istio's label `reporter` names it; none where no proxy of Istio counts. */
  readonly reporter?: 'destination' | 'source' | 'waypoint';
  /** Whether `request-success-rate` and `request-duration` ask for counters that this mesh has. */
  readonly builtinMetrics: boolean;
  /** Provider whose built-in queries find what this mode's proxies count, where those of its own find nothing: they become MetricTemplates. */
  readonly queriesOf?: string;
  /** What takes the pods of a namespace into the mesh. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly namespaceAnnotations?: Readonly<Record<string, string>>;
  /** What the platform's layers install of it: Istio with its objects, or nothing, since somebody else runs it or there is none. */
  readonly installs: 'istio' | 'nothing';
  /** Whether pods go without sidecars, and a waypoint sees their HTTP. */
  readonly isAmbient: boolean;
  /** The kind of route by which a host comes in from outside; `nothing`: the platform has no gateway; `entrance`: as `entrance` says. */
  readonly exposesBy: 'VirtualService' | 'HTTPRoute' | 'entrance' | 'nothing';
  /**
   * Where an ingress controller or a gateway shares out traffic, and callers inside the cluster go past it: what leads hosts to a
   * service. Of a canaried service it is what Flagger finds the traffic by, or what leads to the object that Flagger writes; nothing
   * where Flagger writes all of it.
   */
  readonly entrance?: (route: EntranceRoute) => readonly KubeObject[];
  /** Whether what the entrance is told carries HTTP/1.1 only. @default false */
  readonly refusesGrpc?: boolean;
  /** Who refuses callers by their identity. */
  readonly authorizes: 'istio' | 'linkerd' | 'nothing';
  /** What the proxies of its pods need besides what the services say to each other. */
  readonly proxies?: ProxyTraffic;
}

/** Hosts that come in to a service. */
export interface EntranceRoute {
  /** Of the service, and of the object where one is enough. */
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
  readonly protocol: 'http' | 'grpc';
  readonly hosts: readonly string[];
  /** Prefixes of paths; `/` alone for all of a host. */
  readonly paths: readonly string[];
  readonly isCanaried: boolean;
  /** Of the platform, where there is one that is named. */
  readonly gateway: { readonly namespace: string; readonly name: string };
}

/** Connections of a mesh's own: without them pods get no configuration and no certificates, and nobody counts. */
export interface ProxyTraffic {
  /** Where configuration and certificates come from. */
  readonly controlPlane: readonly {
    readonly who: string;
    /** Absent: outside the cluster. */
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ports: readonly number[];
  }[];
  /** The port by which a proxy reaches another in place of the pod's own one. */
  readonly tunnelPort?: number;
  /** A port of the proxy that takes connections for ports which it carries as they are. */
  readonly opaquePort?: number;
  /** Where Prometheus reads what the proxy counts. */
  readonly metricsPort?: number;
  /** How a Prometheus of the operator's that the platform installs reads it: name of the PodMonitor, and its endpoint without the interval. */
  readonly monitor?: { readonly name: string; readonly endpoint: Readonly<Record<string, unknown>> };
  /** The address from which the node's probes seem to come. @default the node, which no policy can refuse */
  readonly probesFrom?: string;
}

/** Proxies of an istiod that the platform installs. @see istio.io 1.31 ops/deployment/application-requirements (ports) */
export const ISTIO_PROXIES = {
  controlPlane: [{ who: 'istiod', namespace: 'istio-system', labels: { app: 'istiod' }, ports: [15012] }],
  metricsPort: 15020,
} as const satisfies ProxyTraffic;
