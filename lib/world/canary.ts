import {
  type Analysis,
  defaults,
  isTcpToFlagger,
  type LoadTest,
  type MadePort,
  primaryLabels,
  type QueryValues,
  type RolloutDuration,
  readAnalysis,
  rolloutOf,
  selectorLabel,
  serviceNames,
  servicePorts,
  virtualServiceHosts,
} from '../flagger';
import {
  at,
  booleanAt,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  numberAt,
  parseServiceHost,
  type ServiceHost,
  textAt,
  textsAt,
} from '../kube';
import type { Edge } from './edge';
import type { Entry } from './entry';
import type { Fact } from './facts';
import type { FlaggerInstallation } from './installations';
import { Memoized, memoize } from './memoized';
import { type MetricSources, type MetricView, readMetric } from './metric';
import { istioProtocol, type Protocol } from './protocol';
import { qualifyGateway } from './route';
import { readWebhook, type WebhookView } from './webhook';
import type { Workload } from './workload';

/** A load test of a `rollout` or `pre-rollout` webhook, with what it hits. */
export interface CanaryLoadTest {
  readonly webhook: WebhookView;
  readonly test: LoadTest;
  /** Which Service of this Canary; `other`: another Service or an address outside; undefined: the command does not say. */
  readonly hits: 'apex' | 'primary' | 'canary' | 'gateway' | 'other' | undefined;
  /** The Service that the host means; the apex where it is a host of the Canary. */
  readonly service: ServiceHost | undefined;
}

/** What a Canary asks of the world. */
export interface CanaryLookup {
  readonly flagger: FlaggerInstallation;
  /** An object as somebody wrote it. */
  given(kind: string, namespace: string, name: string): Entry | undefined;
  /** What runs pods, as the cluster will hold it. */
  workload(kind: string, namespace: string, name: string): Workload | undefined;
  /** What runs pods, as somebody wrote it. */
  writtenWorkload(kind: string, namespace: string, name: string): Workload | undefined;
  /** What a DNS name means to Flagger. */
  serviceNamed(host: string): ServiceHost | undefined;
  /** Every edge of the call graph that ends at the Service. */
  edgesTo(namespace: string, name: string): readonly Edge[];
  /** Requests a second that somebody states for a Service: `namespace/name`. */
  statedRequests(service: string): number | undefined;
}

const meshOnly: readonly string[] = ['mesh'];

/** A Canary as Flagger reads it. Values are Flagger's (defaults and clamps applied); `raw` fields are as written. */
export class CanaryView extends Memoized {
  readonly entry: Entry;
  readonly name: string;
  readonly namespace: string;
  /** `namespace/name`. */
  readonly key: string;
  /** `spec` as written. */
  readonly spec: Fields;
  /** `spec.service` as written. */
  readonly service: Fields;
  /** `spec.provider`, else that of Flagger's installation. */
  readonly provider: Fact<string>;
  /**
   * Whose counters the built-in metrics ask: those of the provider, or of Linkerd wherever Flagger runs for it.
   * @see fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runBuiltinMetricChecks)
   */
  readonly metricsProvider: string;
  readonly isIstio: boolean;
  readonly isGatewayApi: boolean;
  readonly isKubernetes: boolean;
  readonly analysis: Analysis;
  /** Pointer to the analysis that counts: `/spec/analysis`, or `/spec/canaryAnalysis` where only that is there. */
  readonly analysisPointer: string;
  readonly skipAnalysis: boolean;
  readonly isSuspended: boolean;
  readonly progressDeadlineSeconds: number;
  readonly targetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  /** The Service that callers use, and the names that Flagger derives: `frontend`, `frontend-primary`, `frontend-canary`. */
  readonly apexName: string;
  readonly primaryName: string;
  readonly canaryName: string;
  /** `service.port`; undefined when it is missing. */
  readonly port: number | undefined;
  /** `service.hosts`. */
  readonly hosts: readonly string[];
  readonly isDelegated: boolean;
  /** Gateways of the VirtualService, `namespace/name` or `mesh`: `mesh` alone when none is written. */
  readonly gateways: readonly string[];
  /** Whether Flagger writes tcp routes. */
  readonly isTcpToFlagger: boolean;
  /** The Deployment or DaemonSet under control; undefined when the world has none of that name. */
  readonly target: Workload | undefined;
  /** The label by which Flagger selects the target's pods; undefined when it has none that Flagger knows. */
  readonly selectorLabel: { readonly key: string; readonly value: string } | undefined;
  readonly autoscaler: Entry | undefined;
  /** Ports of the three Services; `service.port` first. */
  readonly ports: readonly MadePort[];
  /** `service.gatewayRefs` as written. */
  readonly gatewayRefs: readonly Fields[];
  /** How long a rollout takes that nobody interrupts. */
  readonly rollout: RolloutDuration;
  readonly metrics: readonly MetricView[];
  /** Metrics whose built-in query is asked. */
  readonly builtinMetrics: readonly MetricView[];
  readonly webhooks: readonly WebhookView[];
  /** Load tests of `rollout` and `pre-rollout` webhooks. */
  readonly loadTests: readonly CanaryLoadTest[];
  readonly alerts: readonly {
    readonly raw: Fields;
    readonly pointer: string;
    readonly providerRef: { readonly namespace: string; readonly name: string };
  }[];
  private readonly lookup: CanaryLookup;

  constructor(lookup: CanaryLookup, entry: Entry) {
    super();
    this.lookup = lookup;
    this.entry = entry;
    this.name = entry.name;
    this.namespace = entry.namespace;
    // Every rule asks for these: reading them at once is cheaper than keeping who has asked.
    this.key = `${this.namespace}/${this.name}`;
    this.spec = fieldsAt(this.entry.object, 'spec');
    this.service = fieldsAt(this.entry.object, 'spec', 'service');
    const own = textAt(this.spec, 'provider');
    this.provider = own
      ? { value: own, certainty: 'known', sentence: `the provider is ${own}`, key: 'meshProvider' }
      : impliedProvider(this.spec, lookup.flagger.meshProvider);
    this.metricsProvider = lookup.flagger.meshProvider.value.includes('linkerd') ? 'linkerd' : this.provider.value;
    this.isIstio = this.provider.value === 'istio';
    this.isGatewayApi = this.provider.value.startsWith('gatewayapi');
    this.isKubernetes = this.provider.value === 'kubernetes';
    this.analysis = readAnalysis(this.spec, this.provider.value);
    this.analysisPointer =
      isFields(this.spec.analysis) || !isFields(this.spec.canaryAnalysis) ? '/spec/analysis' : '/spec/canaryAnalysis';
    this.skipAnalysis = booleanAt(this.spec, 'skipAnalysis') ?? false;
    this.isSuspended = booleanAt(this.spec, 'suspend') ?? false;
    this.progressDeadlineSeconds = numberAt(this.spec, 'progressDeadlineSeconds') ?? defaults.progressDeadlineSeconds;
    const ref = fieldsAt(this.spec, 'targetRef');
    this.targetRef = {
      apiVersion: textAt(ref, 'apiVersion') ?? '',
      kind: textAt(ref, 'kind') ?? 'Deployment',
      name: textAt(ref, 'name') ?? '',
    };
    this.apexName = serviceNames(this.entry.object).apex;
    this.primaryName = `${this.apexName}-primary`;
    this.canaryName = `${this.apexName}-canary`;
    this.port = numberAt(this.service, 'port');
    this.hosts = textsAt(this.service, 'hosts');
    this.isDelegated = booleanAt(this.service, 'delegation') ?? false;
    const gateways = textsAt(this.service, 'gateways');
    this.gateways =
      gateways.length > 0 || this.isDelegated
        ? gateways.map((gateway) => qualifyGateway(gateway, this.namespace))
        : meshOnly;
    this.isTcpToFlagger = isTcpToFlagger(this.entry.object);
    this.target =
      this.targetRef.kind === 'Service'
        ? undefined
        : lookup.writtenWorkload(this.targetRef.kind, this.namespace, this.targetRef.name);
    this.selectorLabel = this.target && selectorLabel(this.target.object, lookup.flagger.selectorLabels.value);
    this.autoscaler = this.readAutoscaler();
    this.ports = servicePorts(this.entry.object, this.target?.object);
    this.gatewayRefs = listAt(this.service, 'gatewayRefs').filter(isFields);
    this.rollout = rolloutOf(this.analysis, { provider: this.provider.value, skipAnalysis: this.skipAnalysis });
    const sources: MetricSources = {
      namespace: this.namespace,
      given: (kind, namespace, name) => lookup.given(kind, namespace, name),
      queryValues: (metric, interval, variables) => this.queryValues(metric, interval, variables),
    };
    const metrics: MetricView[] = [];
    for (const [index, raw] of listAt(this.analysis.raw, 'metrics').entries())
      if (isFields(raw)) metrics.push(readMetric(raw, `${this.analysisPointer}/metrics/${index}`, sources));
    this.metrics = metrics;
    this.builtinMetrics = this.metrics.filter((metric) => metric.builtin !== undefined);
    const serviceNamed = (host: string) => lookup.serviceNamed(host);
    const webhooks: WebhookView[] = [];
    for (const [index, raw] of listAt(this.analysis.raw, 'webhooks').entries())
      if (isFields(raw))
        webhooks.push(readWebhook(raw, `${this.analysisPointer}/webhooks/${index}`, webhooks, serviceNamed));
    this.webhooks = webhooks;
    const loadTests: CanaryLoadTest[] = [];
    for (const webhook of webhooks)
      if (webhook.type === 'rollout' || webhook.type === 'pre-rollout')
        for (const test of webhook.loadTests) loadTests.push(this.aim(webhook, test));
    this.loadTests = loadTests;
    this.alerts = listAt(this.analysis.raw, 'alerts').flatMap((raw, index) =>
      isFields(raw)
        ? [
            {
              raw,
              pointer: `${this.analysisPointer}/alerts/${index}`,
              providerRef: {
                name: textAt(raw, 'providerRef', 'name') ?? '',
                namespace: textAt(raw, 'providerRef', 'namespace') || this.namespace,
              },
            },
          ]
        : [],
    );
  }

  place(pointer?: string) {
    return this.entry.place(pointer);
  }

  /** The primary that Flagger makes of the target. */
  get primary(): Workload | undefined {
    return this.lookup.workload(this.targetRef.kind, this.namespace, `${this.targetRef.name}-primary`);
  }

  /** Whether Flagger makes a primary of the target. */
  get makesPrimary(): boolean {
    return (
      this.selectorLabel !== undefined && (this.target?.kind === 'Deployment' || this.target?.kind === 'DaemonSet')
    );
  }
  /** Labels of the primary's pods; the primary itself need not be made for them. */
  get primaryPodLabels(): Readonly<Record<string, string>> | undefined {
    return this.makesPrimary && this.target && this.selectorLabel
      ? primaryLabels(this.target.podLabels, this.selectorLabel)
      : this.primary?.podLabels;
  }

  /** Hosts of the VirtualService that Flagger makes. */
  get virtualServiceHosts(): readonly string[] {
    return virtualServiceHosts(this.entry.object);
  }
  /** The Service that callers use, as somebody wrote it: Flagger takes it over. */
  get writtenService(): Entry | undefined {
    return this.lookup.given('Service', this.namespace, this.apexName);
  }

  /** What Istio makes of `service.port`. */
  get protocol(): Protocol {
    const port = this.ports[0];
    return port ? istioProtocol(port) : 'auto';
  }

  /** Every edge of the call graph that ends at the apex Service: callers, routes, load tests. */
  get inbound(): readonly Edge[] {
    return this.lookup.edgesTo(this.namespace, this.apexName);
  }
  /** Load that goes straight to the `-canary` Service. */
  get inboundToCanary(): readonly Edge[] {
    return this.lookup.edgesTo(this.namespace, this.canaryName);
  }
  /** Requests a second without load tests, when somebody said: by the facts, or the annotation `aviary.dev/requests-per-second`. */
  get requestsPerSecond(): Fact<number> | undefined {
    const service = `${this.namespace}/${this.apexName}`;
    const annotation = this.entry.annotations['aviary.dev/requests-per-second'];
    const known = annotation !== undefined && /^\d+(\.\d+)?$/.test(annotation) ? Number(annotation) : undefined;
    const value = known ?? this.lookup.statedRequests(service);
    if (value === undefined) return undefined;
    return {
      value,
      certainty: known === undefined ? 'stated' : 'known',
      sentence: `${service} gets ${value} requests a second`,
      key: 'requestsPerSecond',
    };
  }

  private readAutoscaler(): Entry | undefined {
    const ref = fieldsAt(this.spec, 'autoscalerRef');
    const name = textAt(ref, 'name');
    return name === undefined ? undefined : this.lookup.given(textAt(ref, 'kind') ?? '', this.namespace, name);
  }

  private queryValues(name: string, interval: string, variables: Readonly<Record<string, string>>): QueryValues {
    return {
      name,
      namespace: this.namespace,
      target: this.targetRef.name,
      service: this.apexName,
      ingress: textAt(this.spec, 'ingressRef', 'name') ?? this.targetRef.name,
      route: textAt(this.spec, 'routeRef', 'name') ?? this.targetRef.name,
      interval,
      variables,
    };
  }

  private aim(webhook: WebhookView, test: LoadTest): CanaryLoadTest {
    if (test.host === undefined) return { webhook, test, hits: undefined, service: undefined };
    if (this.hosts.includes(test.host))
      return { webhook, test, hits: 'gateway', service: { name: this.apexName, namespace: this.namespace } };
    // A short name in a command means a Service in the load tester's namespace.
    const service = parseServiceHost(test.host, webhook.service?.namespace ?? this.namespace);
    return { webhook, test, hits: this.roleOf(service), service };
  }

  private roleOf(service: ServiceHost | undefined): 'apex' | 'primary' | 'canary' | 'other' {
    if (!service || service.namespace !== this.namespace) return 'other';
    if (service.name === this.apexName) return 'apex';
    if (service.name === this.primaryName) return 'primary';
    return service.name === this.canaryName ? 'canary' : 'other';
  }
}

memoize(CanaryView, [
  'primary',
  'primaryPodLabels',
  'writtenService',
  'protocol',
  'inbound',
  'inboundToCanary',
  'requestsPerSecond',
]);

/**
 * Fields that one provider's router reads, in the order in which they decide; where it is the one that Flagger takes by
 * itself, nothing else need be said.
 * @see fluxcd/flagger v1.44 pkg/router
 */
const tellingFields: readonly (readonly [provider: string, ...path: string[]])[] = [
  ['istio', 'service', 'gateways'],
  ['istio', 'service', 'trafficPolicy'],
  ['gatewayapi:v1', 'service', 'gatewayRefs'],
  ['appmesh', 'service', 'meshName'],
  ['istio', 'service', 'corsPolicy'],
  ['istio', 'service', 'headers'],
  ['apisix', 'routeRef'],
  ['gloo', 'upstreamRef'],
  // Skipper has Ingresses too.
  ['nginx', 'ingressRef'],
];

/** Where nobody names the provider: what only one of them reads speaks for it. */
function impliedProvider(spec: Fields, stated: Fact<string>): Fact<string> {
  if (stated.certainty !== 'assumed') return stated;
  const [value] = tellingFields.find(([, ...path]) => at(spec, ...path) !== undefined) ?? [];
  if (value === undefined) return stated;
  return value === 'istio'
    ? { ...stated, value, certainty: 'known', sentence: 'the provider is istio' }
    : { ...stated, value, sentence: `Flagger's mesh provider is ${value}` };
}
