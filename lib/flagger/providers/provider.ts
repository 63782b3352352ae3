import type { Fields, KubeObject } from '../../kube';
import type { Analysis } from '../analysis';

/** What a provider's router knows when it makes the objects of one Canary. */
export interface RouteInput {
  /** With its namespace. */
  readonly canary: KubeObject;
  /** The value of `spec.provider` (or of Flagger's flag). */
  readonly value: string;
  readonly analysis: Analysis;
}

/** A kind of object that a provider's router makes, overwrites or edits for a Canary. */
export interface RouteKind {
  readonly kind: string;
  /** Group and version that Flagger's client asks for. */
  readonly apiVersion: (value: string) => string;
  /** Names of the objects of one Canary. */
  readonly names: (canary: KubeObject) => readonly string[];
  /**
   * The objects as they stand between two rollouts, all weight on the primary. Absent where they are copies of an object that
   * somebody else writes (an Ingress, an ApisixRoute): then the names alone are known.
   */
  readonly make?: (input: RouteInput) => readonly KubeObject[];
  /** Whether the object lies in no namespace. @default false */
  readonly isClusterScoped?: boolean;
}

/** How requests of an A/B test can be told apart. */
export type MatchKind = 'exact' | 'prefix' | 'suffix' | 'regex';

/** What a provider's router can do with a canary. */
export interface Abilities {
  /** Shift traffic by percent. Without it Flagger counts iterations instead, ten when none are said. */
  readonly weigh: boolean;
  /** Tell the requests of an A/B test apart: kinds of header matches; none where all requests would go to the canary. */
  readonly matchHeaders: readonly MatchKind[];
  /** Tell them apart by query parameters. */
  readonly matchQuery: boolean;
  /** Tell them apart by labels of the calling pod. */
  readonly matchSource: boolean;
  /** Copy requests to the canary: `weights` before the first weight and during iterations, `iterations` only there. */
  readonly mirror: 'weights' | 'iterations' | 'none';
  /** Copy a share of the requests (`mirrorWeight`). */
  readonly mirrorShare: boolean;
  /** Keep a user on a side (`sessionAffinity`). */
  readonly affinity: boolean;
  /** Move traffic back in steps after the promotion (`stepWeightPromotion`). */
  readonly stepsBack: boolean;
}

/** The object that a Canary must name so that the provider finds its traffic. */
export interface TrafficReference {
  /** Field of `spec`. */
  readonly field: 'ingressRef' | 'routeRef' | 'upstreamRef';
  readonly apiVersion: string;
  readonly kind: string;
  /** Without it the router fails, and the Canary stays Initializing. */
  readonly isRequired: boolean;
}

/** The two queries that Flagger brings for a provider, as Go templates, with what they count. */
export interface BuiltinQueries {
  /** Name of the observer's file in Flagger, without `.go`. @see fluxcd/flagger v1.44 pkg/metrics/observers/factory.go */
  readonly observer: string;
  /** Who counts: the provider's own proxies, or the application itself. */
  readonly countedBy: 'sidecar' | 'ingress' | 'application';
  /** The counter of the success rate. */
  readonly counter: string;
  /** Labels by which the canary's requests are found, and Flagger's function or text that each must equal. */
  readonly labels: Readonly<Record<string, string>>;
  /** `request-success-rate`, percent. */
  readonly successRate: string;
  /** `request-duration`; Flagger takes the result for milliseconds (or seconds, where `durationUnit` says so). */
  readonly duration: string;
  readonly durationUnit: 'milliseconds' | 'seconds';
  /** Whether the success rate classes a gRPC call by its own status, and not as the HTTP 200 that a failed one is. @default false */
  readonly seesGrpcStatus?: boolean;
}

/** The definition that the API server must know before the router can write. */
export interface NeededDefinition {
  /** Name of the CustomResourceDefinition. */
  readonly name: string;
  readonly version: string;
}

/**
 * One provider of Flagger, as plain data and functions: what it makes, how a Canary is bound to traffic, what it can do, what it
 * measures. A new provider is a file beside this one; the list in `index.ts` is generated.
 */
export interface Provider {
  /** Name of the file, and of the factory that the constructs offer. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Values of `spec.provider` that mean it; the first is the one to write. */
  readonly values: readonly string[];
  /** Whether Flagger takes a value for this provider: prefixes count for some. @see fluxcd/flagger v1.44 pkg/router/factory.go MeshRouter */
  readonly takes: (value: string) => boolean;
  /** Where traffic is shared out: at every caller's proxy, at an ingress or gateway, by a platform's own routing, or nowhere. */
  readonly sharesAt: 'mesh' | 'ingress' | 'gateway' | 'platform' | 'nowhere';
  readonly reference?: TrafficReference;
  /** `service.gatewayRefs` must name a parent. */
  readonly needsGatewayRefs?: boolean;
  /** Field of `spec.service` that names the gateways by which traffic comes in from outside. */
  readonly comesInBy?: 'gateways' | 'gatewayRefs';
  /** Kinds of `targetRef` that it takes, with the API version where it counts. */
  readonly targets: readonly ('Deployment' | 'DaemonSet' | 'Service')[];
  /** Fields of `spec.service` that its router reads, beside those of the Services themselves. What is not here is dropped without a word. */
  readonly serviceFields: readonly ServiceField[];
  /** Whether Flagger makes the Services `<apex>`, `<apex>-primary`, `<apex>-canary`. */
  readonly makesServices: boolean;
  readonly routes: readonly RouteKind[];
  readonly needs?: (value: string) => NeededDefinition;
  readonly can: Abilities;
  readonly builtin?: BuiltinQueries;
  /** The Service that usually is the entrance, `name.namespace`. */
  readonly entrance?: string;
}

/** Fields of `spec.service` that Flagger reads for the Services and the HTTP route of most providers. */
export type ServiceField =
  | 'apex'
  | 'appProtocol'
  | 'backends'
  | 'backendTimeout'
  | 'corsPolicy'
  | 'delegation'
  | 'gatewayRefs'
  | 'gateways'
  | 'headers'
  | 'hosts'
  | 'match'
  | 'meshName'
  | 'mirror'
  | 'retries'
  | 'rewrite'
  | 'timeout'
  | 'trafficPolicy';

/** Cannot be told apart, copied, kept or shared. */
export const nothing: Abilities = {
  weigh: false,
  matchHeaders: [],
  matchQuery: false,
  matchSource: false,
  mirror: 'none',
  mirrorShare: false,
  affinity: false,
  stepsBack: false,
};

/** Shares by weight and nothing else. */
export const weightsOnly: Abilities = { ...nothing, weigh: true, stepsBack: true };

/** Equal to one of the values. */
export const exactly =
  (...values: readonly string[]) =>
  (value: string): boolean =>
    values.includes(value);

/** The parts of a query that counts good and all of one counter. */
export const rate = (selector: string): string => `sum(rate(${selector}[{{ interval }}]))`;
/** Percent of one counter's requests that are good. */
export const percent = (counter: string, labels: string, good: string): string =>
  `${rate(`${counter}{${labels},${good}}`)} / ${rate(`${counter}{${labels}}`)} * 100`;
/** 99th percentile of a histogram. */
export const p99 = (bucket: string, labels: string): string =>
  `histogram_quantile(0.99, sum(rate(${bucket}{${labels}}[{{ interval }}])) by (le))`;

/** Fields that are set, in the given order. */
export function pick(fields: Fields, keys: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const key of keys) if (fields[key] !== undefined) picked[key] = fields[key];
  return picked;
}
