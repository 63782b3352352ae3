import {
  analysisDefaults,
  BUILTIN_METRICS,
  canaryFaults,
  durationQuery,
  type Fault,
  type Provider as FlaggerProvider,
  faultRows,
  grpcSuccessRateQuery,
  httpSuccessRateQuery,
  isBuiltinMetric,
  mergedSpec,
  PORT_NAMES,
  type Protocol,
  propertyOf,
  providerOf,
  readAnalysis,
} from '../../flagger';
import { atPath, dnsLabelError, dnsSubdomainError, type Fields, isJudged, parseGoDuration } from '../../kube';
import { countsRequests, MESH_FACTS, type Mesh, type MeshMode, seesGrpcStatus } from '../../mesh';
import { DEFAULT_LOADTESTER, loadTestCommand, loadTestFaults } from './load-test';
import { Metric } from './metric';
import type { MetricStore } from './metric-template';
import { compact } from './overlay';
import type { CanaryDefaults, CanaryMetrics, CanaryRolloutProps, CustomMetric, Webhook } from './props';
import { Provider } from './provider';
import { Target } from './target';

/** A template's name, query and the unit of its result. */
export interface TemplateQuery {
  readonly name: string;
  readonly query: string;
}

/** Names of the MetricTemplates that stand in for, or beside, Flagger's built-in metrics. */
export const METRIC_TEMPLATES = {
  grpcSuccessRate: 'grpc-success-rate',
  httpSuccessRate: 'http-success-rate',
  duration: 'request-duration-p99',
} as const;

/** The templates that a mesh mode needs: for success rates, and for durations where the built-in query finds nothing. */
export function templatesFor(mesh: MeshMode): TemplateQuery[] {
  const { reporter, builtinMetrics, queriesOf }: Mesh = MESH_FACTS[mesh];
  const borrowed = queriesOf === undefined ? undefined : providerOf(queriesOf).builtin;
  if (borrowed)
    return [
      ...(borrowed.seesGrpcStatus ? [{ name: METRIC_TEMPLATES.grpcSuccessRate, query: borrowed.successRate }] : []),
      { name: METRIC_TEMPLATES.httpSuccessRate, query: borrowed.successRate },
      { name: METRIC_TEMPLATES.duration, query: borrowed.duration },
    ];
  if (!reporter) return [];
  return [
    { name: METRIC_TEMPLATES.grpcSuccessRate, query: grpcSuccessRateQuery(reporter) },
    { name: METRIC_TEMPLATES.httpSuccessRate, query: httpSuccessRateQuery(reporter) },
    ...(builtinMetrics ? [] : [{ name: METRIC_TEMPLATES.duration, query: durationQuery(reporter) }]),
  ];
}

/** A MetricTemplate that a Canary needs beside it. */
export interface OwnTemplate extends TemplateQuery {
  readonly address: string | undefined;
  /** In place of Prometheus. */
  readonly store?: MetricStore;
}

const rangeOf = ({ min, max, interval }: CustomMetric) => ({ min, max, interval });

/** What props come to, before anything is made. */
export interface CanaryPlan {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly spec: Record<string, unknown>;
  readonly templates: readonly OwnTemplate[];
  /** For the duration. */
  readonly providerValue: string;
  /** Sentences: what is wrong. */
  readonly wrong: readonly string[];
}

/** What the chart around says where the props do not. */
export interface Surroundings {
  readonly id: string;
  readonly namespace: string | undefined;
}

/** The whole of `spec` from props: intent, then the overlay over it, then the faults of both. */
export function planCanary(props: CanaryRolloutProps, around: Surroundings): CanaryPlan {
  return new Planner(props, around).plan();
}

/** A metric or webhook that is added later, as it stands in the Canary. */
export function laterEntries(
  props: CanaryRolloutProps,
  around: Surroundings,
  added: { readonly metrics?: readonly Metric[]; readonly webhooks?: readonly Webhook[] },
): {
  readonly metrics: readonly unknown[];
  readonly webhooks: readonly unknown[];
  readonly templates: readonly OwnTemplate[];
} {
  const planner = new Planner(props, around);
  return planner.entries(added);
}

class Planner {
  private readonly wrong: string[] = [];
  private readonly templates: OwnTemplate[] = [];
  private readonly name: string;
  private readonly namespace: string | undefined;
  private readonly provider: Provider;
  private readonly facts: FlaggerProvider | undefined;
  private readonly mesh: MeshMode | undefined;
  private readonly port: CanaryRolloutProps['port'];
  private readonly protocol: Protocol;
  private readonly target: Target;

  constructor(
    private readonly props: CanaryRolloutProps,
    around: Surroundings,
  ) {
    const { release } = props;
    this.refuse(
      props.target?.fromRelease !== undefined && release !== undefined && props.target.fromRelease !== release,
      () => `target is the release "${props.target?.name}", and release is "${release?.name}": they are two`,
    );
    const source = release ?? props.target?.fromRelease;
    this.name = props.name ?? source?.name ?? around.id;
    this.namespace = props.namespace ?? source?.deployment.metadata.namespace ?? around.namespace;
    this.target = props.target ?? (source ? Target.release(source) : Target.deployment(this.name));
    const isKnownMesh = props.mesh === undefined || Object.hasOwn(MESH_FACTS, props.mesh);
    this.refuse(
      !isKnownMesh,
      () =>
        `mesh ${JSON.stringify(props.mesh)} does not exist: it is one of ${Object.keys(MESH_FACTS).join(', ')}; for other providers use provider`,
    );
    this.mesh =
      props.provider && props.mesh === undefined
        ? undefined
        : isKnownMesh
          ? (props.mesh ?? 'istio-sidecar')
          : 'kubernetes';
    const meant = this.mesh && MESH_FACTS[this.mesh].provider;
    this.provider = props.provider ?? Provider.of(meant ?? 'istio');
    const value = this.provider.value ?? this.provider.installed;
    this.refuse(
      meant !== undefined && value !== undefined && value !== meant,
      () => `mesh "${this.mesh}" has provider "${meant}", and provider is "${value}": leave one of them out`,
    );
    this.facts = value === undefined ? undefined : providerOf(value);
    this.port = this.portOf();
    this.protocol = this.port?.protocol ?? 'http';
    if (source) this.compareWithRelease();
  }

  plan(): CanaryPlan {
    const { props } = this;
    // Where the catalog has judged all of it nobody counts the fields, and what is undefined is not written.
    const clean = isJudged(props) ? (value: object) => value : compact;
    // What the overlay says of the strategy needs no default beside it.
    const overlay = (props.spec?.analysis ?? undefined) as Fields | undefined;
    const said = overlay ? mergedSpec((props.analysis ?? {}) as Fields, overlay) : (props.analysis ?? {});
    const provided = this.isOn('analysis') ? analysisDefaults(said, this.valueForChecks()) : props.analysis;
    const intent = clean({
      provider: this.provider.value,
      metricsServer: props.metricsServer,
      targetRef: { apiVersion: this.target.apiVersion, kind: this.target.kind, name: this.target.name },
      autoscalerRef: this.autoscalerRef(),
      ...this.trafficReference(),
      progressDeadlineSeconds: props.progressDeadlineSeconds,
      skipAnalysis: props.skipAnalysis,
      suspend: props.suspend,
      revertOnDeletion: props.revertOnDeletion ?? (this.isOn('revertOnDeletion') ? true : undefined),
      service: this.service(),
      analysis:
        provided === undefined && !this.hasAnalysisParts()
          ? undefined
          : { ...provided, metrics: undefined, webhooks: undefined, alerts: undefined },
    }) as Record<string, unknown>;
    // The overlay may change the interval and the provider, on which what follows depends.
    const first = props.spec ? mergedSpec(intent, props.spec as Record<string, unknown>) : intent;
    const providerValue = typeof first.provider === 'string' ? first.provider : this.valueForChecks();
    const { intervalSeconds } = readAnalysis(first, providerValue);
    const interval = atPath(first, ['analysis', 'interval']);
    const metrics = this.metrics(typeof interval === 'string' ? interval : '1m');
    const webhooks = this.webhooks(intervalSeconds);
    const alerts = this.alerts();
    if (intent.analysis !== undefined)
      intent.analysis = clean({ ...(intent.analysis as object), metrics, webhooks, alerts });
    const spec = mergedSpec(intent, props.spec as Record<string, unknown> | undefined);
    this.refuseFaults(spec);
    return {
      name: this.name,
      namespace: this.namespace,
      spec,
      templates: this.templates,
      providerValue,
      wrong: this.wrong,
    };
  }

  entries(added: { readonly metrics?: readonly Metric[]; readonly webhooks?: readonly Webhook[] }) {
    const analysis = analysisDefaults(this.props.analysis ?? {}, this.valueForChecks());
    const window = this.window(analysis.interval);
    return {
      metrics: (added.metrics ?? []).map((metric) => compact(this.metric(metric, window))),
      webhooks: (added.webhooks ?? []).map((hook) => compact(this.webhook(hook))),
      templates: this.templates,
    };
  }

  private isOn(name: keyof CanaryDefaults): boolean {
    const { defaults } = this.props;
    return defaults !== false && defaults?.[name] !== false;
  }

  /** @param text a sentence with values in it is put together only where it is said */
  private refuse(condition: boolean, text: string | (() => string)): void {
    if (condition) this.wrong.push(typeof text === 'string' ? text : text());
  }

  private valueForChecks(): string {
    return this.provider.value ?? this.provider.installed ?? 'istio';
  }

  private hasAnalysisParts(): boolean {
    const { metrics, webhooks, alerts, loadTest } = this.props;
    return metrics !== undefined || webhooks !== undefined || alerts !== undefined || loadTest !== undefined;
  }

  private portOf(): CanaryRolloutProps['port'] {
    const { port, release, target } = this.props;
    if (port !== undefined) {
      this.refuse(
        typeof port !== 'object' || port === null,
        () => `port ${JSON.stringify(port)} must be an object with port, targetPort, protocol, name`,
      );
      if (typeof port !== 'object' || port === null) return undefined;
      this.refuse(
        port.protocol !== undefined && !Object.hasOwn(PORT_NAMES, port.protocol),
        () =>
          `port.protocol ${JSON.stringify(port.protocol)} does not exist: it is one of ${Object.keys(PORT_NAMES).join(', ')}`,
      );
      return port;
    }
    const [first] = (release ?? target?.fromRelease)?.ports ?? [];
    return first && { port: first.port, targetPort: first.targetPort, protocol: first.protocol, name: first.name };
  }

  /** What is derived comes from one place: what is said beside it must say the same. */
  private compareWithRelease(): void {
    const { props } = this;
    const release = (props.release ?? props.target?.fromRelease)!;
    const differs = (property: string, own: unknown, theirs: unknown) =>
      this.refuse(
        own !== undefined && own !== theirs,
        () =>
          `${property} is ${JSON.stringify(own)}, and that of the release "${release.name}" is ${JSON.stringify(theirs)}: leave it out, or change the release`,
      );
    if (props.target === undefined) differs('name', props.name, release.name);
    differs('namespace', props.namespace, release.deployment.metadata.namespace);
    differs('autoscaler.name', props.autoscaler?.name, release.autoscaler?.name);
    this.refuse(
      !release.isCanaried,
      () =>
        `the release "${release.name}" is not canaried: write canaried: true, or Flux and Flagger fight over its pods and its Service`,
    );
    this.refuse(
      release.kind !== 'deployment' && release.kind !== 'daemonset',
      () => `the release "${release.name}" is a ${release.kind}: Flagger rolls out a deployment or a daemonset`,
    );
    const { port } = props;
    if (port === undefined || release.ports.length === 0) {
      this.refuse(
        release.ports.length === 0 && (this.facts?.makesServices ?? true),
        () => `the release "${release.name}" has no port: Flagger splits traffic by port`,
      );
      return;
    }
    const theirs = release.ports.find((one) => one.port === port.port);
    if (!theirs) {
      differs(
        'port.port',
        port.port,
        release.ports.length === 1 ? release.ports[0]!.port : release.ports.map((one) => one.port),
      );
      return;
    }
    differs('port.targetPort', port.targetPort, theirs.targetPort);
    differs('port.protocol', port.protocol, theirs.protocol);
    differs('port.name', port.name, theirs.name);
  }

  private autoscalerRef(): Record<string, unknown> | undefined {
    const { autoscaler, release, target } = this.props;
    const own = (release ?? target?.fromRelease)?.autoscaler;
    const name = autoscaler?.name ?? own?.name;
    this.refuse(
      autoscaler !== undefined && name === undefined,
      'autoscaler.name is missing: name the HorizontalPodAutoscaler of the target',
    );
    if (name === undefined) return undefined;
    const kind = autoscaler && 'kind' in autoscaler ? autoscaler.kind : 'HorizontalPodAutoscaler';
    const apiVersion = autoscaler?.apiVersion ?? (kind === 'ScaledObject' ? 'keda.sh/v1alpha1' : 'autoscaling/v2');
    return {
      apiVersion,
      kind,
      name,
      primaryScalerQueries: autoscaler?.primaryScalerQueries,
      primaryScalerReplicas: autoscaler?.primaryScalerReplicas,
    };
  }

  private trafficReference(): Record<string, unknown> {
    const { reference, referenceField } = this.provider;
    if (reference === undefined) return {};
    if (!referenceField) {
      this.wrong.push(`provider "${this.provider.value}" takes no reference, and "${reference.name}" is given`);
      return {};
    }
    const { field, apiVersion, kind } = referenceField;
    return { [field]: { apiVersion, kind, ...reference } };
  }

  private service(): Record<string, unknown> | undefined {
    const { port, props, protocol } = this;
    const own = props.service ?? {};
    if (port === undefined && props.service === undefined && !props.expose) return undefined;
    const source = props.release ?? props.target?.fromRelease;
    const discovery =
      props.portDiscovery ??
      (source && source.ports.length > 1 ? true : undefined) ??
      (this.isOn('portDiscovery') ? false : undefined);
    return {
      port: port?.port,
      targetPort: port?.targetPort ?? (this.isOn('targetPort') ? port?.port : undefined),
      portName: port?.name ?? (port && this.isOn('portName') ? PORT_NAMES[protocol] : undefined),
      appProtocol: port && this.isOn('appProtocol') ? protocol : undefined,
      // Written in any case: Flagger adds it when it writes the Canary, and Flux would see a difference.
      portDiscovery: discovery,
      timeout: props.timeout,
      retries: props.retries,
      ...this.exposure(),
      ...own,
    };
  }

  private exposure(): Record<string, unknown> {
    const { expose, service = {} } = this.props;
    for (const field of ['gateways', 'hosts', 'match'] as const)
      this.refuse(
        expose !== undefined && service[field] !== undefined,
        () => `expose and service.${field} both say where traffic comes in: keep one`,
      );
    if (expose !== undefined) {
      const { gateways = [], hosts = [] } = expose;
      this.refuse(gateways.length === 0, 'expose.gateways is empty: name the gateway that outside traffic comes in by');
      this.refuse(hosts.length === 0, 'expose.hosts is empty: list the hosts, or "*"');
      this.refuse(
        expose.paths?.some((path) => !path.startsWith('/')) ?? false,
        () => `expose.paths ${JSON.stringify(expose.paths)} must begin with "/"`,
      );
      this.refuse(
        this.facts !== undefined && this.facts.comesInBy === undefined,
        () =>
          `expose cannot be done: provider ${this.valueForChecks()} takes no gateways; ${this.facts?.reference ? `its traffic comes in by ${this.facts.reference.field}` : 'lead traffic to the service by a route of your own'}`,
      );
    }
    const refs = this.gatewayRefs();
    return {
      gatewayRefs: refs.length > 0 ? refs : undefined,
      // `mesh` beside the gateway: without it the in-mesh callers would reach the primary only.
      gateways:
        expose && !this.isGatewayApi
          ? [...(expose.gateways ?? []), ...(this.isOn('meshGateway') ? ['mesh'] : [])]
          : undefined,
      // The Gateway API has no name for every host.
      hosts: expose && !(this.isGatewayApi && expose.hosts?.includes('*')) ? [...(expose.hosts ?? [])] : undefined,
      match: this.pathMatches(),
    };
  }

  private get isGatewayApi(): boolean {
    return this.facts?.comesInBy === 'gatewayRefs';
  }

  /** Paths narrow what comes through the gateway; in-mesh callers keep all of them. */
  private pathMatches(): readonly unknown[] | undefined {
    const { expose } = this.props;
    if (!expose?.paths) return undefined;
    if (this.isGatewayApi) return expose.paths.map((prefix) => ({ uri: { prefix } }));
    return [
      ...expose.paths.map((prefix) => ({ uri: { prefix }, gateways: [...expose.gateways] })),
      ...(this.isOn('meshGateway') ? [{ gateways: ['mesh'] }] : []),
    ];
  }

  /** In-mesh callers through the Service itself (GAMMA), outside ones through the gateway. */
  private gatewayRefs(): unknown[] {
    const { expose } = this.props;
    const own = [...(this.provider.gatewayRefs ?? [])];
    if (!this.isGatewayApi) return own;
    const gateways = (expose?.gateways ?? []).map((gateway) => {
      const [namespace, name] = gateway.includes('/')
        ? (gateway.split('/', 2) as [string, string])
        : [undefined, gateway];
      return { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace, name };
    });
    // Refs of one's own say it all: a mesh mode, whose callers have proxies, adds the Service.
    const parent =
      this.mesh !== undefined && 'proxies' in MESH_FACTS[this.mesh] && this.isOn('serviceParent')
        ? [{ group: '', kind: 'Service', name: this.apex, port: this.port?.port }]
        : [];
    return [...own, ...gateways, ...parent];
  }

  private get apex(): string {
    return this.props.service?.name ?? this.target.name;
  }

  private metrics(interval: string): readonly unknown[] | undefined {
    const { metrics } = this.props;
    const window = this.window(interval);
    if (isMetricList(metrics)) return metrics.map((metric) => this.metric(metric, window));
    const list = this.boundedMetrics((metrics as CanaryMetrics | undefined) ?? {}, window);
    return list.length > 0 ? list : undefined;
  }

  private window(interval: string): string | undefined {
    const { metrics } = this.props;
    const own = isMetricList(metrics) ? undefined : (metrics as CanaryMetrics | undefined)?.interval;
    const usual = this.isOn('metricInterval') ? defaultWindow(interval) : undefined;
    if (own === undefined) return usual;
    const isRight = typeof own === 'string' && /^[0-9]+(m|s)/.test(own) && parseGoDuration(own).ok;
    this.refuse(!isRight, () => `metrics.interval ${JSON.stringify(own)} must be a duration such as "1m" or "90s"`);
    return isRight ? own : usual;
  }

  private boundedMetrics(wanted: CanaryMetrics, window: string | undefined): unknown[] {
    const { successRateMinPercent: rate, durationMaxMilliseconds: duration } = wanted;
    this.refuse(
      rate !== undefined && rate !== false && !isBound('success-rate', rate),
      () =>
        `metrics.successRateMinPercent ${rate} must be a percentage above 1 and up to 100${typeof rate === 'number' && rate > 0 && rate <= 1 ? `: ${Math.round(rate * 1e8) / 1e6} for ${rate}` : ''}`,
    );
    this.refuse(
      duration !== undefined && duration !== false && !isBound('duration', duration),
      () => `metrics.durationMaxMilliseconds ${duration} must be a whole number of milliseconds from 1 on`,
    );
    const { mesh } = this;
    this.refuse(
      wanted.grpcSuccessCodes !== undefined &&
        this.protocol === 'grpc' &&
        mesh !== undefined &&
        !('reporter' in MESH_FACTS[mesh]) &&
        countsRequests(MESH_FACTS[mesh]),
      `metrics.grpcSuccessCodes are read where Istio counts, and with mesh "${mesh}" it does not: leave them out`,
    );
    const list: unknown[] = [];
    const add = (what: 'success-rate' | 'duration', value: number | false | undefined, usual: number) => {
      if (value === false) return;
      const reason = this.unmeasured(what);
      const property = what === 'success-rate' ? 'successRateMinPercent' : 'durationMaxMilliseconds';
      if (reason !== undefined) {
        this.refuse(value !== undefined, () => `metrics.${property} ${value} cannot be checked: ${reason}`);
        return;
      }
      if (value === undefined && !this.isOn('metrics')) return;
      // A bound that has been refused is not refused a second time as a metric.
      if (value !== undefined && !isBound(what, value)) return;
      list.push(
        this.metric(
          what === 'success-rate' ? Metric.successRate(value ?? usual) : Metric.duration(value ?? usual),
          window,
        ),
      );
    };
    add('success-rate', rate, 99);
    add('duration', duration, 500);
    const names = new Set<string>();
    for (const metric of wanted.custom ?? []) {
      if (names.has(metric.name)) this.wrong.push(`metrics.custom: the name "${metric.name}" is taken`);
      else
        list.push(
          this.metric(
            metric.store
              ? Metric.query(metric.name, metric.query, { ...rangeOf(metric), store: metric.store })
              : Metric.prometheus(metric.name, metric.query, rangeOf(metric)),
            window,
          ),
        );
      names.add(metric.name);
    }
    return list;
  }

  /** Why nobody counts what is asked; undefined where somebody does. */
  private unmeasured(what: 'success-rate' | 'duration'): string | undefined {
    if (this.protocol === 'tcp') return 'the protocol is tcp, which has no requests to count; use checks of your own';
    if (this.mesh !== undefined) {
      if (!countsRequests(MESH_FACTS[this.mesh]))
        return `mesh "${this.mesh}" has no proxies that count requests; use checks of your own`;
      return what === 'success-rate' && this.protocol === 'grpc' && !seesGrpcStatus(MESH_FACTS[this.mesh])
        ? `mesh "${this.mesh}" counts HTTP codes, and a failed gRPC call is HTTP 200; use a check of your own`
        : undefined;
    }
    if (!this.facts)
      return 'the provider is not known; use Metric.builtIn, or say which it is: Provider.installed("istio")';
    const value = this.valueForChecks();
    if (this.facts.builtin?.countedBy === 'application')
      return `provider ${value} asks the application for http_request_duration_seconds; use Metric.builtIn where it has that, else checks of your own`;
    if (
      what === 'success-rate' &&
      this.protocol === 'grpc' &&
      !this.facts.builtin?.seesGrpcStatus &&
      countedAs(value) === undefined
    )
      return `provider ${value} counts HTTP codes, and a failed gRPC call is HTTP 200; use a check of your own`;
    return undefined;
  }

  private metric(metric: Metric, window: string | undefined): Record<string, unknown> {
    const { min, max, threshold, variables } = metric.range;
    const interval = metric.range.interval ?? window;
    const thresholdRange = min === undefined && max === undefined ? undefined : { min, max };
    const rest = { interval, thresholdRange, threshold, templateVariables: variables };
    const { source } = metric;
    switch (source.kind) {
      case 'measured':
        return this.measured(source.what, rest);
      case 'built-in':
        return { name: metric.name, ...rest };
      case 'template':
        return { name: metric.name, ...rest, templateRef: source.template };
      case 'inline':
        return { name: metric.name, ...rest, query: source.query };
      case 'manifest':
        return { interval: window, ...source.entry };
      case 'prometheus': {
        this.refuseOwnMetric(metric.name ?? '', source.query, metric.range);
        const name = `${this.name}-${metric.name}`;
        this.template(name, source.query, source.address, source.store);
        return { name: metric.name, ...rest, templateRef: { name, namespace: this.namespace } };
      }
    }
  }

  private refuseOwnMetric(name: string, query: unknown, range: { readonly min?: number; readonly max?: number }): void {
    const error = typeof name === 'string' ? dnsLabelError(name) : 'is no text';
    this.refuse(
      error !== undefined,
      () => `the metric name ${JSON.stringify(name)} ${error}: it becomes a MetricTemplate`,
    );
    this.refuse(isBuiltinMetric(name), () => `metric "${name}" has a built-in name: both queries would run; rename it`);
    this.refuse(
      range.min === undefined && range.max === undefined,
      () => `metric "${name}" needs min or max: without one Flagger compares with 0`,
    );
    this.refuse(
      typeof query !== 'string' || query.trim() === '',
      () => `the query of metric "${name}" is empty: write PromQL for one number`,
    );
  }

  private measured(what: 'success-rate' | 'duration', rest: Record<string, unknown>): Record<string, unknown> {
    const reason = this.unmeasured(what);
    if (reason !== undefined)
      this.wrong.push(
        `metrics: a check of the ${what === 'success-rate' ? 'success rate' : 'duration'} cannot be done: ${reason}`,
      );
    const mesh = this.mesh ?? (this.facts && countedAs(this.valueForChecks()));
    const builtin = mesh === undefined || MESH_FACTS[mesh].builtinMetrics;
    if (what === 'success-rate') {
      // Where Istio counts, a failed call is HTTP 200; other meshes class it by its own status.
      if (this.protocol === 'grpc' && mesh !== undefined && MESH_FACTS[mesh].reporter !== undefined)
        return this.grpcSuccessRate(mesh, rest);
      // Flagger's own query counts the load test and everybody else in one ratio.
      const isMixed = mesh !== undefined && MESH_FACTS[mesh].reporter !== undefined && this.sendsLoad;
      const isGrpc = this.protocol === 'grpc' && !builtin;
      if (isGrpc) return this.templated(METRIC_TEMPLATES.grpcSuccessRate, mesh!, rest);
      if (!builtin || isMixed) return this.templated(METRIC_TEMPLATES.httpSuccessRate, mesh!, rest);
      return { name: BUILTIN_METRICS[0], ...rest };
    }
    if (!builtin) return this.templated(METRIC_TEMPLATES.duration, mesh!, rest);
    return { name: BUILTIN_METRICS[1], ...rest };
  }

  private get sendsLoad(): boolean {
    const { loadTest, webhooks = [] } = this.props;
    return loadTest !== undefined || webhooks.some(({ type }) => type === 'rollout');
  }

  private grpcSuccessRate(mesh: MeshMode, rest: Record<string, unknown>): Record<string, unknown> {
    const { metrics } = this.props;
    const codes = isMetricList(metrics) ? undefined : (metrics as CanaryMetrics | undefined)?.grpcSuccessCodes;
    if (codes === undefined) return this.templated(METRIC_TEMPLATES.grpcSuccessRate, mesh, rest);
    // One for all in another namespace cannot know what one service says.
    const name = `${this.name}-${METRIC_TEMPLATES.grpcSuccessRate}`;
    this.template(name, grpcSuccessRateQuery(MESH_FACTS[mesh].reporter!, codes));
    return { name: METRIC_TEMPLATES.grpcSuccessRate, ...rest, templateRef: { name, namespace: this.namespace } };
  }

  private templated(template: string, mesh: MeshMode, rest: Record<string, unknown>): Record<string, unknown> {
    const { metricTemplates } = this.props;
    if (metricTemplates)
      return { name: template, ...rest, templateRef: { name: template, namespace: metricTemplates.namespace } };
    const query = templatesFor(mesh).find(({ name }) => name === template)?.query;
    if (query === undefined) return { name: template, ...rest };
    const name = `${this.name}-${template}`;
    this.template(name, query);
    return { name: template, ...rest, templateRef: { name, namespace: this.namespace } };
  }

  private template(
    name: string,
    query: string,
    address = this.props.prometheusAddress,
    store: MetricStore | undefined = undefined,
  ): void {
    if (this.templates.some((one) => one.name === name))
      this.wrong.push(`the metric template "${name}" is made twice: rename one`);
    else this.templates.push({ name, query, address: store ? undefined : address, ...(store && { store }) });
  }

  private webhooks(intervalSeconds: number): readonly unknown[] | undefined {
    const { props } = this;
    const hooks: unknown[] = (props.webhooks ?? []).map((hook) => this.webhook(hook));
    if (props.loadTest) {
      const target = {
        apex: this.apex,
        namespace: this.namespace,
        port: this.port?.port ?? 0,
        protocol: this.protocol,
        provider: this.facts,
        intervalSeconds,
      };
      this.wrong.push(...loadTestFaults(props.loadTest, target));
      const load = {
        url: props.loadTest.url ?? DEFAULT_LOADTESTER,
        timeout: '5s',
        metadata: { type: 'cmd', cmd: loadTestCommand(props.loadTest, target) },
      };
      for (const name of ['load-test-start', 'load-test'])
        this.refuse(
          props.webhooks?.some((hook) => hook.name === name) ?? false,
          () => `webhooks: the name "${name}" is taken by the load test`,
        );
      // The rollout hook starts in the tick of the first check: without a head start that check finds no sample.
      hooks.push(
        this.webhook({ name: 'load-test-start', type: 'pre-rollout', ...load }),
        this.webhook({ name: 'load-test', type: 'rollout', ...load }),
      );
    }
    return hooks.length > 0 ? hooks : props.webhooks && [];
  }

  private webhook(hook: Webhook): Record<string, unknown> {
    return {
      ...hook,
      // As Flagger writes them, which writes the Canary back whole: Flux would see a difference and write the Canary again.
      ...(this.isOn('muteAlert') ? { muteAlert: hook.muteAlert ?? false, retries: hook.retries || undefined } : {}),
    };
  }

  private alerts(): readonly unknown[] | undefined {
    return this.props.alerts?.map((alert) => ({
      name: alert.name,
      severity: alert.severity ?? (this.isOn('alertSeverity') ? 'info' : undefined),
      providerRef: alert.providerRef && { name: alert.providerRef.name, namespace: alert.providerRef.namespace },
    }));
  }

  private refuseFaults(spec: Record<string, unknown>): void {
    const { allow = [] } = this.props;
    const error = dnsSubdomainError(this.name);
    // Of a name that is also the target's the table says it.
    this.refuse(
      error !== undefined && this.target.name !== this.name,
      () => `name ${JSON.stringify(this.name)} ${error}`,
    );
    for (const code of allow) {
      const row = faultRows.find((one) => one.code === code);
      this.refuse(row === undefined, () => `allow: no fault has the code "${code}"`);
      this.refuse(row?.severity === 'error', () => `allow: "${code}" cannot be allowed: ${row?.cause}`);
    }
    if (isJudged(this.props)) return;
    for (const fault of canaryFaults(spec, this.provider.value ?? this.provider.installed))
      if (!allow.includes(fault.code)) this.wrong.push(sentence(fault));
  }
}

/** The mode whose counters a provider's built-in queries ask, and whose own queries see more. */
const countedAs = (provider: string): MeshMode | undefined =>
  (Object.values(MESH_FACTS) as readonly (Mesh & { readonly id: MeshMode })[]).find(
    (mesh) => mesh.provider === provider && mesh.reporter !== undefined && mesh.builtinMetrics,
  )?.id;

const isBound = (what: 'success-rate' | 'duration', value: unknown): boolean =>
  typeof value === 'number' &&
  (what === 'duration' ? Number.isInteger(value) && value >= 1 : value > 1 && value <= 100);

const isMetricList = (metrics: CanaryRolloutProps['metrics']): metrics is readonly Metric[] => Array.isArray(metrics);

/** Where a field of `spec` is said among the props. */
const propertyNames: readonly (readonly [RegExp, string])[] = [
  [/^analysis\.(metrics|webhooks|alerts)\b/, '$1'],
  [/^targetRef\.name$/, 'name'],
  [/^targetRef\b/, 'target'],
  [/^autoscalerRef\b/, 'autoscaler'],
  [/^(ingressRef|routeRef|upstreamRef)\b/, 'provider.$1'],
  [/^service\.gatewayRefs\b/, 'provider.gatewayRefs'],
  [/^service\.(port|targetPort)$/, 'port.$1'],
  [/^service\.portName$/, 'port.name'],
  [/^service\.(timeout|retries)\b/, '$1'],
];

/** A fault as a property of the construct. */
export function sentence({ pointer, says, cure, cause, code, severity }: Fault): string {
  const path = propertyOf(pointer);
  const found = propertyNames.find(([pattern]) => pattern.test(path));
  const property = found ? path.replace(found[0], found[1]) : path || 'spec';
  const remedy = severity === 'warning' ? `${cure} (or allow "${code}")` : cure;
  return `${property} ${says} (${cause}): ${remedy}`;
}

/** The window of the queries: an interval, but never below a minute, which is four scrapes at Prometheus' usual 15 s. */
function defaultWindow(interval: string): string {
  const parsed = parseGoDuration(interval);
  return parsed.ok && parsed.value >= 60_000 ? interval : '1m';
}
