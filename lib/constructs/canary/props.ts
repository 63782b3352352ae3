import type * as flagger from '../../../imports/flagger.app';
import type { AnalysisTiming, Protocol } from '../../flagger';
import type { MeshMode } from '../../mesh';
import type { IAlertProvider } from './alert-provider';
import type { CanariedRelease } from './canaried-release';
import type { LoadTest } from './load-test';
import type { Metric } from './metric';
import type { MetricStore } from './metric-template';
import type { CanarySpecOverlay, Plain } from './overlay';
import type { Provider } from './provider';
import type { Autoscaler, ScalerOptions, Target } from './target';

/** One of the four, as Istio's StringMatch. */
export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly regex?: string;
}

/** Which requests an A/B test sends to the canary. */
export interface AnalysisMatch {
  /** By header; names in lower case. */
  readonly headers?: Readonly<Record<string, StringMatch>>;
  /** By query parameter: Istio and the Gateway API. */
  readonly queryParams?: Readonly<Record<string, Omit<StringMatch, 'suffix'>>>;
  /** By labels of the calling pods: Istio. */
  readonly sourceLabels?: Readonly<Record<string, string>>;
}

/** Keeps a user on a side: Istio and the Gateway API. @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go SessionAffinity */
export interface SessionAffinity {
  readonly cookieName: string;
  /** A second cookie for those who came to the primary. @default none */
  readonly primaryCookieName?: string;
  /** Seconds. @default 86400, Flagger's own */
  readonly maxAge?: number;
  readonly domain?: string;
  readonly path?: string;
  readonly httpOnly?: boolean;
  readonly secure?: boolean;
  readonly partitioned?: boolean;
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
}

/** Flagger's `spec.analysis`, its own field names. The strategy follows from the fields, as Flagger decides it. */
export interface CanaryAnalysis extends AnalysisTiming {
  /** Go duration between ticks, at least `10s`. @default '1m' */
  readonly interval?: string;
  /** Failed ticks until the rollback. Counted over the whole rollout: a good tick takes nothing back. @default 5 */
  readonly threshold?: number;
  /** Percent by which the canary's weight grows a tick. @default 10, unless stepWeights or iterations is given */
  readonly stepWeight?: number;
  /** Percent at which the canary is promoted. @default 50 with stepWeight */
  readonly maxWeight?: number;
  /** Strictly increasing percents, instead of stepWeight; the last one is the maximum. */
  readonly stepWeights?: readonly number[];
  /** Percent by which traffic moves back to the promoted primary a tick. @default all at once */
  readonly stepWeightPromotion?: number;
  /** Ticks of an A/B test (with match) or of Blue/Green (without). */
  readonly iterations?: number;
  /** Which requests an A/B test sends to the canary. */
  readonly match?: readonly AnalysisMatch[];
  /** Copies requests to the canary before (with iterations: instead of) any weight. Only for requests that may happen twice. */
  readonly mirror?: boolean;
  /** Percent of the requests that are copied. @default 100, Flagger's own */
  readonly mirrorWeight?: number;
  /** Keeps a user on the side that served the first request. */
  readonly sessionAffinity?: SessionAffinity;
  /** Percent of the primary's pods that must be ready. @default 100, Flagger's own */
  readonly primaryReadyThreshold?: number;
  /** Percent of the canary's pods that must be ready. @default 100, Flagger's own */
  readonly canaryReadyThreshold?: number;
}

/** A check of the caller's own: becomes a MetricTemplate. */
export interface CustomMetric {
  /** DNS label; not one of Flagger's built-in names. */
  readonly name: string;
  /** PromQL, or what `store` takes, for one number; Flagger's functions `{{ target }}`, `{{ namespace }}`, `{{ interval }}` … are filled in. */
  readonly query: string;
  readonly min?: number;
  readonly max?: number;
  /** @default metrics.interval */
  readonly interval?: string;
  /** Where it is asked. @default the platform's Prometheus */
  readonly store?: MetricStore;
}

/** Bounds for what the mesh counts, and checks of one's own. */
export interface CanaryMetrics {
  /** Window of every query, a Go duration; at least two, better four scrapes. @default analysis.interval, at least 1m */
  readonly interval?: string;
  /** Percent of requests that must not fail, above 1 and up to 100; for gRPC by `grpc_response_status`. `false`: no such check. @default 99 */
  readonly successRateMinPercent?: number | false;
  /** gRPC: status codes that are no failure; add 7 and 16 where denying is a matter of course. @default 0, 1, 3, 5, 6, 9, 11 */
  readonly grpcSuccessCodes?: readonly number[];
  /** 99th percentile of the duration, in whole milliseconds. `false`: no such check. @default 500 */
  readonly durationMaxMilliseconds?: number | false;
  readonly custom?: readonly CustomMetric[];
}

/** When Flagger calls a webhook. */
export type WebhookType =
  | 'confirm-rollout'
  | 'pre-rollout'
  | 'rollout'
  | 'confirm-traffic-increase'
  | 'confirm-promotion'
  | 'post-rollout'
  | 'rollback'
  | 'event';

/** @see fluxcd/flagger v1.44 pkg/controller/webhook.go */
export interface Webhook {
  readonly name: string;
  /** @default 'rollout', Flagger's own, which also stands for the empty text */
  readonly type?: WebhookType | '';
  /** Success is a status up to 202. */
  readonly url: string;
  /** Go duration. @default '10s', Flagger's own */
  readonly timeout?: string;
  /** @default 0 */
  readonly retries?: number;
  readonly muteAlert?: boolean;
  /** Accept any certificate. */
  readonly disableTLS?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Who is told of a rollout, and from which severity on. */
export interface Alert {
  readonly name: string;
  /** Without one Flagger sends nothing. @default 'info' */
  readonly severity?: 'info' | 'warn' | 'error' | '';
  readonly providerRef: IAlertProvider;
}

/** Labels and annotations of a Service that Flagger makes. */
export interface ServiceMetadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Everything of `spec.service` beside the port: what of it a provider reads stands with the provider (`docs`), and what it does not
 * read is refused.
 */
export interface CanaryService {
  /** Name of the apex Service. @default the target's name */
  readonly name?: string;
  /** Instead of the protocol's: `kubernetes.io/h2c`. */
  readonly appProtocol?: string;
  readonly trafficDistribution?: 'PreferClose' | 'PreferSameZone' | 'PreferSameNode';
  readonly headless?: boolean;
  /** Gateway API: of one request to a pod. */
  readonly backendTimeout?: string;
  /** Istio: `namespace/name`, and `mesh` for callers of the mesh. Instead of `expose`. */
  readonly gateways?: readonly string[];
  /** Instead of `expose`. */
  readonly hosts?: readonly string[];
  /** Istio: a VirtualService without hosts and gateways, for delegation. */
  readonly delegation?: boolean;
  /** Istio: of the DestinationRules. */
  readonly trafficPolicy?: Plain<flagger.CanarySpecServiceTrafficPolicy>;
  /** Requests that the route is for, as Istio's HTTPMatchRequest. Instead of `expose.paths`. */
  readonly match?: readonly Plain<flagger.CanarySpecServiceMatch>[];
  readonly rewrite?: Plain<flagger.CanarySpecServiceRewrite>;
  readonly headers?: Plain<flagger.CanarySpecServiceHeaders>;
  /** Gateway API: where copies of the requests go, apart from the canary's own mirror. */
  readonly mirror?: readonly Plain<flagger.CanarySpecServiceMirror>[];
  readonly corsPolicy?: Plain<flagger.CanarySpecServiceCorsPolicy>;
  /** App Mesh. */
  readonly meshName?: string;
  /** App Mesh. */
  readonly backends?: readonly string[];
  readonly apex?: ServiceMetadata;
  readonly primary?: ServiceMetadata;
  readonly canary?: ServiceMetadata;
  /** Keys that Flagger leaves alone. */
  readonly unmanagedMetadata?: { readonly labels?: readonly string[]; readonly annotations?: readonly string[] };
}

/** What is added where nothing is said, by name. */
export interface CanaryDefaults {
  /** Labels of this package on the Canary. */
  readonly labels?: boolean;
  /** How long the rollout takes, as an annotation. */
  readonly durationAnnotation?: boolean;
  /** `service.appProtocol`, from the protocol. */
  readonly appProtocol?: boolean;
  /** `service.portName`, from the protocol. */
  readonly portName?: boolean;
  /** `service.targetPort`, equal to the port. */
  readonly targetPort?: boolean;
  /** `service.portDiscovery: false`, which Flagger writes back. */
  readonly portDiscovery?: boolean;
  /** Gateway `mesh` beside exposed ones: callers of the mesh would else reach the primary only. */
  readonly meshGateway?: boolean;
  /** The Service itself as parent of the HTTPRoute (GAMMA), for callers of the mesh. */
  readonly serviceParent?: boolean;
  /** `revertOnDeletion: true`: the service survives the Canary. */
  readonly revertOnDeletion?: boolean;
  /** An interval, a threshold and steps. */
  readonly analysis?: boolean;
  /** A success rate and a duration, where somebody counts them. */
  readonly metrics?: boolean;
  /** A window for metrics without one. */
  readonly metricInterval?: boolean;
  /** `muteAlert: false` of webhooks, which Flagger writes back. */
  readonly muteAlert?: boolean;
  /** `severity: info` of alerts. */
  readonly alertSeverity?: boolean;
}

/** How a workload is rolled out; a release is enough. */
export interface CanaryRolloutProps {
  /** Name of the Canary and of its target: at most 55 characters. @default that of the release, else the construct's id */
  readonly name?: string;
  /** @default that of the release, else the chart's */
  readonly namespace?: string;
  /** Who routes and counts, in one word. @default 'istio-sidecar', unless `provider` is given */
  readonly mesh?: MeshMode;
  /** Who shares out the traffic, where it is no mesh of `mesh`, or with a reference of its own. @default that of `mesh` */
  readonly provider?: Provider;
  /** What is rolled out. @default the release, else the Deployment of the Canary's name */
  readonly target?: Target;
  /**
   * The one port that Flagger routes. Callers keep using `<name>:<port>`.
   * @default the first port of the release; a target without Services of Flagger's (Knative) has none
   */
  readonly port?: {
    readonly port: number;
    /** Number, or name of a container port. */
    readonly targetPort?: number | string;
    /** @default 'http' */
    readonly protocol?: Protocol;
    readonly name?: string;
  };
  /**
   * The workload has more ports than the one above: Flagger then offers every container port under its own number.
   * @default whether the release has more ports than one
   */
  readonly portDiscovery?: boolean;
  /**
   * Where outside traffic comes in. Routes that somebody else makes to the same Service reach the primary only, and
   * the canary has nothing to measure: hosts belong here, not in a VirtualService.
   * @default in-mesh callers only
   */
  readonly expose?: {
    /** Istio gateways `namespace/name`; in the Gateway API modes likewise, as parents of the HTTPRoute. */
    readonly gateways: readonly string[];
    readonly hosts: readonly string[];
    /** Path prefixes. @default all paths */
    readonly paths?: readonly string[];
  };
  /**
   * What is rolled out. Name, namespace, port and autoscaler come from it. The Canary then carries the checksum by which Flux'
   * health check knows whether its status is about this release or about the last one.
   * @default none: Flux takes the end of the last release for the end of this one until Flagger's next tick
   */
  readonly release?: CanariedRelease;
  readonly analysis?: CanaryAnalysis;
  /** What is measured: bounds for what the mesh counts, or checks one by one in their order. */
  readonly metrics?: CanaryMetrics | readonly Metric[];
  /**
   * Where the templates for gRPC and for meshes without built-in metrics are: names as `METRIC_TEMPLATES` gives them.
   * @default made beside the Canary
   */
  readonly metricTemplates?: { readonly namespace: string };
  /** Prometheus of the MetricTemplates that are made here. @default 'http://prometheus-prometheus.monitoring:9090' */
  readonly prometheusAddress?: string;
  /** Prometheus of the built-in queries of this Canary. @default that of Flagger's installation */
  readonly metricsServer?: string;
  /** @default none: the service's callers are traffic enough */
  readonly loadTest?: LoadTest;
  readonly webhooks?: readonly Webhook[];
  readonly alerts?: readonly Alert[];
  /** The autoscaler of the target, and bounds for its copy on the primary. @default that of the release */
  readonly autoscaler?: Autoscaler | ({ readonly name?: string } & ScalerOptions);
  /** The other fields of `spec.service`. */
  readonly service?: CanaryService;
  /** Promote without analysis as soon as the canary is ready. @default false */
  readonly skipAnalysis?: boolean;
  /** Hold everything. @default false */
  readonly suspend?: boolean;
  /** Hand traffic and replicas back to the target when the Canary is deleted. @default true: the service survives */
  readonly revertOnDeletion?: boolean;
  /** Seconds that the canary may take to become available. @default 600, Flagger's own */
  readonly progressDeadlineSeconds?: number;
  /** Request timeout, a Go duration. */
  readonly timeout?: string;
  /** By the proxies, where the provider reads it. */
  readonly retries?: { readonly attempts?: number; readonly perTryTimeout?: string; readonly retryOn?: string };
  /** Seconds until a new pod is ready, for the duration. @default 0: ready by the next tick */
  readonly readinessSeconds?: number;
  readonly partOf?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * Any part of `spec` as Flagger has it, over what the other props make: for fields that have no prop. It is merged before anything
   * is checked, and before the duration is counted. Objects are merged, lists replaced, `null` takes a field away.
   */
  readonly spec?: CanarySpecOverlay;
  /** What is added where nothing is said. `false`: nothing. @default all of it */
  readonly defaults?: false | CanaryDefaults;
  /**
   * Faults that are meant, by code: what Flagger accepts and does otherwise than written. What the API server would refuse, and what
   * can never succeed, cannot be allowed.
   */
  readonly allow?: readonly string[];
}

const known: Readonly<Record<keyof CanaryRolloutProps, true>> = {
  name: true,
  namespace: true,
  mesh: true,
  provider: true,
  target: true,
  port: true,
  portDiscovery: true,
  expose: true,
  release: true,
  analysis: true,
  metrics: true,
  metricTemplates: true,
  prometheusAddress: true,
  metricsServer: true,
  loadTest: true,
  webhooks: true,
  alerts: true,
  autoscaler: true,
  service: true,
  skipAnalysis: true,
  suspend: true,
  revertOnDeletion: true,
  progressDeadlineSeconds: true,
  timeout: true,
  retries: true,
  readinessSeconds: true,
  partOf: true,
  labels: true,
  annotations: true,
  spec: true,
  defaults: true,
  allow: true,
};
/** Names of the props, for callers without types. */
export const canaryRolloutPropNames: ReadonlySet<string> = new Set(Object.keys(known));
