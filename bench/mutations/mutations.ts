import { blueGreen, metric, ownErrors } from './bases';
import type { Mutation } from './mutation';
import { providerMutations } from './provider-mutations';
import { workloadMutations } from './workload-mutations';

const hook = (type: string, more: object = {}): object => ({
  name: type,
  type,
  url: 'http://flagger-loadtester.flagger-system/',
  timeout: '5s',
  metadata: { type: 'cmd', cmd: 'curl -s http://frontend-canary.microservices-demo:80/' },
  ...more,
});

const frontendRelease = {
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'frontend', namespace: 'microservices-demo' },
  spec: {
    interval: '1h',
    chart: { spec: { chart: 'microservice', sourceRef: { kind: 'HelmRepository', name: 'shop' } } },
    driftDetection: { mode: 'enabled' },
  },
};

/** What the namespace asks of every container. */
const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** Changes of the Canary `frontend` and what is around it; each is what somebody might really write. */
export const mutations: readonly Mutation[] = [
  // The analysis
  { rule: 'maxweight-gt-100', plant: (t) => t.set('Canary', 'spec.analysis.maxWeight', 120) },
  { rule: 'maxweight-default-100', plant: (t) => t.set('Canary', 'spec.analysis.maxWeight', undefined) },
  { rule: 'step-overshoots-max', plant: (t) => t.set('Canary', 'spec.analysis.stepWeight', 40) },
  { rule: 'no-advance-zero-step', plant: (t) => t.set('Canary', 'spec.analysis.stepWeight', -10) },
  { rule: 'strategy-oneof', plant: (t) => t.set('Canary', 'spec.analysis.stepWeight', undefined) },
  { rule: 'threshold-zero', plant: (t) => t.set('Canary', 'spec.analysis.threshold', 0) },
  { rule: 'interval-clamped', plant: (t) => t.set('Canary', 'spec.analysis.interval', '5s') },
  { rule: 'analysis-nil-panic', plant: (t) => t.set('Canary', 'spec.analysis', undefined) },
  { rule: 'suspended', plant: (t) => t.set('Canary', 'spec.suspend', true) },
  { rule: 'provider-unknown', plant: (t) => t.set('Canary', 'spec.provider', 'istoi') },
  {
    rule: 'stepweights-not-increasing',
    plant: (t) => {
      t.set('Canary', 'spec.analysis.stepWeight', undefined);
      t.set('Canary', 'spec.analysis.maxWeight', undefined);
      t.set('Canary', 'spec.analysis.stepWeights', [5, 20, 10]);
    },
  },
  {
    rule: 'maxweight-ignored',
    plant: (t) => {
      t.set('Canary', 'spec.analysis.stepWeight', undefined);
      t.set('Canary', 'spec.analysis.stepWeights', [5, 20, 40]);
    },
  },
  {
    rule: 'stepweights-empty',
    plant: (t) => {
      t.set('Canary', 'spec.analysis.stepWeight', undefined);
      t.set('Canary', 'spec.analysis.stepWeights', []);
    },
  },
  {
    rule: 'match-without-iterations',
    plant: (t) => t.set('Canary', 'spec.analysis.match', [{ headers: { 'x-canary': { exact: 'yes' } } }]),
  },
  {
    rule: 'session-cookie',
    plant: (t) =>
      t.set('Canary', 'spec.analysis.sessionAffinity', { primaryCookieName: 'primary', maxAge: 3600, path: '/' }),
  },
  {
    rule: 'mirror-with-session-affinity',
    plant: (t) => {
      t.set('Canary', 'spec.analysis.mirror', true);
      t.set('Canary', 'spec.analysis.sessionAffinity', {
        cookieName: 'canary',
        primaryCookieName: 'primary',
        path: '/',
      });
    },
  },
  // Metrics
  {
    rule: 'range-inverted',
    plant: (t) => t.set('Canary', 'spec.analysis.metrics.0.thresholdRange', { min: 99, max: 90 }),
  },
  {
    rule: 'success-min-fraction',
    plant: (t) => t.set('Canary', 'spec.analysis.metrics.0.thresholdRange.min', 0.99),
  },
  {
    rule: 'threshold-direction',
    plant: (t) => t.set('Canary', 'spec.analysis.metrics.1.thresholdRange', { min: 500 }),
  },
  {
    rule: 'threshold-missing',
    plant: (t) => t.set('Canary', 'spec.analysis.metrics.1.thresholdRange', undefined),
  },
  { rule: 'interval-lt-2-scrapes', plant: (t) => t.set('Canary', 'spec.analysis.metrics.0.interval', '10s') },
  { rule: 'duration-seconds', plant: (t) => t.set('Canary', 'spec.analysis.metrics.1.thresholdRange.max', 0.5) },
  {
    rule: 'template-missing',
    plant: (t) =>
      t.append(
        'Canary',
        'spec.analysis.metrics',
        metric('errors', { templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }),
      ),
  },
  {
    rule: 'metric-no-source',
    plant: (t) => t.append('Canary', 'spec.analysis.metrics', metric('errors', { thresholdRange: { max: 1 } })),
  },
  {
    rule: 'query-returns-range',
    plant: (t) =>
      t.append(
        'Canary',
        'spec.analysis.metrics',
        metric('errors', { query: 'errors_total[1m]', thresholdRange: { max: 1 } }),
      ),
  },
  {
    rule: 'query-returns-scalar',
    plant: (t) =>
      t.append(
        'Canary',
        'spec.analysis.metrics',
        metric('errors', { query: 'scalar(sum(errors_total))', thresholdRange: { max: 1 } }),
      ),
  },
  {
    rule: 'query-unparsed',
    plant: (t) =>
      t.append(
        'Canary',
        'spec.analysis.metrics',
        metric('errors', { query: 'sum(rate(errors_total[1m])', thresholdRange: { max: 1 } }),
      ),
  },
  // Webhooks and load tests
  {
    rule: 'webhook-bad-url',
    plant: (t) => t.set('Canary', 'spec.analysis.webhooks.1.url', 'flagger-loadtester.test/'),
  },
  { rule: 'field-missing', plant: (t) => t.set('Canary', 'spec.analysis.webhooks.1.url', undefined) },
  { rule: 'webhook-type-typo', plant: (t) => t.set('Canary', 'spec.analysis.webhooks.1.type', 'rolout') },
  { rule: 'webhook-unknown-task', plant: (t) => t.set('Canary', 'spec.analysis.webhooks.1.metadata.type', 'cmdd') },
  { rule: 'webhook-timeout-bad', plant: (t) => t.set('Canary', 'spec.analysis.webhooks.1.timeout', '30 sec') },
  { rule: 'webhook-no-metadata', plant: (t) => t.set('Canary', 'spec.analysis.webhooks.1.metadata', undefined) },
  {
    rule: 'loadtester-absent',
    plant: (t) => t.set('Canary', 'spec.analysis.webhooks.1.url', 'http://flagger-loadtester.microservices-demo/'),
  },
  {
    rule: 'loadtest-wrong-port',
    plant: (t) =>
      t.set(
        'Canary',
        'spec.analysis.webhooks.1.metadata.cmd',
        'hey -z 1m55s -q 5 -c 2 http://frontend-canary.microservices-demo:8081/',
      ),
  },
  {
    // Only a load test calls it then: where others call, a short one is no failure.
    rule: 'loadtest-ends-early',
    plant: (t) => {
      t.remove('Deployment/loadgenerator');
      t.set('Canary', 'spec.service.hosts', undefined);
      t.set('Canary', 'spec.service.gateways', ['mesh']);
      t.set(
        'Canary',
        'spec.analysis.webhooks.1.metadata.cmd',
        'hey -z 10s -q 5 -c 2 http://frontend-canary.microservices-demo:80/',
      );
    },
  },
  {
    rule: 'loadtest-starts-late',
    plant: (t) => {
      blueGreen(t);
      t.set('Canary', 'spec.analysis.webhooks.0.metadata', {
        type: 'bash',
        cmd: 'curl -sf http://frontend-canary.microservices-demo:80/',
      });
    },
  },
  {
    rule: 'bluegreen-no-load',
    plant: (t) => {
      blueGreen(t);
      t.set('Canary', 'spec.analysis.webhooks', undefined);
    },
  },
  { rule: 'analysis-tick-too-fast', plant: (t) => t.set('Canary', 'spec.analysis.interval', '10s') },
  {
    rule: 'threshold-le-coldstart',
    // Only a load test calls it, and it begins with the first check.
    plant: (t) => {
      t.remove('Deployment/loadgenerator');
      t.set('Canary', 'spec.service.hosts', undefined);
      t.set('Canary', 'spec.service.gateways', ['mesh']);
      t.set('Canary', 'spec.analysis.webhooks.0.type', 'post-rollout');
      t.set('Canary', 'spec.analysis.threshold', 1);
    },
  },
  { rule: 'rollback-hook-200', plant: (t) => t.append('Canary', 'spec.analysis.webhooks', hook('rollback')) },
  {
    rule: 'confirm-promotion-twice',
    plant: (t) => {
      t.set('Canary', 'spec.analysis.stepWeight', undefined);
      t.set('Canary', 'spec.analysis.maxWeight', undefined);
      t.set('Canary', 'spec.analysis.iterations', 10);
      t.append('Canary', 'spec.analysis.webhooks', {
        name: 'gate',
        type: 'confirm-promotion',
        url: 'http://flagger-loadtester.flagger-system/gate/check',
      });
    },
  },
  {
    rule: 'prerollout-hits-primary',
    plant: (t) =>
      t.append(
        'Canary',
        'spec.analysis.webhooks',
        hook('pre-rollout', {
          name: 'smoke',
          metadata: { type: 'bash', cmd: 'curl -sf http://frontend.microservices-demo/' },
        }),
      ),
  },
  // Alerts
  {
    rule: 'alert-provider-missing',
    plant: (t) => t.set('Canary', 'spec.analysis.alerts.0.providerRef.name', 'oncall'),
  },
  { rule: 'alert-severity-empty', plant: (t) => t.set('Canary', 'spec.analysis.alerts.0.severity', undefined) },
  { rule: 'alert-type-enum', plant: (t) => t.set('AlertProvider', 'spec.type', 'slak') },
  // The target, its Service and its autoscaler
  { rule: 'target-missing', plant: (t) => t.set('Canary', 'spec.targetRef.name', 'frontnd') },
  { rule: 'target-kind', plant: (t) => t.set('Canary', 'spec.targetRef.kind', 'StatefulSet') },
  { rule: 'hpa-ref-missing', plant: (t) => t.set('Canary', 'spec.autoscalerRef.name', 'frontnd') },
  { rule: 'hpa-without-autoscalerref', plant: (t) => t.set('Canary', 'spec.autoscalerRef', undefined) },
  {
    rule: 'hpa-min-gt-max',
    plant: (t) => t.set('Canary', 'spec.autoscalerRef.primaryScalerReplicas.minReplicas', 9),
  },
  { rule: 'hpa-v2beta', plant: (t) => t.set('HorizontalPodAutoscaler', 'apiVersion', 'autoscaling/v2beta2') },
  {
    rule: 'hpa-no-requests',
    plant: (t) => t.set('Deployment', 'spec.template.spec.containers.0.resources', undefined),
  },
  {
    rule: 'hpa-targets-primary',
    plant: (t) => t.set('HorizontalPodAutoscaler', 'spec.scaleTargetRef.name', 'frontend-primary'),
  },
  { rule: 'replicas-in-git', plant: (t) => t.set('Deployment', 'spec.replicas', 2) },
  {
    rule: 'probe-port-unknown',
    plant: (t) => t.set('Deployment', 'spec.template.spec.containers.0.readinessProbe.httpGet.port', 'web'),
  },
  {
    rule: 'primary-scaled-to-zero',
    plant: (t) => t.set('Canary', 'spec.autoscalerRef.primaryScalerReplicas.minReplicas', 0),
  },
  { rule: 'replicas-zero-in-git', plant: (t) => t.set('Deployment', 'spec.replicas', 0) },
  {
    rule: 'config-missing',
    plant: (t) =>
      t.set('Deployment', 'spec.template.spec.containers.0.envFrom', [{ configMapRef: { name: 'frontend-settings' } }]),
  },
  {
    rule: 'image-tag-floating',
    plant: (t) => t.set('Deployment', 'spec.template.spec.containers.0.image', 'example.com/frontend:latest'),
  },
  {
    rule: 'sidecar-not-injected',
    plant: (t) => t.set('Deployment', 'spec.template.metadata.labels.sidecar\\.istio\\.io/inject', 'false'),
  },
  { rule: 'targetport-unknown', plant: (t) => t.set('Canary', 'spec.service.targetPort', 'web') },
  { rule: 'port-caller-mismatch', plant: (t) => t.set('Canary', 'spec.service.port', 8081) },
  {
    rule: 'portdiscovery-udp',
    plant: (t) => {
      t.set('Canary', 'spec.service.portDiscovery', true);
      t.append('Deployment', 'spec.template.spec.containers.0.ports', {
        name: 'dns',
        containerPort: 5353,
        protocol: 'UDP',
      });
    },
  },
  {
    rule: 'portdiscovery-remap',
    plant: (t) => {
      t.set('Canary', 'spec.service.portDiscovery', true);
      t.append('Deployment', 'spec.template.spec.containers.0.ports', { name: 'admin', containerPort: 9090 });
      t.append('Service', 'spec.ports', { name: 'admin', port: 81, targetPort: 'admin' });
    },
  },
  { rule: 'svc-lb-type', plant: (t) => t.set('Service', 'spec.type', 'LoadBalancer') },
  {
    rule: 'selector-label-ambiguous',
    plant: (t) =>
      t.add({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'frontend-assets', namespace: 'microservices-demo' },
        spec: {
          selector: { matchLabels: { app: 'frontend', component: 'assets' } },
          template: {
            metadata: { labels: { app: 'frontend', component: 'assets' } },
            spec: { containers: [{ name: 'server', image: 'example.com/assets:1.0.0', securityContext: restricted }] },
          },
        },
      }),
  },
  {
    rule: 'config-hashed-generator',
    plant: (t) => {
      t.set('Deployment', 'spec.template.spec.containers.0.envFrom', [
        { configMapRef: { name: 'frontend-8mbdf7882g' } },
      ]);
      t.add({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'frontend-8mbdf7882g', namespace: 'microservices-demo' },
        data: { BANNER: 'spring' },
      });
    },
  },
  {
    rule: 'config-secret-type',
    plant: (t) => {
      t.set('Deployment', 'spec.template.spec.containers.0.envFrom', [{ secretRef: { name: 'frontend-key' } }]);
      t.add({
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'example.com/key',
        metadata: { name: 'frontend-key', namespace: 'microservices-demo' },
        stringData: { KEY: 'open' },
      });
    },
  },
  {
    rule: 'config-rotating-secret',
    plant: (t) => {
      t.set('Deployment', 'spec.template.spec.volumes', [{ name: 'tls', secret: { secretName: 'frontend-tls' } }]);
      t.add({
        apiVersion: 'cert-manager.io/v1',
        kind: 'Certificate',
        metadata: { name: 'frontend', namespace: 'microservices-demo' },
        spec: { secretName: 'frontend-tls', dnsNames: ['shop.example.com'], issuerRef: { name: 'ca' } },
      });
    },
  },
  {
    rule: 'quota-double',
    plant: (t) =>
      t.add({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'compute', namespace: 'microservices-demo' },
        spec: { hard: { pods: '12' } },
      }),
  },
  {
    rule: 'long-lived-connections',
    plant: (t) => {
      t.set('Canary', 'spec.service.appProtocol', 'tcp');
      t.set('Canary', 'spec.analysis.metrics', [ownErrors]);
    },
  },
  // What watches the service
  { rule: 'prom-missing-envoy-job', plant: (t) => t.remove('PodMonitor/istio-proxies') },
  {
    rule: 'query-multi-series',
    plant: (t) =>
      t.append(
        'Canary',
        'spec.analysis.metrics',
        metric('errors', { query: 'sum by (pod) (rate(shop_errors_total[1m]))', thresholdRange: { max: 1 } }),
      ),
  },
  {
    rule: 'servicemonitor-selector',
    plant: (t) =>
      t.add({
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'ServiceMonitor',
        metadata: { name: 'frontend', namespace: 'microservices-demo' },
        spec: { selector: { matchLabels: { app: 'frontend' } }, endpoints: [{ port: 'http' }] },
      }),
  },
  {
    rule: 'dashboard-selector',
    plant: (t) =>
      t.add({
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PrometheusRule',
        metadata: { name: 'frontend', namespace: 'monitoring' },
        spec: {
          groups: [
            {
              name: 'frontend',
              rules: [
                {
                  alert: 'FrontendErrors',
                  expr: 'sum(rate(istio_requests_total{destination_workload="frontend",response_code=~"5.*"}[5m])) > 1',
                },
              ],
            },
          ],
        },
      }),
  },
  // Routes and gateways
  { rule: 'gateway-not-found', plant: (t) => t.set('Canary', 'spec.service.gateways.0', 'istio-ingress/publik') },
  { rule: 'gateway-host-not-served', plant: (t) => t.set('Canary', 'spec.service.hosts.0', 'shop.example.org') },
  { rule: 'mesh-gateway-missing', plant: (t) => t.set('Canary', 'spec.service.gateways', ['istio-ingress/public']) },
  { rule: 'wildcard-host-on-mesh', plant: (t) => t.set('Canary', 'spec.service.hosts.0', '*') },
  {
    rule: 'delegation-no-root',
    plant: (t) => {
      t.set('Canary', 'spec.service.delegation', true);
      t.set('Canary', 'spec.service.hosts', undefined);
      t.set('Canary', 'spec.service.gateways', undefined);
    },
  },
  {
    rule: 'mtls-dr-disable',
    plant: (t) => t.set('Canary', 'spec.service.trafficPolicy', { tls: { mode: 'DISABLE' } }),
  },
  {
    rule: 'ingress-bypasses-vs',
    plant: (t) => {
      t.set('Canary', 'spec.service.hosts', undefined);
      t.set('Canary', 'spec.service.gateways', ['mesh']);
      t.add({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'frontend-ingress', namespace: 'microservices-demo' },
        spec: {
          hosts: ['shop.example.com'],
          gateways: ['istio-ingress/public'],
          http: [{ route: [{ destination: { host: 'frontend', port: { number: 80 } } }] }],
        },
      });
    },
  },
  {
    rule: 'sidecar-hides-service',
    plant: (t) =>
      t.add({
        apiVersion: 'networking.istio.io/v1',
        kind: 'Sidecar',
        metadata: { name: 'default', namespace: 'flagger-system' },
        spec: { egress: [{ hosts: ['./*', 'istio-system/*'] }] },
      }),
  },
  {
    rule: 'gwapi-parent-rejected',
    plant: (t) => {
      t.set('Canary', 'spec.provider', 'gatewayapi:v1');
      t.set('Canary', 'spec.service.gateways', undefined);
      t.set('Canary', 'spec.service.gatewayRefs', [{ name: 'shop', namespace: 'istio-ingress' }]);
      t.set('Canary', 'spec.analysis.metrics', [ownErrors]);
      t.add({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'shop', namespace: 'istio-ingress' },
        spec: { gatewayClassName: 'istio', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      });
    },
  },
  // Mutual TLS and policies
  {
    rule: 'mtls-strict-flagger-outside',
    plant: (t) => t.set('HelmRelease', 'spec.values.podLabels', { 'sidecar.istio.io/inject': 'false' }),
  },
  {
    rule: 'mtls-loadtester-no-sidecar',
    plant: (t) =>
      t.set('Deployment/flagger-loadtester', 'spec.template.metadata.labels.sidecar\\.istio\\.io/inject', 'false'),
  },
  {
    rule: 'probe-mtls',
    plant: (t) =>
      t.set('Deployment', 'spec.template.metadata.annotations.sidecar\\.istio\\.io/rewriteAppHTTPProbers', 'false'),
  },
  {
    rule: 'mtls-prom-scrape',
    plant: (t) => {
      t.append('Canary', 'spec.analysis.metrics', ownErrors);
      t.add({
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PodMonitor',
        metadata: { name: 'frontend', namespace: 'microservices-demo' },
        spec: { selector: { matchLabels: { app: 'frontend' } }, podMetricsEndpoints: [{ port: 'http' }] },
      });
    },
  },
  {
    rule: 'authz-loadtester',
    plant: (t) =>
      t.set('AuthorizationPolicy', 'spec.rules.0.from.0.source.principals', [
        'cluster.local/ns/istio-ingress/sa/istio-gateway',
        'cluster.local/ns/microservices-demo/sa/loadgenerator',
      ]),
  },
  {
    rule: 'netpol-cuts-rollout',
    plant: (t) =>
      t.add({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'default-deny', namespace: 'flagger-system' },
        spec: { podSelector: {}, policyTypes: ['Egress'] },
      }),
  },
  // Flux and Helm
  { rule: 'flux-order-crds', plant: (t) => t.set('Kustomization/mesh-config', 'spec.dependsOn', undefined) },
  { rule: 'flux-force-recreate', plant: (t) => t.set('Kustomization', 'spec.force', true) },
  {
    rule: 'flux-stops-applying',
    plant: (t) => t.set('Service', 'metadata.annotations.kustomize\\.toolkit\\.fluxcd\\.io/ssa', undefined),
  },
  {
    rule: 'flux-deploy-drift',
    plant: (t) => {
      t.set('Deployment', 'spec.replicas', 2);
      t.set('Deployment', 'metadata.labels.helm\\.toolkit\\.fluxcd\\.io/name', 'frontend');
      t.set('Deployment', 'metadata.labels.helm\\.toolkit\\.fluxcd\\.io/namespace', 'microservices-demo');
      t.add(frontendRelease);
    },
  },
  {
    rule: 'helm-resets-service',
    plant: (t) => {
      t.set('Service', 'metadata.labels.helm\\.toolkit\\.fluxcd\\.io/name', 'frontend');
      t.set('Service', 'metadata.labels.helm\\.toolkit\\.fluxcd\\.io/namespace', 'microservices-demo');
      t.add(frontendRelease);
    },
  },
  {
    rule: 'provider-crd-absent',
    plant: (t) => {
      for (const name of ['istio-base', 'istio-cni', 'istiod']) {
        t.remove(`HelmRelease/${name}`);
        t.remove(`OCIRepository/${name}`);
      }
    },
  },
  // Flagger itself
  {
    rule: 'metrics-server-bad-url',
    plant: (t) => t.set('HelmRelease', 'spec.values.metricsServer', 'prometheus:9090'),
  },
  {
    rule: 'metrics-server-auth',
    plant: (t) =>
      t.set('HelmRelease', 'spec.values.metricsServer', 'https://prometheus-prod-01-eu-west-0.grafana.net/api/prom'),
  },
  { rule: 'metrics-server-default', plant: (t) => t.set('HelmRelease', 'spec.values.metricsServer', undefined) },
  { rule: 'ns-watch', plant: (t) => t.set('HelmRelease', 'spec.values.namespace', 'flagger-system') },
  { rule: 'selector-label', plant: (t) => t.set('HelmRelease', 'spec.values.selectorLabels', 'component') },
  ...workloadMutations,
  ...providerMutations,
];
