import { App, Chart, Testing } from 'cdk8s';
import type { KubeObject } from '../kube';
import { AlertProvider } from './canary/alert-provider';
import { Metric } from './canary/metric';
import { MetricStore, MetricTemplate } from './canary/metric-template';
import type { CanaryRolloutProps } from './canary/props';
import { Provider } from './canary/provider';
import { Autoscaler, Target } from './canary/target';
import { CanaryRollout } from './canary-rollout';
import { MicroserviceRelease } from './microservice-release';

function render(props: Partial<CanaryRolloutProps> = {}): {
  objects: KubeObject[];
  canary: any;
  rollout: CanaryRollout;
} {
  const chart = new Chart(new App({ outdir: 'unused' }), 'chart', { namespace: 'shop' });
  const rollout = new CanaryRollout(chart, 'cart', {
    namespace: 'shop',
    port: { port: 7070, protocol: 'grpc' },
    ...props,
  });
  const objects = Testing.synth(chart) as KubeObject[];
  return { objects, rollout, canary: objects.find(({ kind }) => kind === 'Canary') };
}
const http: CanaryRolloutProps['port'] = { port: 80, targetPort: 8080, protocol: 'http' };

test('gRPC with defaults: a template of its own measures grpc_response_status', () => {
  const { objects, canary, rollout } = render();
  expect(canary.spec).toMatchObject({
    provider: 'istio',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' },
    service: { port: 7070, targetPort: 7070, portName: 'grpc', appProtocol: 'grpc' },
    analysis: { interval: '1m', threshold: 5, stepWeight: 10, maxWeight: 50 },
    revertOnDeletion: true,
  });
  expect(canary.spec.analysis.metrics).toEqual([
    {
      name: 'grpc-success-rate',
      interval: '1m',
      thresholdRange: { min: 99 },
      templateRef: { name: 'cart-grpc-success-rate', namespace: 'shop' },
    },
    { name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } },
  ]);
  const template: any = objects.find(({ kind }) => kind === 'MetricTemplate');
  expect(template.spec.query).toContain('grpc_response_status=~"0|OK|');
  expect(template.spec.query).toContain('reporter="destination"');
  expect(canary.metadata.annotations['aviary.dev/rollout-duration']).toBe(
    'canary: succeeds after 8 ticks (9m), rolls back after 7 (8m); up to 1 % of real calls may fail unseen',
  );
  expect(rollout.duration.successTicks).toBe(8);
});

test.each<[string, Partial<CanaryRolloutProps>, string[]]>([
  ['HTTP with sidecars: built in', { port: http }, ['request-success-rate', 'request-duration']],
  [
    'HTTP on the Gateway API: templates',
    { port: http, mesh: 'istio-gateway-api' },
    ['http-success-rate', 'request-duration-p99'],
  ],
  [
    'HTTP with a load test: Flagger would count it in one ratio with real calls',
    { port: http, loadTest: {} },
    ['http-success-rate', 'request-duration'],
  ],
  [
    "HTTP with somebody's own load",
    { port: http, webhooks: [{ name: 'load', type: 'rollout', url: 'http://k6.test/' }] },
    ['http-success-rate', 'request-duration'],
  ],
  ['TCP: nothing that counts requests', { port: { port: 6379, protocol: 'tcp' } }, []],
  ['no mesh: nothing that a mesh counts', { port: http, mesh: 'kubernetes' }, []],
  ['switched off', { port: http, metrics: { successRateMinPercent: false, durationMaxMilliseconds: false } }, []],
])('metrics: %s', (_, props, expected) => {
  expect((render(props).canary.spec.analysis.metrics ?? []).map(({ name }: { name: string }) => name)).toEqual(
    expected,
  );
});

test('exposed: the gateway, and the mesh for in-mesh callers', () => {
  const { canary } = render({
    port: http,
    expose: { gateways: ['istio-ingress/public'], hosts: ['shop.example.com'] },
  });
  expect(canary.spec.service).toMatchObject({
    gateways: ['istio-ingress/public', 'mesh'],
    hosts: ['shop.example.com'],
  });
});

test('exposed paths narrow the gateway only', () => {
  const { canary } = render({ port: http, expose: { gateways: ['g/p'], hosts: ['a.example.com'], paths: ['/api'] } });
  expect(canary.spec.service.match).toEqual([{ uri: { prefix: '/api' }, gateways: ['g/p'] }, { gateways: ['mesh'] }]);
});

test('on the Gateway API the Service itself is a parent', () => {
  const { canary } = render({
    port: http,
    mesh: 'istio-gateway-api',
    expose: { gateways: ['g/p'], hosts: ['a.example.com'] },
  });
  expect(canary.spec.service.gatewayRefs).toEqual([
    { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'g', name: 'p' },
    { group: '', kind: 'Service', name: 'cart', port: 80 },
  ]);
});

test('every host is no host by the Gateway API', () => {
  const expose = { gateways: ['g/p'], hosts: ['*'] };
  expect(render({ port: http, mesh: 'istio-gateway-api', expose }).canary.spec.service.hosts).toBeUndefined();
  expect(render({ port: http, expose }).canary.spec.service.hosts).toEqual(['*']);
});

test.each<[string, Partial<CanaryRolloutProps>, string]>([
  ['HTTP', { port: http, loadTest: {} }, 'hey -z 1m55s -q 5 -c 2 http://cart-canary.shop:80/'],
  [
    'HTTP with a header and a path',
    {
      port: http,
      loadTest: { requestsPerSecond: 3, concurrency: 1, path: '/cart', headers: { 'x-user': 'load test' } },
    },
    "hey -z 1m55s -q 3 -c 1 -H 'x-user: load test' http://cart-canary.shop:80/cart",
  ],
  [
    'gRPC by the health protocol',
    { loadTest: { requestsPerSecond: 20, duration: '30s' } },
    'ghz -z 30s --rps 20 -c 2 --insecure --proto=/tmp/ghz/health.proto --call=grpc.health.v1.Health/Check cart-canary.shop:7070',
  ],
  [
    'gRPC by reflection',
    { loadTest: { grpcCall: 'shop.Cart/GetCart' } },
    'ghz -z 1m55s --rps 10 -c 2 --insecure --call=shop.Cart/GetCart cart-canary.shop:7070',
  ],
])('load test: %s', (_, props, command) => {
  const hooks = render(props).canary.spec.analysis.webhooks;
  expect(hooks.map(({ type }: { type: string }) => type)).toEqual(['pre-rollout', 'rollout']);
  for (const hook of hooks) expect(hook.metadata).toEqual({ type: 'cmd', cmd: command });
});

test('webhooks are written as Flagger writes them back', () => {
  const { canary } = render({
    webhooks: [{ name: 'gate', type: 'confirm-rollout', url: 'http://gate.shop/hook', retries: 0 }],
  });
  expect(canary.spec.analysis.webhooks).toEqual([
    { name: 'gate', type: 'confirm-rollout', url: 'http://gate.shop/hook', muteAlert: false },
  ]);
});

test('a custom metric becomes a template', () => {
  const { objects, canary } = render({
    metrics: { custom: [{ name: 'queue', query: 'sum(queue{app="{{ target }}"})', max: 10 }] },
  });
  expect(canary.spec.analysis.metrics.at(-1)).toEqual({
    name: 'queue',
    interval: '1m',
    thresholdRange: { max: 10 },
    templateRef: { name: 'cart-queue', namespace: 'shop' },
  });
  expect(objects.some(({ metadata }) => metadata.name === 'cart-queue')).toBe(true);
});

test('strategies keep their fields', () => {
  const { canary } = render({
    port: http,
    analysis: { iterations: 10, match: [{ headers: { 'x-canary': { exact: 'insider' } } }], interval: '30s' },
  });
  expect(canary.spec.analysis).toMatchObject({
    iterations: 10,
    match: [{ headers: { 'x-canary': { exact: 'insider' } } }],
  });
  expect(canary.spec.analysis.stepWeight).toBeUndefined();
});

test.each<[string, Partial<CanaryRolloutProps>, string]>([
  [
    'two strategies',
    { analysis: { iterations: 5, stepWeight: 10 } },
    'exactly one of iterations, stepWeight, stepWeights',
  ],
  ['steps that fall', { analysis: { stepWeights: [50, 20] } }, 'analysis.stepWeights [50,20] must increase strictly'],
  ['a step of nothing', { analysis: { stepWeight: 0 } }, 'analysis.stepWeight 0 never advances'],
  ['a maximum above 100', { analysis: { stepWeight: 10, maxWeight: 120 } }, 'analysis.maxWeight 120 is above 100'],
  ['an interval below 10s', { analysis: { interval: '5s' } }, 'is below 10s'],
  ['an interval that is none', { analysis: { interval: '1 minute' } }, 'analysis.interval "1 minute" is not taken'],
  ['match with weights', { analysis: { stepWeight: 10, match: [{}] } }, 'analysis.match needs iterations'],
  [
    'a mirror that never ends',
    { mesh: 'istio-gateway-api', analysis: { stepWeight: 10, mirror: true } },
    'never leaves weight 0',
  ],
  ['weights without a mesh', { mesh: 'kubernetes', analysis: { stepWeight: 10 } }, 'cannot weigh traffic'],
  [
    'a metric named like a built-in one',
    { metrics: { custom: [{ name: 'request-duration', query: '1', max: 1 }] } },
    'has a built-in name',
  ],
  ['a load test that is a shell script', { loadTest: { path: '/$(reboot)' } }, 'characters that a shell would read'],
])('misuse: %s', (_, props, message) => {
  expect(() => render(props)).toThrow(message);
});

test('gRPC codes that are no failure: denied ones are, unless the service says so', () => {
  const query = (props: Partial<CanaryRolloutProps>) =>
    (render(props).objects.find(({ kind }) => kind === 'MetricTemplate') as any).spec.query as string;
  expect(query({})).toContain('grpc_response_status=~"0|OK|1|3|5|6|9|11"');
  expect(query({ metrics: { grpcSuccessCodes: [0, 7, 16] } })).toContain('grpc_response_status=~"0|OK|7|16"');
  // One for all in the load tester's namespace cannot know what one service says.
  const { canary } = render({
    metricTemplates: { namespace: 'flagger-system' },
    metrics: { grpcSuccessCodes: [0, 7, 16] },
  });
  expect(canary.spec.analysis.metrics[0].templateRef).toEqual({ name: 'cart-grpc-success-rate', namespace: 'shop' });
});

test.each<[Partial<CanaryRolloutProps>, string]>([
  [{ metrics: { successRateMinPercent: 99.9 } }, '; up to 0.1 % of real calls may fail unseen'],
  [{ port: http, loadTest: {} }, '; up to 1 % of real calls may fail unseen'],
  [{ metrics: { successRateMinPercent: false } }, ')'],
])('says what share of real calls may fail unseen: %j', (props, end) => {
  const text: string = render(props).canary.metadata.annotations['aviary.dev/rollout-duration'];
  expect(text.slice(text.lastIndexOf(')'))).toBe(end === ')' ? ')' : `)${end}`);
});

const chart = () => new Chart(new App({ outdir: 'unused' }), 'chart', { namespace: 'shop' });

test('of a release: name, namespace, port and autoscaler are its own', () => {
  const scope = chart();
  const release = new MicroserviceRelease(scope, 'cart', {
    image: 'x/y:1',
    replicas: 3,
    canaried: true,
    ports: [{ port: 7070, protocol: 'grpc' }],
  });
  const { canary } = release.addCanary({ autoscaler: { primaryScalerReplicas: { minReplicas: 2 } } });
  const { metadata, spec }: any = canary.toJson();
  expect([metadata.name, metadata.namespace]).toEqual(['cart', 'shop']);
  expect(spec).toMatchObject({
    targetRef: { kind: 'Deployment', name: 'cart' },
    autoscalerRef: { name: 'cart', primaryScalerReplicas: { minReplicas: 2 } },
    service: { port: 7070, portName: 'grpc', appProtocol: 'grpc' },
  });
});

test('a release that is not canaried is refused', () => {
  const release = new MicroserviceRelease(chart(), 'cart', {
    image: 'x/y:1',
    ports: [{ port: 80, protocol: 'http' }],
  });
  expect(() => release.addCanary()).toThrow('the release "cart" is not canaried: write canaried: true');
});

test.each<[string, Provider, object]>([
  [
    'ingress-nginx',
    Provider.nginx({ ingress: 'web' }),
    { provider: 'nginx', ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' } },
  ],
  [
    'APISIX',
    Provider.apisix({ route: 'web' }),
    { provider: 'apisix', routeRef: { apiVersion: 'apisix.apache.org/v2', kind: 'ApisixRoute', name: 'web' } },
  ],
  [
    'Gloo',
    Provider.gloo({ upstream: 'web' }),
    { provider: 'gloo', upstreamRef: { apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', name: 'web' } },
  ],
  [
    'Gateway API',
    Provider.gatewayApi({ refs: [{ name: 'gw' }] }),
    { provider: 'gatewayapi:v1', service: { gatewayRefs: [{ name: 'gw' }] } },
  ],
  ['Contour', Provider.contour(), { provider: 'contour' }],
  ['Linkerd', Provider.linkerd(), { provider: 'linkerd' }],
])('provider: %s', (_, provider, expected) => {
  const { canary } = new CanaryRollout(chart(), 'web', { provider, port: { port: 80 } });
  expect((canary.toJson() as any).spec).toMatchObject(expected);
});

test('targets and autoscalers of cdk8s-plus and of names', () => {
  const { canary } = new CanaryRollout(chart(), 'web', {
    target: Target.deployment({ name: 'front' }),
    autoscaler: Autoscaler.scaledObject('front', { primaryScalerQueries: { rate: 'sum(x)' } }),
    port: { port: 80 },
  });
  expect((canary.toJson() as any).spec).toMatchObject({
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'front' },
    autoscalerRef: {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      name: 'front',
      primaryScalerQueries: { rate: 'sum(x)' },
    },
  });
});

test('checks one by one, a template of another store, and what is added later', () => {
  const scope = chart();
  const errors = new MetricTemplate(scope, 'errors', {
    query: 'avg:errors{app:{{ target }}}',
    store: MetricStore.datadog({ secretName: 'datadog' }),
  });
  const team = new AlertProvider(scope, 'team', { type: 'slack', secretName: 'slack' });
  const rollout = new CanaryRollout(scope, 'web', {
    port: { port: 80 },
    metrics: [Metric.template(errors, { max: 1 }), Metric.successRate(99.5, { interval: '2m' })],
  });
  rollout
    .addMetric(Metric.prometheus('queue', 'sum(queue)', { max: 10 }))
    .addWebhook({ name: 'gate', type: 'confirm-rollout', url: 'http://gate.shop/' })
    .addAlert({ name: 'team', severity: 'error', providerRef: team });
  expect((rollout.canary.toJson() as any).spec.analysis).toMatchObject({
    metrics: [
      {
        name: 'errors',
        interval: '1m',
        thresholdRange: { max: 1 },
        templateRef: { name: 'errors', namespace: 'shop' },
      },
      { name: 'request-success-rate', interval: '2m', thresholdRange: { min: 99.5 } },
      { name: 'queue', templateRef: { name: 'web-queue', namespace: 'shop' } },
    ],
    webhooks: [{ name: 'gate', type: 'confirm-rollout', url: 'http://gate.shop/', muteAlert: false }],
    alerts: [{ name: 'team', severity: 'error', providerRef: { name: 'team', namespace: 'shop' } }],
  });
  const objects = Testing.synth(scope) as KubeObject[];
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
    expect.arrayContaining(['MetricTemplate errors', 'MetricTemplate web-queue', 'AlertProvider team']),
  );
  expect(() => rollout.addWebhook({ name: 'x', url: 'nowhere' })).toThrow(
    'webhooks[1].url "nowhere" is not an http address',
  );
});

test('spec reaches every field, and is judged with the rest', () => {
  const { canary, duration } = new CanaryRollout(chart(), 'web', {
    port: { port: 80 },
    spec: { analysis: { stepWeight: 50, maxWeight: 100 }, service: { headless: true, portDiscovery: null } },
  });
  const { spec }: any = canary.toJson();
  expect(spec.service).toEqual({ port: 80, targetPort: 80, portName: 'http', appProtocol: 'http', headless: true });
  expect(duration.weights).toEqual([50, 100]);
  expect(
    () => new CanaryRollout(chart(), 'web', { port: { port: 80 }, spec: { analysis: { stepWeight: 0 } } }),
  ).toThrow('analysis.stepWeight 0 never advances');
});

test('defaults can be switched off, and faults that are meant allowed', () => {
  const { canary } = new CanaryRollout(chart(), 'web', {
    port: { port: 80 },
    analysis: { interval: '5s', threshold: 1, iterations: 2 },
    defaults: false,
    allow: ['interval-clamped'],
  });
  expect(canary.toJson()).toEqual({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      provider: 'istio',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      service: { port: 80 },
      analysis: { interval: '5s', threshold: 1, iterations: 2 },
    },
  });
});

test.each<[string, Partial<CanaryRolloutProps>, string]>([
  [
    'two providers',
    { mesh: 'istio-sidecar', provider: Provider.contour() },
    'mesh "istio-sidecar" has provider "istio", and provider is "contour"',
  ],
  [
    'a route field that nobody reads',
    { provider: Provider.traefik(), port: http, timeout: '5s' },
    'timeout is not read by provider traefik',
  ],
  [
    'a check that nobody counts',
    { provider: Provider.kubernetes(), port: http, analysis: { iterations: 5 }, metrics: [Metric.successRate(99)] },
    'provider kubernetes asks the application for http_request_duration_seconds',
  ],
  [
    'gRPC behind an ingress',
    { provider: Provider.contour(), metrics: { successRateMinPercent: 99 } },
    'a failed gRPC call is HTTP 200',
  ],
  [
    'load past the ingress',
    { provider: Provider.contour(), port: http, loadTest: {} },
    'loadTest.host is missing: provider contour weighs and counts at the ingress',
  ],
  [
    'an error that nobody may allow',
    { analysis: { stepWeights: [50, 20] }, allow: ['stepweights-not-increasing'] },
    'allow: "stepweights-not-increasing" cannot be allowed',
  ],
])('refused: %s', (_, props, message) => {
  expect(() => render(props)).toThrow(message);
});

test.each<[string, () => unknown, string]>([
  [
    'no region',
    () => new MetricTemplate(chart(), 'm', { query: '[]', store: MetricStore.cloudWatch({ region: '' }) }),
    'store.region is missing: AWS CloudWatch needs it',
  ],
  [
    'no address',
    () => new MetricTemplate(chart(), 'm', { query: 'up', address: 'prometheus:9090' }),
    'store.address "prometheus:9090" is not an http address',
  ],
  [
    'an alert with both',
    () => new AlertProvider(chart(), 'a', { type: 'slack', address: 'https://x.y/', secretName: 's' }),
    'exactly one of address and secretName',
  ],
  [
    'an unknown receiver',
    () => new AlertProvider(chart(), 'a', { type: 'pagerduty' as 'slack', secretName: 's' }),
    'type "pagerduty" is not taken: write one of "slack", "msteams", "discord", "rocket", "gchat"',
  ],
])('refused: %s', (_, make, message) => {
  expect(make).toThrow(message);
});
