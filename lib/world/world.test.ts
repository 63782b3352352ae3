import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../kube';
import { buildWorld, describeEntry, type WorldFacts } from '.';

function world(text: string, facts: WorldFacts = {}) {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  return buildWorld(
    objects.map((object, index) => ({ object, place: { file: `${index}.yaml` } })),
    facts,
  );
}

const frontend = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: frontend, namespace: shop}
spec:
  selector: {matchLabels: {app: frontend}}
  template:
    metadata: {labels: {app: frontend, team: web}}
    spec:
      containers:
        - name: server
          image: web:1
          ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]
          envFrom: [{configMapRef: {name: settings}}]
          env: [{name: CART_ADDR, value: 'cart:7070'}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {CATALOG_URL: 'http://catalog.shop.svc.cluster.local/api'}
---
apiVersion: v1
kind: Service
metadata: {name: frontend, namespace: shop}
spec: {selector: {app: frontend}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 7070, name: grpc}]}
---
apiVersion: v1
kind: Service
metadata: {name: catalog, namespace: shop}
spec: {selector: {app: catalog}, ports: [{port: 80}]}
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: frontend, namespace: shop}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: frontend}
  service: {port: 80, targetPort: http, portDiscovery: true, gateways: [istio-system/public], hosts: [shop.example.com]}
  analysis:
    interval: 5s
    threshold: 0
    stepWeights: [5, 20, 60]
    metrics:
      - {name: request-success-rate, interval: 1m, thresholdRange: {min: 99}}
      - {name: errors, templateRef: {name: errors}}
    webhooks:
      - name: load
        url: http://loadtester.test/
        timeout: 5s
        metadata: {cmd: 'hey -z 2m -q 10 -c 2 -H "x-user: test" http://frontend-canary.shop:80/'}
`;

test('holds what Flagger makes of a Canary, in place of what it takes over', () => {
  const all = world(frontend);
  const canary = all.canary('shop', 'frontend');
  const made = ['Deployment', 'Service', 'ConfigMap', 'VirtualService', 'DestinationRule']
    .flatMap((kind) => all.ofKind(kind))
    .filter((entry) => entry.madeBy)
    .map((entry) => `${describeEntry(entry)}${entry.replaces ? ' (taken over)' : ''}`)
    .sort();
  expect(made).toEqual([
    'ConfigMap shop/settings-primary',
    'Deployment shop/frontend-primary',
    'DestinationRule shop/frontend-canary',
    'DestinationRule shop/frontend-primary',
    'Service shop/frontend (taken over)',
    'Service shop/frontend-canary',
    'Service shop/frontend-primary',
    'VirtualService shop/frontend',
  ]);
  const apex = all.service('shop', 'frontend');
  expect(apex?.selector).toEqual({ app: 'frontend-primary' });
  expect(apex?.ports.map(({ name, port, targetPort, protocol }) => ({ name, port, targetPort, protocol }))).toEqual([
    { name: 'http', port: 80, targetPort: 'http', protocol: 'http' },
    { name: 'metrics', port: 9090, targetPort: 9090, protocol: 'auto' },
  ]);
  expect(apex?.workloads.map(({ name }) => name)).toEqual(['frontend-primary']);
  expect(canary?.primary?.podLabels).toEqual({ app: 'frontend-primary', team: 'web' });
  expect(canary?.primary?.configReferences.map(({ name }) => name)).toEqual(['settings-primary']);
  expect(canary?.target && all.canaryOfTarget(canary.target.entry)).toBe(canary);
  expect(all.ofKind('VirtualService')[0]?.object.spec).toMatchObject({
    hosts: ['shop.example.com', 'frontend'],
    gateways: ['istio-system/public'],
  });
});

test('reads an analysis as Flagger does: clamps, defaults, intervals', () => {
  const canary = world(frontend).canary('shop', 'frontend');
  expect(canary?.analysis).toMatchObject({
    strategy: 'canary',
    intervalSeconds: 10,
    threshold: 1,
    maxWeight: 60,
    weightsPercent: [5, 20, 60],
  });
  expect(canary?.metrics.map(({ kind, interval, intervalSeconds }) => ({ kind, interval, intervalSeconds }))).toEqual([
    { kind: 'builtin', interval: '1m', intervalSeconds: 60 },
    { kind: 'template', interval: '', intervalSeconds: undefined },
  ]);
  expect(canary?.provider).toMatchObject({ value: 'istio', certainty: 'known' });
});

test('knows who calls whom: environment, configuration, routes and load tests', () => {
  const all = world(frontend);
  expect(all.edges().map(({ to, port, via }) => `${via} ${to.namespace}/${to.name}:${port}`)).toEqual([
    'workload shop/cart:7070',
    'workload shop/catalog:80',
    // By the gateway of the VirtualService that Flagger makes.
    'route shop/frontend:undefined',
    'load-test shop/frontend-canary:80',
  ]);
  const [load] = all.canary('shop', 'frontend')?.loadTests ?? [];
  expect(load).toMatchObject({
    hits: 'canary',
    test: { tool: 'hey', requestsPerSecond: 20, durationSeconds: 120, headers: { 'x-user': 'test' } },
  });
});

test('takes the name and tag of an image for no address', () => {
  const env = [
    { name: 'IMAGE', value: 'registry.example/cart:5' },
    { name: 'CART_IMAGE', value: 'cart:5' },
    { name: 'SOURCE', value: 'team/cart:5' },
  ];
  const pods = {
    containers: [{ name: 'server', image: 'web:1', env, args: ['--image=cart:5', '--from=team/cart:5'] }],
  };
  const all = world(frontend.replace(/spec:\n {6}containers:[\s\S]*?---/, `spec: ${JSON.stringify(pods)}\n---`));
  expect(all.edges().filter(({ via }) => via === 'workload')).toEqual([]);
});

test('says how a fact is known', () => {
  expect(world('').scrapeInterval).toMatchObject({ value: 15, certainty: 'assumed' });
  expect(world('', { scrapeInterval: '30s' }).scrapeInterval).toMatchObject({ value: 30, certainty: 'stated' });
  const release = `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: monitoring, namespace: monitoring}
spec:
  chart: {spec: {chart: kube-prometheus-stack}}
  values: {prometheus: {prometheusSpec: {scrapeInterval: 1m}}}
`;
  expect(world(release).scrapeInterval).toMatchObject({ value: 60, certainty: 'known' });
});

test.each([
  ['no Namespace among the manifests', '', 'unknown'],
  [
    'a label',
    '\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}',
    'yes',
  ],
  ['no label', '\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}', 'no'],
])('knows whether pods get a sidecar: %s', (_, more, sidecar) => {
  expect(world(frontend + more).canary('shop', 'frontend')?.target?.injection.sidecar).toBe(sidecar);
});
