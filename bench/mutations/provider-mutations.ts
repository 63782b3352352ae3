import {
  abTest,
  blueGreen,
  gatewayApi,
  keda,
  kubernetes,
  linkerd,
  metric,
  mirror,
  nginx,
  tcp,
  tcpWeights,
} from './bases';
import type { Mutation } from './mutation';

const header = [{ headers: { 'x-canary': { exact: 'yes' } } }];
const successRate = metric('request-success-rate', { thresholdRange: { min: 99 } });
const errorsOf = (labels: string): object =>
  metric('errors', { query: `sum(rate(istio_requests_total{${labels}}[1m]))`, thresholdRange: { max: 1 } });

/** Failure modes of a mesh or an ingress, of its kinds of rollout, and of the definitions that go with it. */
export const providerMutations: readonly Mutation[] = [
  // A/B tests and mirrors
  { rule: 'ab-no-matched-traffic', plant: abTestWithoutSender },
  { rule: 'ab-on-kubernetes', base: kubernetes, plant: (t) => t.set('Canary', 'spec.analysis.match', header) },
  {
    rule: 'ab-unsupported-provider',
    base: linkerd,
    plant: abTest,
  },
  {
    rule: 'match-dropped-on-merge',
    base: abTest,
    plant: (t) => {
      t.set('Canary', 'spec.service.match', [{ uri: { prefix: '/' } }]);
      t.set('Canary', 'spec.analysis.match', [{ queryParams: { canary: { exact: 'yes' } } }]);
    },
  },
  {
    rule: 'match-header-case',
    base: abTest,
    plant: (t) => t.set('Canary', 'spec.analysis.match', [{ headers: { 'X-Canary': { exact: 'yes' } } }]),
  },
  {
    rule: 'match-sourcelabels-no-mesh',
    base: abTest,
    plant: (t) => {
      t.remove('Deployment/loadgenerator');
      t.set('Canary', 'spec.service.gateways', ['istio-ingress/public']);
      t.set('Canary', 'spec.analysis.match', [{ sourceLabels: { app: 'loadgenerator' } }]);
    },
  },
  // What a router cannot write
  {
    rule: 'routeref-unusable',
    base: nginx,
    plant: (t) => t.set('Ingress', 'spec.rules.0.http.paths.0.backend.service.name', 'frontend-primary'),
  },
  { rule: 'routeref-unusable', base: nginx, plant: (t) => t.set('Canary', 'spec.ingressRef', undefined) },
  {
    rule: 'ab-match-unsaid',
    base: nginx,
    plant: (t) => {
      blueGreen(t);
      t.set('Canary', 'spec.analysis.match', [{ headers: { cookie: { regex: '.*canary=always.*' } } }]);
    },
  },
  {
    rule: 'contour-include-missing',
    plant: (t) => {
      t.set('Canary', 'spec.provider', 'contour');
      t.add({
        apiVersion: 'projectcontour.io/v1',
        kind: 'HTTPProxy',
        metadata: { name: 'shop', namespace: 'microservices-demo' },
        spec: { virtualhost: { fqdn: 'shop.example.com' }, includes: [{ name: 'frontend-proxy' }] },
      });
    },
  },
  { rule: 'provider-ended', plant: (t) => t.set('Canary', 'spec.provider', 'appmesh:v1beta2') },
  {
    rule: 'appmesh-not-member',
    plant: (t) => {
      t.set('Canary', 'spec.provider', 'appmesh:v1beta2');
      t.add({ apiVersion: 'appmesh.k8s.aws/v1beta2', kind: 'Mesh', metadata: { name: 'shop' }, spec: {} });
    },
  },
  { rule: 'mirror-unsupported', base: linkerd, plant: mirror },
  { rule: 'mirror-with-match', base: abTest, plant: mirror },
  {
    rule: 'mirrorweight-gwapi',
    base: gatewayApi,
    plant: (t) => {
      blueGreen(t);
      mirror(t);
      t.set('Canary', 'spec.analysis.mirrorWeight', 50);
    },
  },
  {
    rule: 'source-reporter-with-mirror',
    base: mirror,
    plant: (t) =>
      t.append(
        'Canary',
        'spec.analysis.metrics',
        errorsOf('reporter="source",destination_workload="frontend",response_code=~"5.*"'),
      ),
  },
  { rule: 'session-unsupported', base: linkerd, plant: affinity },
  {
    rule: 'session-skews-weights',
    plant: (t) => t.set('Canary', 'spec.analysis.sessionAffinity', { cookieName: 'canary', path: '/' }),
  },
  {
    rule: 'session-bad-interval',
    plant: (t) => {
      affinity(t);
      t.set('Canary', 'spec.analysis.interval', '1mm');
    },
  },
  // No mesh
  {
    rule: 'builtin-on-kubernetes',
    base: kubernetes,
    plant: (t) => t.append('Canary', 'spec.analysis.metrics', successRate),
  },
  {
    rule: 'weight-on-kubernetes',
    base: kubernetes,
    plant: (t) => {
      t.set('Canary', 'spec.analysis.iterations', undefined);
      t.set('Canary', 'spec.analysis.stepWeight', 10);
      t.set('Canary', 'spec.analysis.maxWeight', 50);
    },
  },
  // The Gateway API
  {
    rule: 'builtin-on-gatewayapi',
    base: gatewayApi,
    plant: (t) => t.append('Canary', 'spec.analysis.metrics', successRate),
  },
  {
    rule: 'gwapi-cors-origins',
    base: gatewayApi,
    plant: (t) =>
      t.set('Canary', 'spec.service.corsPolicy', {
        allowOrigins: [{ exact: 'https://shop.example.com' }],
        allowMethods: ['GET'],
      }),
  },
  {
    rule: 'gwapi-hosts-empty',
    base: gatewayApi,
    plant: (t) => t.set('Canary', 'spec.service.hosts', undefined),
  },
  {
    rule: 'gwapi-match-swallowed',
    base: gatewayApi,
    plant: (t) => {
      blueGreen(t);
      t.set('Canary', 'spec.analysis.match', [{ headers: { 'x-canary': { prefix: 'y' } } }]);
    },
  },
  { rule: 'gwapi-mirror-with-weights', base: gatewayApi, plant: mirror },
  {
    rule: 'gwapi-no-refs',
    base: gatewayApi,
    plant: (t) => t.set('Canary', 'spec.service.gatewayRefs', undefined),
  },
  {
    rule: 'gwapi-retries-ignored',
    base: gatewayApi,
    plant: (t) => t.set('Canary', 'spec.service.retries', { attempts: 3, perTryTimeout: '1s' }),
  },
  {
    rule: 'gwapi-service-match',
    base: gatewayApi,
    plant: (t) => t.set('Canary', 'spec.service.match', [{ headers: { 'x-shop': { prefix: 'eu' } } }]),
  },
  {
    rule: 'gwapi-service-parent',
    base: gatewayApi,
    plant: (t) => t.append('Canary', 'spec.service.gatewayRefs', { kind: 'Service', name: 'frontend', port: 80 }),
  },
  {
    rule: 'gwapi-timeout-format',
    base: gatewayApi,
    plant: (t) => t.set('Canary', 'spec.service.timeout', '1.5s'),
  },
  {
    rule: 'daemonset-builtin-measures-primary',
    base: kubernetes,
    plant: (t) => {
      t.set('Deployment', 'kind', 'DaemonSet');
      t.remove('HorizontalPodAutoscaler');
      t.set('Canary', 'spec.autoscalerRef', undefined);
      t.set('Canary', 'spec.targetRef.kind', 'DaemonSet');
      t.append('Canary', 'spec.analysis.metrics', successRate);
    },
  },
  // ingress-nginx
  {
    rule: 'loadtest-bypasses-ingress',
    base: nginx,
    plant: (t) => {
      for (const index of [0, 1])
        t.set(
          'Canary',
          `spec.analysis.webhooks.${index}.metadata.cmd`,
          'hey -z 1m55s -q 5 -c 2 http://frontend-canary.microservices-demo:80/',
        );
    },
  },
  {
    rule: 'nginx-metrics-labels',
    base: nginx,
    plant: (t) =>
      t.add({
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'ServiceMonitor',
        metadata: { name: 'ingress-nginx-controller', namespace: 'ingress-nginx' },
        spec: {
          selector: { matchLabels: { 'app.kubernetes.io/name': 'ingress-nginx' } },
          endpoints: [{ port: 'metrics', interval: '15s' }],
        },
      }),
  },
  // Knative
  { rule: 'knative-mismatch', plant: (t) => t.set('Canary', 'spec.provider', 'knative') },
  // Routes of Istio
  {
    rule: 'dr-apex-host',
    plant: (t) =>
      t.add({
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata: { name: 'frontend-limits', namespace: 'microservices-demo' },
        spec: { host: 'frontend', trafficPolicy: { outlierDetection: { consecutive5xxErrors: 3 } } },
      }),
  },
  {
    rule: 'dup-vs-same-host-mesh',
    plant: (t) =>
      t.add({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'frontend-retries', namespace: 'microservices-demo' },
        spec: {
          hosts: ['frontend'],
          http: [{ route: [{ destination: { host: 'frontend-primary' } }], retries: { attempts: 3 } }],
        },
      }),
  },
  {
    rule: 'vs-takeover',
    plant: (t) =>
      t.add({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'frontend', namespace: 'microservices-demo' },
        spec: { hosts: ['frontend'], http: [{ route: [{ destination: { host: 'frontend' } }], timeout: '3s' }] },
      }),
  },
  {
    rule: 'gateway-host-conflict',
    plant: (t) =>
      t.add({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'ads', namespace: 'microservices-demo' },
        spec: {
          hosts: ['shop.example.com'],
          gateways: ['istio-ingress/public'],
          http: [
            {
              match: [{ uri: { prefix: '/ads' } }],
              route: [{ destination: { host: 'ads.partner.svc.cluster.local' } }],
            },
          ],
        },
      }),
  },
  {
    rule: 'delegation-hosts',
    plant: (t) => {
      t.set('Canary', 'spec.service.delegation', true);
      t.add({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'shop', namespace: 'istio-ingress' },
        spec: {
          hosts: ['shop.example.com'],
          gateways: ['istio-ingress/public'],
          http: [{ delegate: { name: 'frontend', namespace: 'microservices-demo' } }],
        },
      });
    },
  },
  { rule: 'rewrite-on-mesh', plant: (t) => t.set('Canary', 'spec.service.rewrite', { uri: '/shop' }) },
  { rule: 'headless-istio', plant: (t) => t.set('Canary', 'spec.service.headless', true) },
  {
    rule: 'http-vs-on-tcp-port',
    base: tcp,
    plant: (t) => t.set('Canary', 'spec.service.appProtocol', 'redis'),
  },
  { rule: 'tcp-no-http-metrics', base: tcp, plant: (t) => t.append('Canary', 'spec.analysis.metrics', successRate) },
  { rule: 'tcp-ab', base: tcp, plant: (t) => t.set('Canary', 'spec.analysis.match', header) },
  {
    rule: 'tcp-mirror',
    base: tcpWeights,
    plant: mirror,
  },
  // The mesh itself
  {
    rule: 'ambient-mode',
    plant: (t) => {
      t.set('Namespace/microservices-demo', 'metadata.labels.istio-injection', undefined);
      t.set('Namespace/microservices-demo', 'metadata.labels.istio\\.io/dataplane-mode', 'ambient');
    },
  },
  {
    rule: 'caller-not-in-mesh',
    plant: (t) => {
      t.set('Canary', 'spec.service.hosts', undefined);
      t.set('Canary', 'spec.service.gateways', ['mesh']);
      t.set('Canary', 'spec.analysis.webhooks', []);
      t.set('Deployment/loadgenerator', 'spec.template.metadata.labels.sidecar\\.istio\\.io/inject', 'false');
      t.set('PeerAuthentication', 'spec.mtls.mode', 'PERMISSIVE');
    },
  },
  {
    rule: 'telemetry-drops-labels',
    plant: (t) =>
      t.set('Telemetry/default', 'spec.metrics', [
        {
          providers: [{ name: 'prometheus' }],
          overrides: [
            { match: { metric: 'REQUEST_COUNT' }, tagOverrides: { destination_workload: { operation: 'REMOVE' } } },
          ],
        },
      ]),
  },
  // KEDA
  { rule: 'keda-primary-paused', plant: keda },
  {
    rule: 'keda-annotation-drift',
    base: keda,
    plant: (t) => t.set('ScaledObject', 'metadata.annotations', { 'autoscaling.keda.sh/paused-replicas': '0' }),
  },
  {
    rule: 'keda-query-rewrite',
    base: keda,
    plant: (t) => {
      t.set('Canary', 'spec.autoscalerRef.primaryScalerQueries', undefined);
      t.set('ScaledObject', 'spec.triggers.0.metadata.query', 'sum(rate(shop_requests_total[1m]))');
    },
  },
];

function abTestWithoutSender(tree: Parameters<typeof abTest>[0]): void {
  abTest(tree);
  tree.set('Canary', 'spec.analysis.webhooks', [
    {
      name: 'load-test',
      type: 'rollout',
      url: 'http://flagger-loadtester.flagger-system/',
      timeout: '5s',
      metadata: { type: 'cmd', cmd: 'hey -z 1m55s -q 5 -c 2 http://frontend.microservices-demo:80/' },
    },
  ]);
}

function affinity(tree: Parameters<typeof abTest>[0]): void {
  tree.set('Canary', 'spec.analysis.sessionAffinity', {
    cookieName: 'canary',
    primaryCookieName: 'primary',
    path: '/',
  });
}
