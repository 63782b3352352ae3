import type { KubeObject } from '../kube';
import { catalogObjects } from '../synth';
import { type Adoption, adopt } from './adopt';
import { adoptionReport } from './report';

const adopted = (objects: readonly object[], appliers?: readonly string[]): Adoption =>
  adopt(
    [{ objects: objects.map((object) => ({ object: object as KubeObject, origin: { file: 'a', document: 0 } })) }],
    {
      synthesize: (text) => catalogObjects(text, 'services.json'),
      ...(appliers && { appliers: new Set(appliers) }),
    },
  );
const service = ({ catalog }: Adoption, name = 'web'): any =>
  (catalog.services as any[]).find((one) => one.name === name);
const namesOf = (objects: readonly { object: KubeObject }[]) =>
  objects.map(({ object }) => `${object.kind} ${object.metadata.name}`);

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'registry.example.com/web:1', ports: [{ containerPort: 8080 }] }] },
    },
  },
};
const canary = (spec: object = {}, name = 'web') => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name, namespace: 'shop' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    service: { port: 80, targetPort: 8080, hosts: ['shop.example.com'], gateways: ['istio-system/public'] },
    analysis: {
      interval: '1m',
      threshold: 5,
      maxWeight: 50,
      stepWeight: 10,
      metrics: [
        { name: 'errors', interval: '1m', thresholdRange: { max: 1 }, templateRef: { name: 'errors' } },
        { name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } },
      ],
      webhooks: [
        { name: 'load-test', type: 'rollout', url: 'http://tester.shop/', metadata: { cmd: 'hey http://web-canary/' } },
      ],
    },
    ...spec,
  },
});
const template = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'MetricTemplate',
  metadata: { name: 'errors', namespace: 'shop' },
  spec: { provider: { type: 'prometheus', address: 'http://prometheus:9090' }, query: 'sum(rate(x[1m]))' },
};

test('a Canary becomes the canary of its service, with an overlay for what no field says', () => {
  const result = adopted([deployment, canary(), template]);
  expect(result.lost).toEqual([]);
  expect(result.catalog.patches).toBeUndefined();
  expect(namesOf(result.raw)).toEqual(['MetricTemplate errors']);
  expect(result.catalog.platform).toMatchObject({ mesh: 'istio-sidecar' });
  const { replicas, ports, canary: said } = service(result);
  expect(replicas).toBeUndefined();
  expect(ports).toEqual([{ name: 'http', port: 80, targetPort: 8080, protocol: 'http', appProtocol: false }]);
  expect(said).toEqual({
    interval: '1m',
    threshold: 5,
    stepWeight: 10,
    maxWeight: 50,
    revertOnDeletion: false,
    webhooks: [
      { name: 'load-test', type: 'rollout', url: 'http://tester.shop/', metadata: { cmd: 'hey http://web-canary/' } },
    ],
    spec: {
      service: { hosts: ['shop.example.com'], gateways: ['istio-system/public'] },
      analysis: { metrics: canary().spec.analysis.metrics },
    },
  });
});

test('checks of Flagger itself, of one window, have fields; with an autoscaler its bounds for the primary', () => {
  const { analysis } = canary().spec;
  const hpa = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  };
  const result = adopted([
    deployment,
    hpa,
    canary({
      autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'web' },
      analysis: {
        ...analysis,
        metrics: [
          { name: 'request-success-rate', interval: '2m', thresholdRange: { min: 98 } },
          { name: 'request-duration', interval: '2m', thresholdRange: { max: 700 } },
        ],
      },
    }),
  ]);
  expect([result.lost, result.raw, result.catalog.patches]).toEqual([[], [], undefined]);
  expect(service(result).autoscaling).toMatchObject({ minReplicas: 2, maxReplicas: 4 });
  expect(service(result).canary.spec.autoscalerRef).toBeUndefined();
});

test.each<[string, object, string]>([
  ['one of another name than its workload', canary({}, 'web-canary'), 'the catalog has no field for a Canary'],
  [
    'one that Flagger cannot carry out',
    canary({ analysis: { interval: '1m', threshold: 5, stepWeight: 10, maxWeight: 50, iterations: 5 } }),
    'a canary has one of iterations, stepWeight, stepWeights, not iterations and stepWeight',
  ],
  [
    'one whose Services have another name',
    canary({ service: { name: 'api', port: 80 } }),
    'the catalog has no field for a Canary',
  ],
])('%s: it stays as it is, its service does not', (_, object, reason) => {
  const result = adopted([deployment, object]);
  expect(result.lost).toEqual([]);
  expect(service(result)).toBeDefined();
  const raw = result.raw.filter(({ object: one }) => one.kind === 'Canary');
  expect(raw.map((one) => one.reason)).toEqual([reason]);
});

test('what Flux and the platform have of their own is replaced, and the report says what it said', () => {
  const flux = (kind: string, name: string, group: string, spec: object) => ({
    apiVersion: `${group}.toolkit.fluxcd.io/v1`,
    kind,
    metadata: { name, namespace: 'flux-system' },
    spec,
  });
  const result = adopted(
    [
      deployment,
      canary(),
      template,
      flux('GitRepository', 'flux-system', 'source', {
        url: 'https://gitlab.example.com/a/fleet.git',
        ref: { branch: 'prod' },
        interval: '1m',
      }),
      flux('Kustomization', 'flux-system', 'kustomize', { path: './clusters/prod', interval: '10m', prune: true }),
      flux('Kustomization', 'apps', 'kustomize', { path: './apps', interval: '10m', prune: true }),
      flux('Kustomization', 'remote', 'kustomize', {
        path: './x',
        interval: '10m',
        prune: true,
        dependsOn: [{ name: 'apps' }],
      }),
      flux('HelmRelease', 'flagger', 'helm', { interval: '1h', chart: { spec: { chart: 'flagger', version: '1.x' } } }),
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: {
          name: 'source-controller',
          namespace: 'flux-system',
          labels: { 'app.kubernetes.io/part-of': 'flux' },
        },
        spec: deployment.spec,
      },
    ],
    ['flux-system/apps', 'flux-system/flux-system'],
  );
  expect(result.catalog.platform).toMatchObject({
    gitops: { url: 'https://gitlab.example.com/a/fleet.git', branch: 'prod' },
  });
  expect(namesOf(result.raw)).toEqual(['MetricTemplate errors', 'Kustomization remote']);
  const report = adoptionReport(result);
  expect(report.lost).toEqual([]);
  expect(report.platform.map(({ object, reason }) => `${object}: ${reason}`)).toEqual([
    'GitRepository flux-system/flux-system: the tree makes one of this name itself',
    'Kustomization flux-system/flux-system: what it applies is adopted, and the tree has Kustomizations of its own',
    'Kustomization flux-system/apps: what it applies is adopted, and the tree has Kustomizations of its own',
    'HelmRelease flux-system/flagger: the platform installs Flagger',
  ]);
  expect(report.platform.at(-1)?.left).toEqual(['spec.interval', 'spec.chart.spec.chart', 'spec.chart.spec.version']);
  expect(report.decide).toContain(
    'Take Kustomization flux-system/apps out of dependsOn of Kustomization flux-system/remote below manifests/: it is gone, and Flux would wait for it for ever.',
  );
  expect(report.leftOut).toEqual([
    { reason: 'a part of Flux itself, which "flux install" keeps and no tree does', count: 1 },
  ]);
});
