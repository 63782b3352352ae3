import { metric, template } from './bases';
import type { Mutation } from './mutation';
import type { Planted } from './planted';

const namespaced = (name: string): { name: string; namespace: string } => ({ name, namespace: 'microservices-demo' });
const pod = 'spec.template.spec';
const container = `${pod}.containers.0`;
const labels = { matchLabels: { app: 'frontend' } };

function addConfigMap(tree: Planted, name: string, more: object): void {
  tree.add({ apiVersion: 'v1', kind: 'ConfigMap', metadata: namespaced(name), ...more });
}

const addMetric = (tree: Planted, query: string): void =>
  tree.append('Canary', 'spec.analysis.metrics', metric('errors', { query, thresholdRange: { max: 1 } }));

/** Failure modes of the workload, of what belongs to it, and of how the Canary checks it. */
export const workloadMutations: readonly Mutation[] = [
  // The pods
  {
    rule: 'antiaffinity-not-rewritten',
    plant: (t) =>
      t.set('Deployment', `${pod}.affinity`, {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'frontend' } },
            },
          ],
        },
      }),
  },
  {
    rule: 'topology-selector',
    plant: (t) =>
      t.set('Deployment', `${pod}.topologySpreadConstraints`, [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'frontend' } },
        },
      ]),
  },
  { rule: 'hostport-conflict', plant: (t) => t.set('Deployment', `${container}.ports.0.hostPort`, 8080) },
  {
    rule: 'pvc-rwo-shared',
    plant: (t) => {
      t.set('Deployment', `${pod}.volumes`, [{ name: 'data', persistentVolumeClaim: { claimName: 'frontend' } }]);
      t.add({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: namespaced('frontend'),
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      });
    },
  },
  { rule: 'recreate-strategy', plant: (t) => t.set('Deployment', 'spec.strategy', { type: 'Recreate' }) },
  {
    rule: 'flux-postbuild-hash',
    plant: (t) => t.set('Deployment', 'spec.template.metadata.annotations.example\\.com/commit', '4f2c9d1'),
  },
  {
    rule: 'deadline-lt-startup',
    plant: (t) => {
      t.set('Deployment', `${container}.startupProbe`, {
        httpGet: { path: '/_healthz', port: 8080 },
        periodSeconds: 10,
        failureThreshold: 60,
      });
    },
  },
  { rule: 'deadline-deploy-vs-canary', plant: (t) => t.set('Canary', 'spec.progressDeadlineSeconds', 600) },
  {
    rule: 'alert-not-on-deadline',
    plant: (t) => {
      t.set('Deployment', 'spec.progressDeadlineSeconds', 60);
      t.set('Canary', 'spec.progressDeadlineSeconds', 60);
    },
  },
  {
    rule: 'replicas-omitted-no-hpa',
    plant: (t) => {
      t.remove('HorizontalPodAutoscaler');
      t.set('Canary', 'spec.autoscalerRef', undefined);
    },
  },
  // Configuration
  {
    rule: 'config-binarydata-lost',
    plant: (t) => {
      t.set('Deployment', `${pod}.volumes`, [{ name: 'logo', configMap: { name: 'logo' } }]);
      addConfigMap(t, 'logo', { binaryData: { 'logo.png': 'iVBORw0KGgo=' } });
    },
  },
  {
    rule: 'config-shared',
    plant: (t) => {
      for (const name of ['Deployment', 'Deployment/adservice'])
        t.set(name, `${container}.envFrom`, [{ configMapRef: { name: 'shop' } }]);
      addConfigMap(t, 'shop', { data: { CURRENCY: 'EUR' } });
    },
  },
  // Its Services, and what selects its pods
  {
    rule: 'authz-selector',
    plant: (t) =>
      t.add({
        apiVersion: 'security.istio.io/v1',
        kind: 'RequestAuthentication',
        metadata: namespaced('frontend'),
        spec: { selector: labels, jwtRules: [{ issuer: 'https://login.example.com' }] },
      }),
  },
  {
    rule: 'netpol-selector',
    plant: (t) => t.set('NetworkPolicy', 'spec.podSelector', labels),
  },
  { rule: 'pdb-selector', plant: (t) => t.remove('PodDisruptionBudget/frontend-primary') },
  {
    rule: 'svc-selects-target',
    plant: (t) =>
      t.add({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: namespaced('frontend-external'),
        spec: {
          type: 'LoadBalancer',
          selector: { app: 'frontend' },
          ports: [{ name: 'http', port: 80, targetPort: 8080 }],
        },
      }),
  },
  {
    rule: 'svc-owned-elsewhere',
    plant: (t) => t.append('Service', 'spec.ports', { name: 'admin', port: 9000, targetPort: 8080 }),
  },
  {
    rule: 'name-clash-generated',
    plant: (t) =>
      t.add({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: namespaced('frontend-canary'),
        spec: { selector: { app: 'frontend-preview' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      }),
  },
  {
    rule: 'name-too-long',
    plant: (t) => {
      const name = 'frontend-of-the-online-boutique-for-every-country-and-region';
      t.set('Canary', 'spec.service.name', name);
      t.set('Service', 'metadata.name', name);
      t.set('Deployment/loadgenerator', `${container}.env.0.value`, `${name}:80`);
      t.set('Deployment/loadgenerator', `${pod}.initContainers.0.env.0.value`, `${name}:80`);
      for (const index of [0, 1])
        t.set(
          'Canary',
          `spec.analysis.webhooks.${index}.metadata.cmd`,
          `hey -z 1m55s -q 5 -c 2 http://${name}-canary.microservices-demo:80/`,
        );
    },
  },
  {
    rule: 'portdiscovery-clash',
    plant: (t) => {
      t.set('Canary', 'spec.service.portDiscovery', true);
      t.append('Deployment', `${container}.ports`, { name: 'admin', containerPort: 80 });
    },
  },
  { rule: 'field-wrong-type', plant: (t) => t.set('Canary', 'spec.analysis.maxWeight', '50') },
  { rule: 'service-omitted', plant: (t) => t.set('Canary', 'spec.service.port', undefined) },
  // Its autoscaler
  {
    rule: 'hpa-churn-halt',
    plant: (t) => {
      t.set('HorizontalPodAutoscaler', 'spec.maxReplicas', 50);
      t.set('Canary', 'spec.autoscalerRef.primaryScalerReplicas.maxReplicas', 50);
    },
  },
  {
    rule: 'hpa-podmetric-selector',
    plant: (t) =>
      t.append('HorizontalPodAutoscaler', 'spec.metrics', {
        type: 'External',
        external: {
          metric: { name: 'requests', selector: { matchLabels: { app: 'frontend' } } },
          target: { type: 'AverageValue', averageValue: '100' },
        },
      }),
  },
  { rule: 'scaler-kind-unknown', plant: (t) => t.set('Canary', 'spec.autoscalerRef.kind', 'VerticalPodAutoscaler') },
  // Two Canaries of one thing
  {
    rule: 'dup-target',
    plant: (t) =>
      t.add({
        apiVersion: 'flagger.app/v1beta1',
        kind: 'Canary',
        metadata: namespaced('frontend-ab'),
        spec: {
          provider: 'istio',
          targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'frontend' },
          autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'frontend' },
          progressDeadlineSeconds: 300,
          service: { name: 'frontend-ab', port: 80, targetPort: 8080 },
          analysis: {
            interval: '1m',
            threshold: 5,
            stepWeight: 10,
            maxWeight: 50,
            metrics: [metric('request-success-rate', { thresholdRange: { min: 99 } })],
            webhooks: ['pre-rollout', 'rollout'].map((type) => ({
              name: type,
              type,
              url: 'http://flagger-loadtester.flagger-system/',
              metadata: { cmd: 'hey -z 1m55s -q 5 -c 2 http://frontend-ab-canary.microservices-demo:80/' },
            })),
          },
        },
      }),
  },
  // The analysis
  {
    rule: 'ready-threshold-range',
    plant: (t) => t.set('Canary', 'spec.analysis.primaryReadyThreshold', 150),
  },
  {
    rule: 'ready-threshold-trunc',
    plant: (t) => {
      t.remove('HorizontalPodAutoscaler');
      t.remove('PodDisruptionBudget');
      t.remove('PodDisruptionBudget/frontend-primary');
      t.set('Canary', 'spec.autoscalerRef', undefined);
      t.set('Canary', 'spec.analysis.canaryReadyThreshold', 50);
    },
  },
  { rule: 'skipanalysis-init-downtime', plant: (t) => t.set('Canary', 'spec.skipAnalysis', true) },
  { rule: 'steppromo-overlap', plant: (t) => t.set('Canary', 'spec.analysis.stepWeightPromotion', -10) },
  {
    rule: 'threshold-cumulative',
    plant: (t) => {
      t.set('Canary', 'spec.analysis.stepWeight', 1);
      t.set('Canary', 'spec.analysis.threshold', 2);
      t.set('Kustomization', 'spec.timeout', '2h');
    },
  },
  {
    rule: 'window-gt-tick',
    plant: (t) => t.set('Canary', 'spec.analysis.metrics.1.interval', '5m'),
  },
  {
    rule: 'no-metrics-no-hooks',
    plant: (t) => t.set('Canary', 'spec.analysis.metrics', []),
  },
  {
    rule: 'no-inbound-edge',
    plant: (t) => {
      t.remove('Deployment/loadgenerator');
      t.set('Canary', 'spec.service.hosts', undefined);
      t.set('Canary', 'spec.service.gateways', ['mesh']);
      t.set('Canary', 'spec.analysis.webhooks', undefined);
    },
  },
  {
    rule: 'volume-too-low',
    plant: (t) => {
      t.set('Canary', 'metadata.annotations.aviary\\.dev/requests-per-second', '0.05');
      t.set('Canary', 'spec.analysis.webhooks', []);
    },
  },
  {
    rule: 'long-rollout-vs-release',
    plant: (t) => {
      t.set('Canary', 'spec.analysis.interval', '10m');
      t.set('Kustomization', 'spec.timeout', '3h');
      t.add({
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        kind: 'ImageUpdateAutomation',
        metadata: { name: 'images', namespace: 'flux-system' },
        spec: { interval: '5m', sourceRef: { kind: 'GitRepository', name: 'flux-system' } },
      });
    },
  },
  // Queries and templates
  {
    rule: 'deprecated-query-is-url',
    plant: (t) => addMetric(t, 'http://prometheus-prometheus.monitoring:9090/api/v1/query?query=up'),
  },
  {
    rule: 'grpc-status-invisible',
    plant: (t) =>
      t.set(
        'Canary/cartservice',
        'spec.analysis.metrics.0',
        metric('request-success-rate', { thresholdRange: { min: 99 } }),
      ),
  },
  {
    rule: 'query-empty-on-zero-errors',
    plant: (t) =>
      addMetric(
        t,
        'sum(rate(istio_requests_total{destination_workload="{{ target }}",response_code=~"5.*"}[{{ interval }}])) / sum(rate(istio_requests_total{destination_workload="{{ target }}"}[{{ interval }}])) * 100',
      ),
  },
  {
    rule: 'query-target-regex-leak',
    plant: (t) => addMetric(t, 'sum(rate(shop_errors_total{pod=~"{{ target }}.*"}[{{ interval }}]))'),
  },
  {
    rule: 'template-interval-missing',
    base: template,
    plant: (t) => t.set('Canary', 'spec.analysis.metrics.2.interval', undefined),
  },
  {
    rule: 'template-named-like-builtin',
    base: template,
    plant: (t) => {
      t.set('Canary', 'spec.analysis.metrics.2.name', 'request-duration');
      t.set('Canary', 'spec.analysis.metrics.2.thresholdRange.max', 500);
    },
  },
  {
    rule: 'template-render-error',
    base: template,
    plant: (t) =>
      t.set(
        'MetricTemplate/errors',
        'spec.query',
        'sum(rate(shop_errors_total{namespace="{{ .Namespace }}",job="frontend"}[{{ interval }}]))',
      ),
  },
  {
    rule: 'template-secret-missing',
    base: template,
    plant: (t) => {
      t.set('MetricTemplate/errors', 'spec.provider', {
        type: 'prometheus',
        address: 'https://prometheus.example.com',
        secretRef: { name: 'prometheus-login' },
      });
      t.add({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'prometheus-login', namespace: 'monitoring' },
        stringData: { username: 'shop', password: 'open' },
      });
    },
  },
  {
    rule: 'builtin-on-service-target',
    plant: (t) => {
      t.remove('HorizontalPodAutoscaler');
      t.set('Canary', 'spec.autoscalerRef', undefined);
      t.set('Canary', 'spec.targetRef', { apiVersion: 'v1', kind: 'Service', name: 'frontend' });
    },
  },
  // Hooks
  {
    rule: 'eventhook-slow',
    plant: (t) =>
      t.append('Canary', 'spec.analysis.webhooks', {
        name: 'log',
        type: 'event',
        url: 'http://flagger-loadtester.flagger-system/',
        timeout: '30s',
      }),
  },
  {
    rule: 'gate-never-opens',
    plant: (t) =>
      t.append('Canary', 'spec.analysis.webhooks', {
        name: 'gate',
        type: 'confirm-rollout',
        url: 'http://gates.microservices-demo/check',
      }),
  },
  {
    rule: 'loadtest-never-fails',
    plant: (t) =>
      t.append('Canary', 'spec.analysis.webhooks', {
        name: 'acceptance',
        type: 'pre-rollout',
        url: 'http://flagger-loadtester.flagger-system/',
        timeout: '10s',
        metadata: { type: 'cmd', cmd: 'curl -sf http://frontend-canary.microservices-demo:80/_healthz' },
      }),
  },
  {
    rule: 'loadtest-targets-apex-low-weight',
    plant: (t) => {
      t.remove('Deployment/loadgenerator');
      t.set('Canary', 'spec.service.hosts', undefined);
      t.set('Canary', 'spec.service.gateways', ['mesh']);
      t.set('Canary', 'spec.analysis.stepWeight', 5);
      t.set(
        'Canary',
        'spec.analysis.webhooks.1.metadata.cmd',
        'hey -z 1m55s -q 1 -c 1 http://frontend.microservices-demo:80/',
      );
    },
  },
  {
    rule: 'loadtest-unknown-flag',
    plant: (t) =>
      t.set(
        'Canary/cartservice',
        'spec.analysis.webhooks.1.metadata.cmd',
        'ghz -z 1m55s -q 10 -c 2 --insecure --proto=/tmp/ghz/health.proto --call=grpc.health.v1.Health/Check cartservice-canary.microservices-demo:7070',
      ),
  },
  {
    rule: 'loadtest-wrong-proto',
    plant: (t) =>
      t.set(
        'Canary/cartservice',
        'spec.analysis.webhooks.1.metadata.cmd',
        'hey -z 1m55s -q 5 -c 2 http://cartservice-canary.microservices-demo:7070/',
      ),
  },
  {
    rule: 'loadtester-ns-regex',
    plant: (t) => t.append('Deployment/flagger-loadtester', `${container}.command`, '-namespace-regexp=^prod$'),
  },
  {
    rule: 'portname-default-http-for-grpc',
    plant: (t) => {
      t.set('Canary/cartservice', 'spec.service.portName', 'http');
      t.set('Canary/cartservice', 'spec.service.appProtocol', undefined);
    },
  },
  {
    rule: 'webhook-timeout-short',
    plant: (t) => t.set('Canary', 'spec.analysis.webhooks.1.metadata.type', 'bash'),
  },
  {
    rule: 'webhook-timeout-sum',
    plant: (t) => {
      t.set('Canary', 'spec.analysis.webhooks.1.metadata', {
        type: 'bash',
        cmd: 'hey -z 50s -q 5 -c 2 http://frontend-canary.microservices-demo:80/',
      });
      t.set('Canary', 'spec.analysis.webhooks.1.timeout', '2m');
    },
  },
  // Flux, Flagger
  {
    rule: 'flux-health-wait',
    plant: (t) => t.set('Kustomization', 'spec.healthCheckExprs', undefined),
  },
  { rule: 'flux-timeout-lt-rollout', plant: (t) => t.set('Kustomization', 'spec.timeout', '5m') },
  {
    rule: 'alert-overrides-global',
    plant: (t) => t.set('HelmRelease', 'spec.values.slack', { url: 'https://hooks.example/x', channel: 'shop' }),
  },
  {
    rule: 'cross-ns-blocked',
    plant: (t) => t.set('HelmRelease', 'spec.values.noCrossNamespaceRefs', true),
  },
  {
    rule: 'flagger-multi-replica',
    plant: (t) => t.set('HelmRelease', 'spec.values.leaderElection', { enabled: false, replicaCount: 2 }),
  },
  {
    rule: 'global-empty-meshprovider',
    plant: (t) => {
      t.set('HelmRelease', 'spec.values.meshProvider', '');
      t.set('Canary', 'spec.provider', undefined);
    },
  },
  {
    rule: 'failed-no-retry',
    plant: (t) => t.set('Canary', 'status', { phase: 'Failed' }),
  },
  {
    rule: 'readiness-gate-unmet',
    plant: (t) =>
      t.set('Deployment', 'spec.template.spec.readinessGates', [
        { conditionType: 'target-health.elbv2.k8s.aws/k8s-shop-frontend' },
      ]),
  },
  {
    rule: 'selector-not-template',
    plant: (t) => t.set('Deployment', 'spec.template.metadata.labels.app', 'web'),
  },
  {
    rule: 'quota-wants-resources',
    plant: (t) => {
      t.set('Deployment', 'spec.template.spec.containers.0.resources.limits', undefined);
      t.add({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'compute', namespace: 'microservices-demo' },
        spec: { hard: { 'limits.memory': '64Gi' } },
      });
    },
  },
  {
    rule: 'vpa-misses-primary',
    plant: (t) =>
      t.add({
        apiVersion: 'autoscaling.k8s.io/v1',
        kind: 'VerticalPodAutoscaler',
        metadata: { name: 'frontend', namespace: 'microservices-demo' },
        spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'frontend' } },
      }),
  },
  {
    rule: 'field-value-unknown',
    plant: (t) =>
      t.set('Canary', 'spec.analysis.alerts', [
        { name: 'on-call', severity: 'debug', providerRef: { name: 'on-call', namespace: 'flagger-system' } },
      ]),
  },
  {
    rule: 'alert-address-missing',
    plant: (t) => {
      t.add({
        apiVersion: 'flagger.app/v1beta1',
        kind: 'AlertProvider',
        metadata: { name: 'chat', namespace: 'microservices-demo' },
        spec: { type: 'slack', channel: 'shop' },
      });
      t.set('Canary', 'spec.analysis.alerts', [{ name: 'chat', severity: 'error', providerRef: { name: 'chat' } }]);
    },
  },
];
