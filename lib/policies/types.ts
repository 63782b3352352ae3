import type { ResolvedService } from '../catalog';

/** Whether connections are only judged, or what nobody asked for is refused. */
export type PolicyMode = 'audit' | 'enforce';

/** What carries a port. */
export type Transport = 'TCP' | 'UDP' | 'SCTP';

/** Pods by labels that they have in every phase of a rollout, target and primary alike. */
export interface PodSet {
  readonly namespace: string;
  /** Labels that Flagger copies as they are. Absent: all pods of the namespace. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The label that Flagger changes, with both values, where the pods have no other of their own. */
  readonly either?: { readonly key: string; readonly values: readonly string[] };
}

/** A port as policies name it. */
export interface PolicyPort {
  /** Of the container: policies count behind the Service. */
  readonly port: number;
  /** @default TCP */
  readonly transport?: Transport;
  /** Of the Service, where that is another: what a waypoint counts. */
  readonly servicePort?: number;
}

/** Which requests a caller may send; all of them where nothing is said. */
export interface Requests {
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
}

/** Who is at the other end of a connection. */
export type Peer =
  | {
      readonly kind: 'pods';
      readonly who: string;
      readonly pods: PodSet;
      /** `<namespace>/<account>`: who they are in the mesh. Absent: not in it. */
      readonly account?: string;
    }
  | {
      readonly kind: 'addresses';
      readonly who: string;
      readonly cidrs: readonly string[];
      readonly except?: readonly string[];
      /** Names behind the addresses, for what understands names. */
      readonly hosts?: readonly string[];
    };

/** Why a connection is needed. */
export type Need =
  | 'call'
  | 'caller'
  | 'gateway'
  | 'load-test'
  | 'webhook'
  | 'scrape'
  | 'probe'
  | 'dns'
  | 'mesh'
  | 'external'
  | 'api-server'
  | 'metadata';

/** Connections that are let through, and why. */
export interface Allowed {
  readonly need: Need;
  readonly peer: Peer;
  readonly ports: readonly PolicyPort[];
  readonly requests?: Requests;
  /** For people: `variable CART_ADDR`. */
  readonly why: string;
}

/** A service at the other end of a call of the catalog. */
export interface ServiceEdge {
  readonly service: string;
  readonly pods: PodSet;
  /** `<namespace>/<account>`. */
  readonly account: string;
  /** Those of the callee. */
  readonly ports: readonly PolicyPort[];
  readonly requests?: Requests;
  readonly why: string;
}

/** Hosts outside that a service calls. */
export interface ExternalEdge {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly addresses?: readonly string[];
  readonly ports: readonly number[];
  readonly why: string;
}

/** What one service's policies depend on besides the service itself and the platform. Plain data: part of its unit's input. */
export interface ServiceConnections {
  readonly mode: PolicyMode;
  readonly callers: readonly ServiceEdge[];
  readonly callees: readonly ServiceEdge[];
  /** Absent where it calls nobody outside. */
  readonly externals?: readonly ExternalEdge[];
}

/** What policies ask of a service. */
export type PolicyService = Pick<
  ResolvedService,
  'name' | 'workloadName' | 'namespace' | 'selector' | 'podLabels' | 'canary' | 'serviceAccount' | 'ports' | 'release'
>;
