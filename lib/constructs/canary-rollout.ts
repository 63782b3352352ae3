import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import * as flagger from '../../imports/flagger.app';
import {
  type AnalysisTiming,
  analysisDefaults,
  BUILTIN_METRICS,
  durationQuery,
  grpcSuccessRateQuery,
  httpSuccessRateQuery,
  MESH_FACTS,
  type MeshMode,
  PORT_NAMES,
  type Protocol,
  type RolloutDuration,
  readAnalysis,
  rolloutDuration,
  SUCCESS_RATES,
} from '../flagger';
import { parseGoDuration } from '../kube';
import { DURATION_ANNOTATION, objectLabels, RELEASE_CHECKSUM_ANNOTATION } from './labels';
import type { MicroserviceRelease } from './microservice-release';
import { formatSeconds } from './seconds';

/** One of the four, as Istio's StringMatch. */
export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly regex?: string;
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
  /** Which requests an A/B test sends to the canary. Header names in lower case. */
  readonly match?: readonly {
    readonly headers?: Readonly<Record<string, StringMatch>>;
    readonly sourceLabels?: Readonly<Record<string, string>>;
  }[];
  /** Copies requests to the canary before (with iterations: instead of) any weight. Only for requests that may happen twice. */
  readonly mirror?: boolean;
  /** Percent of the requests that are copied. @default 100, Flagger's own */
  readonly mirrorWeight?: number;
  /** Keeps a user on the side that served the first request. */
  readonly sessionAffinity?: { readonly cookieName: string; readonly maxAge?: number };
  /** Percent of the primary's pods that must be ready. @default 100, Flagger's own */
  readonly primaryReadyThreshold?: number;
  /** Percent of the canary's pods that must be ready. @default 100, Flagger's own */
  readonly canaryReadyThreshold?: number;
}

/** A check of the caller's own: becomes a MetricTemplate on Prometheus. */
export interface CustomMetric {
  /** DNS label; not one of Flagger's built-in names. */
  readonly name: string;
  /** PromQL for one number; Flagger's functions `{{ target }}`, `{{ namespace }}`, `{{ interval }}` … are filled in. */
  readonly query: string;
  readonly min?: number;
  readonly max?: number;
  /** @default metrics.interval */
  readonly interval?: string;
}

export interface CanaryMetrics {
  /** Window of every query, a Go duration; at least two, better four scrapes. @default analysis.interval, at least 1m */
  readonly interval?: string;
  /** Percent of requests that must not fail, 0 to 100; for gRPC by `grpc_response_status`. `false`: no such check. @default 99 */
  readonly successRateMinPercent?: number | false;
  /** gRPC: status codes that are no failure; add 7 and 16 where denying is a matter of course. @default 0, 1, 3, 5, 6, 9, 11 */
  readonly grpcSuccessCodes?: readonly number[];
  /** 99th percentile of the duration, in whole milliseconds. `false`: no such check. @default 500 */
  readonly durationMaxMilliseconds?: number | false;
  readonly custom?: readonly CustomMetric[];
}

/** What the load tester sends to `<service>-canary` while an analysis runs. */
export interface LoadTest {
  /** URL of Flagger's load tester. @default 'http://flagger-loadtester.flagger-system/' */
  readonly url?: string;
  /** Requests a second in total. @default 10 */
  readonly requestsPerSecond?: number;
  /** Connections at a time. @default 2 */
  readonly concurrency?: number;
  /** How long one run lasts, a Go duration. @default two intervals less five seconds: each second tick starts the next */
  readonly duration?: string;
  /** HTTP: path of the request. @default '/' */
  readonly path?: string;
  /** HTTP headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** gRPC method. @default 'grpc.health.v1.Health/Check', whose proto the load tester brings */
  readonly grpcCall?: string;
  /** Proto file in the load tester; none: server reflection. @default the health proto, with the default method */
  readonly grpcProto?: string;
}

export type WebhookType =
  | 'confirm-rollout'
  | 'pre-rollout'
  | 'rollout'
  | 'confirm-traffic-increase'
  | 'confirm-promotion'
  | 'post-rollout'
  | 'rollback'
  | 'event';

export interface Webhook {
  readonly name: string;
  readonly type: WebhookType;
  readonly url: string;
  /** Go duration. @default '10s', Flagger's own */
  readonly timeout?: string;
  /** @default 0 */
  readonly retries?: number;
  readonly muteAlert?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface CanaryRolloutProps {
  /** Name of the Canary and of its Deployment: at most 55 characters. @default the construct's id */
  readonly name?: string;
  /** @default the chart's namespace */
  readonly namespace?: string;
  /** @default 'istio-sidecar' */
  readonly mesh?: MeshMode;
  /** The one port that Flagger routes. Callers keep using `<name>:<port>`. */
  readonly port: {
    readonly port: number;
    readonly targetPort?: number;
    readonly protocol: Protocol;
    readonly name?: string;
  };
  /**
   * The workload has more ports than the one above: Flagger then offers every container port under its own number.
   * @default false
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
   * What is rolled out. The Canary then carries the checksum by which Flux' health check knows whether its status is about
   * this release or about the last one.
   * @default none: Flux takes the end of the last release for the end of this one until Flagger's next tick
   */
  readonly release?: MicroserviceRelease;
  readonly analysis?: CanaryAnalysis;
  readonly metrics?: CanaryMetrics;
  /**
   * Where the templates for gRPC and for meshes without built-in metrics are: names as `METRIC_TEMPLATES` gives them.
   * @default made beside the Canary
   */
  readonly metricTemplates?: { readonly namespace: string };
  /** Prometheus of the MetricTemplates that are made here. @default 'http://prometheus-prometheus.monitoring:9090' */
  readonly prometheusAddress?: string;
  /** @default none: the service's callers are traffic enough */
  readonly loadTest?: LoadTest;
  readonly webhooks?: readonly Webhook[];
  readonly alerts?: readonly {
    readonly name: string;
    /** Without one Flagger sends nothing. @default 'info' */
    readonly severity?: 'info' | 'warn' | 'error';
    readonly providerRef: { readonly name: string; readonly namespace?: string };
  }[];
  /** The autoscaler of the Deployment, and bounds for its copy on the primary. @default no autoscaler */
  readonly autoscaler?: {
    readonly name: string;
    readonly primaryScalerReplicas?: { readonly minReplicas?: number; readonly maxReplicas?: number };
  };
  /** Promote without analysis as soon as the canary is ready. @default false */
  readonly skipAnalysis?: boolean;
  /** Hand traffic and replicas back to the Deployment when the Canary is deleted. @default true: the service survives */
  readonly revertOnDeletion?: boolean;
  /** Seconds that the canary may take to become available. @default 600, Flagger's own */
  readonly progressDeadlineSeconds?: number;
  /** Request timeout, a Go duration. */
  readonly timeout?: string;
  /** Istio only. */
  readonly retries?: { readonly attempts: number; readonly perTryTimeout?: string; readonly retryOn?: string };
  /** Seconds until a new pod is ready, for the duration. @default 0: ready by the next tick */
  readonly readinessSeconds?: number;
  readonly partOf?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Names of the MetricTemplates that stand in for, or beside, Flagger's built-in metrics. */
export const METRIC_TEMPLATES = {
  grpcSuccessRate: 'grpc-success-rate',
  httpSuccessRate: 'http-success-rate',
  duration: 'request-duration-p99',
} as const;

/** A template's name, query and the unit of its result. */
export interface TemplateQuery {
  readonly name: string;
  readonly query: string;
}

const DEFAULT_PROMETHEUS = 'http://prometheus-prometheus.monitoring:9090';
const DEFAULT_LOADTESTER = 'http://flagger-loadtester.flagger-system/';
const HEALTH_CALL = 'grpc.health.v1.Health/Check';
/** Brought by the load tester's image. @see fluxcd/flagger v1.44 Dockerfile.loadtester */
const HEALTH_PROTO = '/tmp/ghz/health.proto';
const LONGEST_NAME = 55;
/** The load tester hands the command to a shell: nothing in it may mean anything there. */
const SHELL_SAFE = /^[\w ./?=&%~:@+,*-]*$/;

/** The templates that a mesh mode needs: for success rates, and for durations where the built-in query finds nothing. */
export function templatesFor(mesh: MeshMode): TemplateQuery[] {
  const { reporter, builtinMetrics } = MESH_FACTS[mesh];
  if (!reporter) return [];
  return [
    { name: METRIC_TEMPLATES.grpcSuccessRate, query: grpcSuccessRateQuery(reporter) },
    { name: METRIC_TEMPLATES.httpSuccessRate, query: httpSuccessRateQuery(reporter) },
    ...(builtinMetrics ? [] : [{ name: METRIC_TEMPLATES.duration, query: durationQuery(reporter) }]),
  ];
}

/**
 * How Flagger rolls out one Deployment: the Canary and the MetricTemplates that it needs.
 *
 * Flagger itself makes the three Services, the VirtualService or HTTPRoute, the DestinationRules and the primary. Emit
 * none of them, and no `spec.replicas`: `MicroserviceRelease` with `canaried: true` keeps to that.
 *
 * `duration` says how long a success and a rollback take; the same stands on the Canary as an annotation.
 *
 * @throws Error on misuse, with everything that is wrong.
 * @see fluxcd/flagger v1.44 artifacts/flagger/crd.yaml, pkg/controller/scheduler.go
 * @example
 * new CanaryRollout(chart, 'cart', {
 *   port: { port: 7070, protocol: 'grpc' },
 *   analysis: { interval: '1m', stepWeight: 10, maxWeight: 50, threshold: 5 },
 *   loadTest: { requestsPerSecond: 20 },
 * });
 */
export class CanaryRollout extends Construct {
  readonly name: string;
  readonly canary: ApiObject;
  /** How long a success and a rollback take. */
  readonly duration: RolloutDuration;

  constructor(scope: Construct, id: string, props: CanaryRolloutProps) {
    super(scope, id);
    this.name = props.name ?? id;
    const mesh = props.mesh ?? 'istio-sidecar';
    const { provider } = MESH_FACTS[mesh];
    const analysis = analysisDefaults(props.analysis ?? {}, provider);
    refuseMisuse(this.name, mesh, props, analysis);

    const intervalMs = rolloutDuration(analysis, { provider }).intervalMs;
    this.duration = rolloutDuration(analysis, {
      provider,
      skipAnalysis: props.skipAnalysis,
      // The canary has until the next tick anyway: only what is left beyond it delays.
      readinessTicks: Math.max(0, Math.ceil(((props.readinessSeconds ?? 0) * 1000) / intervalMs) - 1),
    });
    const labels = objectLabels(this.name, props.partOf);
    const metrics = this.metrics(mesh, props, analysis);

    const checksum = props.release?.checksumFor(this);

    this.canary = new flagger.Canary(this, 'canary', {
      metadata: {
        name: this.name,
        namespace: props.namespace,
        labels,
        annotations: {
          ...props.annotations,
          ...(checksum === undefined ? {} : { [RELEASE_CHECKSUM_ANNOTATION]: checksum }),
          [DURATION_ANNOTATION]: `${durationText(this.duration)}${unseenText(metrics)}`,
        },
      },
      spec: {
        provider: provider as flagger.CanarySpecProvider,
        targetRef: { apiVersion: 'apps/v1', kind: flagger.CanarySpecTargetRefKind.DEPLOYMENT, name: this.name },
        autoscalerRef: props.autoscaler && {
          apiVersion: 'autoscaling/v2',
          kind: flagger.CanarySpecAutoscalerRefKind.HORIZONTAL_POD_AUTOSCALER,
          name: props.autoscaler.name,
          primaryScalerReplicas: props.autoscaler.primaryScalerReplicas,
        },
        progressDeadlineSeconds: props.progressDeadlineSeconds,
        skipAnalysis: props.skipAnalysis,
        revertOnDeletion: props.revertOnDeletion ?? true,
        service: this.service(mesh, props),
        analysis: {
          ...(analysis as flagger.CanarySpecAnalysis),
          metrics: metrics.length > 0 ? metrics : undefined,
          webhooks: this.webhooks(props, intervalMs),
          alerts: props.alerts?.map((alert) => ({
            name: alert.name,
            severity: (alert.severity ?? 'info') as flagger.CanarySpecAnalysisAlertsSeverity,
            providerRef: alert.providerRef,
          })),
        },
      },
    });
  }

  private service(mesh: MeshMode, props: CanaryRolloutProps): flagger.CanarySpecService {
    const { port, protocol, name, targetPort } = props.port;
    const gatewayApi = MESH_FACTS[mesh].provider === 'gatewayapi:v1';
    const exposed = props.expose;
    return {
      port,
      targetPort: targetPort ?? port,
      portName: name ?? PORT_NAMES[protocol],
      appProtocol: protocol,
      // Written in any case: Flagger adds it when it writes the Canary, and Flux would see a difference.
      portDiscovery: props.portDiscovery ?? false,
      // `mesh` beside the gateway: without it the in-mesh callers would reach the primary only.
      gateways: exposed && !gatewayApi && mesh !== 'kubernetes' ? [...exposed.gateways, 'mesh'] : undefined,
      gatewayRefs: gatewayApi ? this.gatewayRefs(props) : undefined,
      hosts: exposed && mesh !== 'kubernetes' ? [...exposed.hosts] : undefined,
      match: this.pathMatches(gatewayApi, exposed),
      timeout: props.timeout,
      retries: props.retries as flagger.CanarySpecServiceRetries | undefined,
    };
  }

  /** Paths narrow what comes through the gateway; in-mesh callers keep all of them. */
  private pathMatches(
    gatewayApi: boolean,
    exposed: CanaryRolloutProps['expose'],
  ): flagger.CanarySpecServiceMatch[] | undefined {
    if (!exposed?.paths) return undefined;
    if (gatewayApi) return exposed.paths.map((prefix) => ({ uri: { prefix } }));
    return [
      ...exposed.paths.map((prefix) => ({ uri: { prefix }, gateways: [...exposed.gateways] })),
      { gateways: ['mesh'] },
    ];
  }

  /** In-mesh callers through the Service itself (GAMMA), outside ones through the gateway. */
  private gatewayRefs(props: CanaryRolloutProps): flagger.CanarySpecServiceGatewayRefs[] {
    const gateways = (props.expose?.gateways ?? []).map((gateway) => {
      const [namespace, name] = gateway.includes('/')
        ? (gateway.split('/', 2) as [string, string])
        : [undefined, gateway];
      return { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace, name };
    });
    return [...gateways, { group: '', kind: 'Service', name: this.name, port: props.port.port }];
  }

  private metrics(
    mesh: MeshMode,
    props: CanaryRolloutProps,
    analysis: CanaryAnalysis,
  ): flagger.CanarySpecAnalysisMetrics[] {
    const wanted = props.metrics ?? {};
    const interval = wanted.interval ?? defaultWindow(analysis.interval!);
    const { reporter, builtinMetrics } = MESH_FACTS[mesh];
    const list: flagger.CanarySpecAnalysisMetrics[] = [];
    const measured = reporter !== undefined && props.port.protocol !== 'tcp';
    const templated = (template: string, thresholdRange: { min?: number; max?: number }) =>
      list.push({ name: template, interval, thresholdRange, templateRef: this.templateRef(template, mesh, props) });

    const min = wanted.successRateMinPercent ?? 99;
    if (measured && min !== false) {
      if (props.port.protocol === 'grpc' && wanted.grpcSuccessCodes) {
        const own = `${this.name}-${METRIC_TEMPLATES.grpcSuccessRate}`;
        this.template(own, grpcSuccessRateQuery(reporter, wanted.grpcSuccessCodes), props);
        const templateRef = { name: own, namespace: props.namespace };
        list.push({ name: METRIC_TEMPLATES.grpcSuccessRate, interval, thresholdRange: { min }, templateRef });
      } else if (props.port.protocol === 'grpc') templated(METRIC_TEMPLATES.grpcSuccessRate, { min });
      // Flagger's own query counts the load test and everybody else in one ratio.
      else if (builtinMetrics && !sendsLoad(props))
        list.push({ name: BUILTIN_METRICS[0], interval, thresholdRange: { min } });
      else templated(METRIC_TEMPLATES.httpSuccessRate, { min });
    }
    const max = wanted.durationMaxMilliseconds ?? 500;
    if (measured && max !== false) {
      if (builtinMetrics) list.push({ name: BUILTIN_METRICS[1], interval, thresholdRange: { max } });
      else templated(METRIC_TEMPLATES.duration, { max });
    }
    for (const metric of wanted.custom ?? []) {
      const name = `${this.name}-${metric.name}`;
      this.template(name, metric.query, props);
      list.push({
        name: metric.name,
        interval: metric.interval ?? interval,
        thresholdRange: { min: metric.min, max: metric.max },
        templateRef: { name, namespace: props.namespace },
      });
    }
    return list;
  }

  private templateRef(name: string, mesh: MeshMode, props: CanaryRolloutProps) {
    if (props.metricTemplates) return { name, namespace: props.metricTemplates.namespace };
    const own = `${this.name}-${name}`;
    this.template(own, templatesFor(mesh).find((template) => template.name === name)!.query, props);
    return { name: own, namespace: props.namespace };
  }

  private template(name: string, query: string, props: CanaryRolloutProps): void {
    new MetricTemplate(this, name, { name, namespace: props.namespace, query, address: props.prometheusAddress });
  }

  private webhooks(props: CanaryRolloutProps, intervalMs: number): flagger.CanarySpecAnalysisWebhooks[] | undefined {
    const hooks: Webhook[] = [...(props.webhooks ?? [])];
    if (props.loadTest) {
      const { url = DEFAULT_LOADTESTER } = props.loadTest;
      const load = {
        url,
        timeout: '5s',
        metadata: { type: 'cmd', cmd: this.loadTestCommand(props, props.loadTest, intervalMs) },
      };
      // The rollout hook starts in the tick of the first check: without a head start that check finds no sample.
      hooks.push(
        { name: 'load-test-start', type: 'pre-rollout', ...load },
        { name: 'load-test', type: 'rollout', ...load },
      );
    }
    if (hooks.length === 0) return undefined;
    return hooks.map((hook) => ({
      ...hook,
      type: hook.type as flagger.CanarySpecAnalysisWebhooksType,
      // As Flagger writes them, which writes the Canary back whole: Flux would see a difference and write the Canary again.
      muteAlert: hook.muteAlert ?? false,
      retries: hook.retries || undefined,
    }));
  }

  /** Straight to the canary's own Service, so every request counts, whatever the weight. */
  private loadTestCommand(props: CanaryRolloutProps, load: LoadTest, intervalMs: number): string {
    const host = `${this.name}-canary${props.namespace ? `.${props.namespace}` : ''}:${props.port.port}`;
    const rate = load.requestsPerSecond ?? 10;
    const workers = load.concurrency ?? 2;
    const duration = load.duration ?? formatSeconds((2 * intervalMs) / 1000 - 5);
    if (props.port.protocol === 'grpc') {
      const call = load.grpcCall ?? HEALTH_CALL;
      const proto = load.grpcProto ?? (load.grpcCall === undefined ? HEALTH_PROTO : undefined);
      // ghz has --rps for all workers together; the -q of Flagger's documentation is not a flag of ghz 0.120.
      return `ghz -z ${duration} --rps ${rate} -c ${workers} --insecure${proto ? ` --proto=${proto}` : ''} --call=${call} ${host}`;
    }
    // hey's -q is per worker.
    const perWorker = Math.max(1, Math.ceil(rate / workers));
    const headers = Object.keys(load.headers ?? {})
      .sort()
      .map((header) => ` -H '${header}: ${load.headers![header]}'`)
      .join('');
    return `hey -z ${duration} -q ${perWorker} -c ${workers}${headers} http://${host}${load.path ?? '/'}`;
  }
}

export interface MetricTemplateProps {
  readonly name: string;
  readonly namespace?: string;
  readonly query: string;
  /** @default 'http://prometheus-prometheus.monitoring:9090' */
  readonly address?: string;
}

/** A MetricTemplate on Prometheus. */
export class MetricTemplate extends Construct {
  constructor(scope: Construct, id: string, props: MetricTemplateProps) {
    super(scope, id);
    new flagger.MetricTemplate(this, 'template', {
      metadata: { name: props.name, namespace: props.namespace, labels: { 'app.kubernetes.io/managed-by': 'aviary' } },
      spec: {
        provider: {
          type: flagger.MetricTemplateSpecProviderType.PROMETHEUS,
          address: props.address ?? DEFAULT_PROMETHEUS,
        },
        query: props.query,
      },
    });
  }
}

/** The window of the queries: an interval, but never below a minute, which is four scrapes at Prometheus' usual 15 s. */
function defaultWindow(interval: string): string {
  const parsed = parseGoDuration(interval);
  return parsed.ok && parsed.value >= 60_000 ? interval : '1m';
}

function durationText(duration: RolloutDuration): string {
  const { strategy, successSeconds, rollbackSeconds, successTicks, rollbackTicks } = duration;
  return `${strategy}: succeeds after ${successTicks} ticks (${formatSeconds(successSeconds)}), rolls back after ${rollbackTicks} (${formatSeconds(rollbackSeconds)})`;
}

const sendsLoad = ({ loadTest, webhooks = [] }: CanaryRolloutProps): boolean =>
  loadTest !== undefined || webhooks.some(({ type }) => type === 'rollout');

/** What may fail without a word, where a success rate judges. */
function unseenText(metrics: readonly flagger.CanarySpecAnalysisMetrics[]): string {
  const min = metrics.find(({ name }) => SUCCESS_RATES.includes(name))?.thresholdRange?.min;
  // 99.9 is no binary fraction.
  return min === undefined ? '' : `; up to ${Number((100 - min).toFixed(6))} % of real calls may fail unseen`;
}

function refuseMisuse(name: string, mesh: MeshMode, props: CanaryRolloutProps, analysis: CanaryAnalysis): void {
  const wrong: string[] = [];
  const { provider } = MESH_FACTS[mesh];
  const refuse = (condition: boolean, text: string) => condition && wrong.push(text);
  const strategies = [analysis.iterations, analysis.stepWeight, analysis.stepWeights].filter(
    (field) => field !== undefined,
  );
  const interval = parseGoDuration(analysis.interval!);

  refuse(
    name.length > LONGEST_NAME,
    `the name has ${name.length} characters; "${name}-primary" must be a DNS label, so at most ${LONGEST_NAME}`,
  );
  refuse(!interval.ok, `analysis.interval "${analysis.interval}" is not a duration: write it like "1m" or "30s"`);
  refuse(
    interval.ok && interval.value < 10_000,
    `analysis.interval "${analysis.interval}" is below 10s, which Flagger would use instead`,
  );
  refuse(strategies.length !== 1, 'analysis: exactly one of stepWeight, stepWeights, iterations');
  refuse((analysis.threshold ?? 0) < 1, 'analysis.threshold must be 1 or more');
  refuse((analysis.iterations ?? 1) < 1, 'analysis.iterations must be 1 or more: with 0 the analysis never advances');
  refuse(
    analysis.iterations === undefined && readAnalysis({ analysis }, provider).weightsPercent.length === 0,
    'analysis.stepWeight must be above 0: with 0 the analysis never advances',
  );
  refuse(
    (analysis.stepWeights ?? []).some(
      (weight, index, all) => weight < 1 || weight > 100 || (index > 0 && weight <= all[index - 1]!),
    ),
    `analysis.stepWeights [${analysis.stepWeights}] must increase strictly, from 1 to 100: else the analysis never ends`,
  );
  refuse(
    (analysis.maxWeight ?? 1) > 100 || (analysis.maxWeight ?? 1) < 1,
    'analysis.maxWeight must be 1 to 100: above, the promotion is never reached',
  );
  refuse(
    (analysis.match?.length ?? 0) > 0 && analysis.iterations === undefined,
    'analysis.match needs iterations: with weights it would only narrow which requests are weighed',
  );
  refuse(
    analysis.mirror === true && (analysis.match?.length ?? 0) > 0,
    'analysis.mirror and match exclude each other: Flagger drops the mirror',
  );
  refuse(
    analysis.mirror === true && analysis.sessionAffinity !== undefined && analysis.iterations === undefined,
    'analysis.mirror with sessionAffinity and weights never leaves weight 0',
  );
  refuse(
    analysis.mirror === true && props.port.protocol === 'tcp',
    'analysis.mirror: TCP connections cannot be mirrored, the analysis would never advance',
  );
  refuse(
    provider === 'gatewayapi:v1' && analysis.mirror === true && analysis.iterations === undefined,
    'analysis.mirror with weights never leaves weight 0 on the Gateway API: use iterations',
  );
  refuse(
    props.port.protocol === 'tcp' && (analysis.match?.length ?? 0) > 0,
    'analysis.match: TCP connections have no headers, all of them would go to the canary',
  );
  refuse(
    provider === 'kubernetes' && analysis.iterations === undefined,
    'mesh "kubernetes" cannot weigh traffic: use iterations (Blue/Green)',
  );
  refuse(
    provider === 'kubernetes' && (analysis.match?.length ?? 0) > 0,
    'mesh "kubernetes" cannot match requests: leave match out',
  );
  for (const metric of props.metrics?.custom ?? []) {
    refuse(
      (BUILTIN_METRICS as readonly string[]).includes(metric.name),
      `metric "${metric.name}" has a built-in name: both queries would run; rename it`,
    );
    refuse(
      metric.min === undefined && metric.max === undefined,
      `metric "${metric.name}" needs min or max: without one Flagger compares with 0`,
    );
  }
  const { path = '/', headers = {}, grpcCall = '', grpcProto = '' } = props.loadTest ?? {};
  const unsafe = [path, grpcCall, grpcProto, ...Object.entries(headers).flat()].filter(
    (text) => !SHELL_SAFE.test(text),
  );
  refuse(
    unsafe.length > 0,
    `loadTest: ${unsafe.map((text) => JSON.stringify(text)).join(', ')} has characters that a shell would read; use letters, digits and -_./?=&%~:@+,*; for headers also blanks`,
  );
  if (wrong.length > 0) throw new Error(`CanaryRollout "${name}": ${wrong.join('; ')}`);
}
