import type { KubeObject } from '../kube';
import { catalogObjects } from '../synth';
import { type Adoption, adopt } from './adopt';
import { formatAdoption } from './format-report';
import { adoptionReport } from './report';

function adopted(objects: readonly object[], options: { cluster?: string } = {}): Adoption {
  return adopt(
    [
      {
        objects: objects.map((object) => ({ object: object as KubeObject, origin: { file: 'all.yaml', document: 0 } })),
      },
    ],
    {
      synthesize: (text) => catalogObjects(text, 'services.json'),
      ...options,
    },
  );
}
const services = ({ catalog }: Adoption): any[] => catalog.services as any[];

const deployment = (name: string, pod: object, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', labels: { name } },
  spec: {
    selector: { matchLabels: { name } },
    template: { metadata: { labels: { name } }, spec: pod },
    ...more,
  },
});
const service = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { name }, ...spec },
});
const cart = (container: object = {}) =>
  deployment('cart', { containers: [{ name: 'cart', image: 'registry.example.com/cart:1.2', ...container }] });

test('a Deployment and its Service become one service; nothing is lost and nothing needs a patch', () => {
  const result = adopted([
    cart({ ports: [{ name: 'web', containerPort: 8080 }], readinessProbe: { httpGet: { path: '/ok', port: 'web' } } }),
    service('cart', { ports: [{ name: 'http', port: 80, targetPort: 'web' }] }),
  ]);
  expect(result.lost).toEqual([]);
  expect(result.catalog.patches).toBeUndefined();
  expect(services(result)).toEqual([
    {
      name: 'cart',
      image: 'registry.example.com/cart:1.2',
      ports: [
        { name: 'http', port: 80, targetPort: 8080, targetPortName: 'web', protocol: 'http', appProtocol: false },
      ],
      probes: { readiness: { http: { path: '/ok', port: 'web' } } },
      serviceAccount: { create: false, automountToken: 'account' },
      container: { name: 'cart', securityContext: false },
      pod: { securityContext: false },
      selector: { name: 'cart' },
      metadata: { Deployment: { labels: { name: 'cart' } } },
    },
  ]);
});

test('addresses become references where the text stays the same, and calls where it would not', () => {
  const result = adopted([
    deployment('web', {
      containers: [
        {
          name: 'web',
          image: 'web:1',
          env: [
            { name: 'CART', value: 'cart:7070' },
            { name: 'CART_URL', value: 'http://cart:7070' },
            { name: 'OLD', value: 'http://cart.shop.svc.cluster.local:7070/v1' },
            { name: 'DB', value: 'postgres://user@db:5432/x' },
            { name: 'MODE', value: 'cart' },
          ],
        },
      ],
    }),
    cart(),
    service('cart', { ports: [{ port: 7070, appProtocol: 'grpc' }] }),
    deployment('db', { containers: [{ name: 'db', image: 'postgres:18' }] }),
    service('db', { ports: [{ port: 5432 }] }),
  ]);
  const [web] = services(result);
  expect(web.env).toMatchObject({
    CART: { service: 'cart' },
    CART_URL: { service: 'cart', format: 'url' },
    OLD: 'http://cart.shop.svc.cluster.local:7070/v1',
    DB: 'postgres://user@db:5432/x',
    MODE: 'cart',
  });
  expect(web.calls).toEqual(['db']);
  expect(result.lost).toEqual([]);
});

test('a literal secret becomes a reference, and the report says which Secret to make', () => {
  const result = adopted([cart({ env: [{ name: 'DB_PASSWORD', value: 'hunter2hunter2' }] })]);
  expect(services(result)[0].env).toEqual({ DB_PASSWORD: { secret: { name: 'cart-secrets', key: 'DB_PASSWORD' } } });
  expect(result.secrets).toEqual([{ service: 'cart', name: 'cart-secrets', keys: ['DB_PASSWORD'] }]);
  const report = formatAdoption(adoptionReport(result));
  expect(report).toContain('Make the Secret "cart-secrets" with "DB_PASSWORD"');
  expect(report).not.toContain('hunter2');
});

test('what the catalog cannot say becomes a patch, and the object is as it was', () => {
  const result = adopted([{ ...cart(), spec: { ...(cart() as any).spec, paused: true } }]);
  expect(result.catalog.patches).toEqual([
    {
      target: { kind: 'Deployment', name: 'cart' },
      reason: 'as it was before: spec.paused',
      operations: [{ op: 'add', path: '/spec/paused', value: true }],
    },
  ]);
  expect(result.lost).toEqual([]);
});

test('objects without a field go through as they are, with the reason', () => {
  const result = adopted([
    cart(),
    { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'shop' } },
  ]);
  expect(result.raw.map(({ path, reason }) => [path, reason])).toEqual([
    ['first/shop-widget-w.yaml', 'the catalog has no field for a Widget'],
  ]);
});

test('of a dump, what the cluster made is left out, and what it filled in is not taken for somebody’s wish', () => {
  const live = (object: any, more: object = {}) => ({
    ...object,
    ...more,
    metadata: {
      ...object.metadata,
      uid: '1',
      resourceVersion: '2',
      managedFields: [{}],
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        'deployment.kubernetes.io/revision': '3',
      },
    },
  });
  const result = adopted([
    live(cart(), { status: { replicas: 1 } }),
    live(
      service('cart', { ports: [{ port: 80 }], clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] }),
    ),
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: 'cart-1',
        namespace: 'shop',
        ownerReferences: [{ kind: 'Deployment', name: 'cart', controller: true }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'sh.helm.release.v1.cart.v1', namespace: 'shop' },
      type: 'helm.sh/release.v1',
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace: 'shop' }, data: {} },
  ]);
  expect(result.leftOut.map(({ reason }) => reason)).toEqual([
    'made by Deployment cart',
    "Helm's record of a release",
    'put into every namespace by a controller',
  ]);
  expect(services(result)[0]).not.toHaveProperty('service');
  expect(result.lost).toEqual([]);
});

test('a number of pods beside an autoscaler is left to the autoscaler', () => {
  const result = adopted([
    { ...cart(), spec: { ...(cart() as any).spec, replicas: 3 } },
    {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'cart', namespace: 'shop' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' },
        minReplicas: 2,
        maxReplicas: 5,
        targetCPUUtilizationPercentage: 60,
      },
    },
  ]);
  expect(services(result)[0]).toMatchObject({
    autoscaling: { minReplicas: 2, maxReplicas: 5, cpuUtilizationPercent: 60 },
  });
  expect(services(result)[0].replicas).toBeUndefined();
  expect([result.lost, result.catalog.patches]).toEqual([[], undefined]);
});

test('a statefulset with its storage, a cronjob, a sidecar and an init container are typed', () => {
  const result = adopted([
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'shop' },
      spec: {
        serviceName: 'db',
        replicas: 3,
        selector: { matchLabels: { app: 'db' } },
        template: {
          metadata: { labels: { app: 'db' } },
          spec: {
            initContainers: [{ name: 'init', image: 'busybox:1', volumeMounts: [{ name: 'data', mountPath: '/d' }] }],
            containers: [
              { name: 'db', image: 'postgres:18', volumeMounts: [{ name: 'data', mountPath: '/var/lib' }] },
              { name: 'exporter', image: 'exporter:1', ports: [{ name: 'metrics', containerPort: 9187 }] },
            ],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '8Gi' } } },
          },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'db', namespace: 'shop' },
      spec: { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 5432 }] },
    },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'backup', namespace: 'shop' },
      spec: {
        schedule: '0 3 * * *',
        jobTemplate: {
          spec: {
            backoffLimit: 1,
            template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'backup', image: 'backup:2' }] } },
          },
        },
      },
    },
  ]);
  expect(result.raw).toEqual([]);
  expect(result.catalog.patches).toBeUndefined();
  expect(result.lost).toEqual([]);
  expect(services(result).map(({ name, kind }) => `${name} ${kind}`)).toEqual(['db statefulset', 'backup cronjob']);
});

test('a claim is that of the container that serves, in several places; a volume of its name stays as it is', () => {
  const result = adopted([
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'shop' },
      spec: {
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        template: {
          metadata: { labels: { app: 'db' } },
          spec: {
            containers: [
              { name: 'exporter', image: 'exporter:1' },
              {
                name: 'db',
                image: 'postgres:18',
                volumeMounts: [
                  { name: 'data', mountPath: '/var/lib' },
                  { name: 'data', mountPath: '/logs', subPathExpr: '$(HOSTNAME)' },
                ],
              },
            ],
            volumes: [{ name: 'data', emptyDir: {} }],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data', namespace: 'shop' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '8Gi' } },
              selector: { matchLabels: { disk: 'fast' } },
            },
          },
        ],
      },
    },
  ]);
  expect([result.raw, result.catalog.patches, result.lost]).toEqual([[], undefined, []]);
  expect(services(result)[0].statefulSet.volumeClaimTemplates).toEqual([
    {
      name: 'data',
      storage: '8Gi',
      selector: { matchLabels: { disk: 'fast' } },
      namespace: 'shop',
      mountPath: '/var/lib',
      mounts: [{ mountPath: '/logs', subPathExpr: '$(HOSTNAME)' }],
    },
  ]);
});

test('two clusters: what they share is said once, the rest by cluster', () => {
  const written = (objects: readonly object[]) =>
    objects.map((object) => ({ object: object as KubeObject, origin: { file: 'f', document: 0 } }));
  const of = (replicas: number) => ({ ...cart(), spec: { ...(cart() as any).spec, replicas } });
  const result = adopt(
    [
      { cluster: 'staging', objects: written([of(1)]) },
      {
        cluster: 'production',
        objects: written([of(3), deployment('only', { containers: [{ name: 'only', image: 'only:1' }] })]),
      },
    ],
    { synthesize: (text) => catalogObjects(text, 'services.json') },
  );
  expect(result.lost).toEqual([]);
  expect(services(result).map(({ name, replicas, clusters }) => [name, replicas, clusters])).toEqual([
    ['cart', undefined, undefined],
    ['only', undefined, ['production']],
  ]);
  expect((result.catalog.clusters as any[]).map(({ name, services: own }) => [name, own])).toEqual([
    ['staging', { cart: { replicas: 1 } }],
    ['production', { cart: { replicas: 3 } }],
  ]);
});

test('what templates of charts leave empty says nothing', () => {
  const result = adopted([
    deployment('cart', {
      affinity: { podAffinity: null, nodeAffinity: {} },
      nodeSelector: {},
      priorityClassName: '',
      containers: [{ name: 'cart', image: 'cart:1', env: [{ name: 'EMPTY', value: null }], resources: {} }],
    }),
    service('cart', { externalTrafficPolicy: '', ports: [{ name: '8080', port: 8080, nodePort: null }] }),
  ]);
  expect(result.lost).toEqual([]);
  expect(result.catalog.patches).toBeUndefined();
  expect(services(result)[0]).not.toHaveProperty('affinity');
  expect(services(result)[0]).toMatchObject({ env: { EMPTY: '' }, ports: [{ name: '8080', port: 8080 }] });
});

const account = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'shop' },
  ...more,
});
const caller = (name: string, callee: string) =>
  deployment(name, {
    serviceAccountName: 'shared',
    containers: [{ name, image: `${name}:1`, args: [`http://${callee}:80/x`] }],
  });

test('of several users of an account the one that waits for none of the others makes it', () => {
  const result = adopted([
    caller('front', 'back'),
    caller('back', 'nobody'),
    service('back', { ports: [{ name: 'http', port: 80 }] }),
    account('shared', { automountServiceAccountToken: false, secrets: [{ name: 'vault' }] }),
  ]);
  expect(result.raw).toEqual([]);
  expect(result.lost).toEqual([]);
  expect(services(result).map(({ name, serviceAccount }) => [name, serviceAccount])).toEqual([
    ['front', { create: false, name: 'shared', automountToken: 'account' }],
    ['back', { name: 'shared', automountToken: 'account', automountByDefault: false, secrets: ['vault'] }],
  ]);
});

test('an account whose users all wait for each other stays as it is', () => {
  const result = adopted([
    caller('front', 'back'),
    caller('back', 'front'),
    service('back', { ports: [{ name: 'http', port: 80 }] }),
    service('front', { ports: [{ name: 'http', port: 80 }] }),
    account('shared'),
  ]);
  expect(result.raw.map(({ object, reason }) => `${object.kind}: ${reason}`)).toEqual([
    'ServiceAccount: an account that no service uses, or whose users wait for each other',
  ]);
  expect(services(result)).toHaveLength(2);
});

test('a budget says its own selector, and a mount path without "/" is warned of', () => {
  const result = adopted([
    deployment('cart', {
      containers: [{ name: 'cart', image: 'cart:1', volumeMounts: [{ name: 'conf', mountPath: 'config.json' }] }],
      volumes: [{ name: 'conf', configMap: { name: 'conf' } }],
    }),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'cart', namespace: 'shop' },
      spec: { minAvailable: 1, selector: { matchExpressions: [{ key: 'name', operator: 'In', values: ['cart'] }] } },
    },
  ]);
  expect(result.lost).toEqual([]);
  expect(result.catalog.patches).toBeUndefined();
  expect(result.findings.map(({ code, severity }) => `${severity} ${code}`)).toContain('warning mount-path');
});

const namespace = (name: string, labels: object) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

test('a Namespace of services is said by the platform, with its labels; another one stays as it is', () => {
  const result = adopted([
    cart(),
    namespace('shop', { team: 'a', 'pod-security.kubernetes.io/enforce': 'baseline' }),
    namespace('empty', {}),
  ]);
  expect(result.lost).toEqual([]);
  expect(result.catalog.platform).toMatchObject({
    podSecurity: 'baseline',
    namespaces: { shop: { labels: { team: 'a' } } },
  });
  expect(result.raw.map(({ object }) => object.metadata.name)).toEqual(['empty']);
});

const inNamespace = (object: any, name: string) => ({ ...object, metadata: { ...object.metadata, namespace: name } });

test('workloads in monitoring: theirs is the Prometheus, and the platform installs none', () => {
  const result = adopted([
    inNamespace(cart(), 'monitoring'),
    inNamespace(service('prometheus-k8s', { ports: [{ name: 'web', port: 9090 }] }), 'monitoring'),
  ]);
  expect(result.lost).toEqual([]);
  expect(result.catalog.platform).toMatchObject({
    namespace: 'monitoring',
    prometheus: { install: false, address: 'http://prometheus-k8s.monitoring:9090' },
  });
  expect(adoptionReport(result).decide.join('\n')).toContain('The manifests bring Prometheus, so none is installed.');
});

test('Istio among the objects: none is installed', () => {
  const result = adopted([
    inNamespace(deployment('istiod', { containers: [{ name: 'discovery', image: 'pilot:1' }] }), 'istio-system'),
    namespace('shop', { 'istio-injection': 'enabled' }),
    cart(),
  ]);
  expect(result.lost).toEqual([]);
  expect(result.catalog.platform).toMatchObject({
    mesh: 'kubernetes',
    namespaces: { shop: { labels: { 'istio-injection': 'enabled' } } },
  });
  expect(services(result)).toHaveLength(2);
});

test('workloads of one name in two namespaces are two services, and each calls its own', () => {
  const back = service('back', { ports: [{ name: 'http', port: 80 }] });
  const front = deployment('front', {
    containers: [{ name: 'front', image: 'front:1', env: [{ name: 'BACK', value: 'back:80' }] }],
  });
  const other = deployment('spy', {
    containers: [{ name: 'spy', image: 'spy:1', env: [{ name: 'BACK', value: 'http://back.test:80' }] }],
  });
  const all = [deployment('back', { containers: [{ name: 'back', image: 'back:1' }] }), back, front];
  const result = adopted([...all, ...all.map((object) => inNamespace(object, 'test')), other]);
  expect(result.lost).toEqual([]);
  expect(result.raw).toEqual([]);
  expect(
    services(result).map(({ name, workloadName, namespace: space, env }) => [name, workloadName, space, env]),
  ).toEqual([
    ['back', undefined, undefined, undefined],
    ['front', undefined, undefined, { BACK: { service: 'back' } }],
    ['back-test', 'back', 'test', undefined],
    ['front-test', 'front', 'test', { BACK: { service: 'back-test' } }],
    ['spy', undefined, undefined, { BACK: { service: 'back-test', format: 'url' } }],
  ]);
});

test('a workload of kube-system becomes a service there; the platform makes no such Namespace', () => {
  const result = adopted([inNamespace(cart(), 'kube-system')]);
  expect(result.lost).toEqual([]);
  expect(services(result)[0]).toMatchObject({ name: 'cart', namespace: 'kube-system' });
  expect(result.catalog.platform).toMatchObject({ namespace: 'apps' });
});

test('versions that are gone, names that no Service may have, and hooks of a release that leaves', () => {
  const result = adopted([
    {
      apiVersion: 'extensions/v1beta1',
      kind: 'Deployment',
      metadata: { name: 'old', namespace: 'shop' },
      spec: { template: { metadata: { labels: { run: 'old' } }, spec: { containers: [{ name: 'c', image: 'c:1' }] } } },
    },
    deployment('3.scale', { containers: [{ name: 'c', image: 'c:1' }] }),
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'bye', namespace: 'shop', annotations: { 'helm.sh/hook': 'pre-delete' } },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c:1' }] } } },
    },
  ]);
  expect(result.lost).toEqual([]);
  expect(result.raw).toEqual([]);
  expect(services(result).map(({ name, workloadName, selector }) => [name, workloadName, selector])).toEqual([
    ['old', undefined, { run: 'old' }],
    ['s3-scale', '3.scale', { name: '3.scale' }],
  ]);
  expect(result.leftOut.map(({ reason }) => reason)).toEqual([
    'a hook that Helm runs at pre-delete; Flux would run it at once',
  ]);
});

test('a secret among the words of a command becomes a variable from a Secret', () => {
  const result = adopted([
    cart({
      args: ['--user', 'cart', '--password=h7unter2-correct', '--url=$(URL)'],
      env: [{ name: 'URL', value: 'x' }],
    }),
  ]);
  expect(result.lost).toEqual([]);
  expect(result.catalog.patches).toBeUndefined();
  expect(services(result)[0]).toMatchObject({
    args: ['--user', 'cart', '$(SECRET_ARGS_2)', '--url=$(URL)'],
    env: { URL: 'x', SECRET_ARGS_2: { secret: { name: 'cart-secrets', key: 'SECRET_ARGS_2' } } },
  });
  expect(adoptionReport(result).decide[0]).toBe(
    'Make the Secret "cart-secrets" with "SECRET_ARGS_2": the values stood in the manifests of "cart". Encrypt it with SOPS or take it from a store, and change values that were in Git.',
  );
});

test('of a live object, what the API server wrote where nobody did is not in the catalog', () => {
  const probe = { httpGet: { path: '/', port: 80, scheme: 'HTTP' }, periodSeconds: 10, failureThreshold: 5 };
  const written = deployment(
    'cart',
    {
      containers: [
        { name: 'cart', image: 'cart:1', terminationMessagePath: '/dev/termination-log', readinessProbe: probe },
      ],
      dnsPolicy: 'ClusterFirst',
      terminationGracePeriodSeconds: 30,
    },
    { revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
  );
  const live = { ...written, metadata: { ...written.metadata, uid: '1' } };
  const [own] = services(adopted([live]));
  expect(own).not.toHaveProperty('revisionHistoryLimit');
  expect(own).not.toHaveProperty('terminationGracePeriodSeconds');
  expect(own.container).toEqual({ name: 'cart', securityContext: false });
  expect(own.probes).toEqual({ readiness: { http: { path: '/', port: 80 }, failureThreshold: 5 } });
  expect(adopted([live]).lost).toEqual([]);
  // Of a manifest it is somebody's wish.
  expect(services(adopted([written]))[0]).toMatchObject({ revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
});
