import type { KubeObject } from '../kube';
import { catalogObjects } from '../synth';
import { type Adoption, adopt } from './adopt';

const adopted = (objects: readonly object[]): Adoption =>
  adopt(
    [
      {
        objects: objects.map((object) => ({ object: object as KubeObject, origin: { file: 'all.yaml', document: 0 } })),
      },
    ],
    { synthesize: (text) => catalogObjects(text, 'services.json') },
  );
const metadata = (name: string, more: object = {}) => ({ name, namespace: 'shop', ...more });
const deployment = (name: string, pod: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: metadata(name),
  spec: { selector: { matchLabels: { name } }, template: { metadata: { labels: { name } }, spec: pod } },
});
const cart = (pod: object = {}) => deployment('cart', { containers: [{ name: 'cart', image: 'cart:1' }], ...pod });
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata('cart', { labels: { app: 'cart' } }),
  spec: { selector: { name: 'cart' }, ports: [{ name: 'http', port: 80 }] },
};
const config = (name: string, data: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata(name, { labels: { of: name } }),
  data,
});
const volume = (name: string) => ({ name: 'v', configMap: { name } });
const rbac = (kind: string, name: string, more: object) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: kind.startsWith('Cluster') ? { name } : metadata(name),
  ...more,
});
const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
const subjects = [{ kind: 'ServiceAccount', name: 'cart', namespace: 'shop' }];
const roleRef = (kind: string, name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });

test.each<[string, object[], object]>([
  [
    'settings that the pods read',
    [cart({ volumes: [volume('settings')] }), config('settings', { LOG: 'info' })],
    { configMaps: [{ name: 'settings', data: { LOG: 'info' }, labels: { of: 'settings' } }] },
  ],
  [
    'storage',
    [
      cart({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }),
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: metadata('data'),
        spec: { accessModes: ['ReadWriteMany'], storageClassName: '', resources: { requests: { storage: '1Gi' } } },
      },
    ],
    { claims: [{ name: 'data', storage: '1Gi', accessModes: ['ReadWriteMany'], storageClassName: '' }] },
  ],
  [
    'a role and its binding, and one that exists',
    [
      cart({ serviceAccountName: 'cart' }),
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('cart') },
      rbac('Role', 'cart', { rules }),
      rbac('RoleBinding', 'cart', { subjects, roleRef: roleRef('Role', 'cart') }),
      rbac('ClusterRoleBinding', 'cart-view', { subjects, roleRef: roleRef('ClusterRole', 'view') }),
    ],
    { access: [{ rules }, { name: 'cart-view', isClusterWide: true, clusterRole: 'view' }] },
  ],
  [
    'an Ingress and a monitor of one service',
    [
      cart(),
      service,
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: metadata('web', { annotations: { a: 'b' } }),
        spec: { defaultBackend: { service: { name: 'cart', port: { number: 80 } } } },
      },
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'ServiceMonitor',
        metadata: metadata('cart'),
        spec: { jobLabel: 'app', selector: { matchLabels: { app: 'cart' } }, endpoints: [{ port: 'http' }] },
      },
    ],
    {
      ingresses: [
        {
          name: 'web',
          annotations: { a: 'b' },
          spec: { defaultBackend: { service: { name: 'cart', port: { number: 80 } } } },
        },
      ],
      monitors: [
        {
          name: 'cart',
          kind: 'ServiceMonitor',
          endpoints: [{ port: 'http' }],
          spec: { jobLabel: 'app', selector: { matchLabels: { app: 'cart' } } },
        },
      ],
    },
  ],
])('%s: a list of the service says it', (_, objects, expected) => {
  const { catalog, lost, raw } = adopted(objects);
  expect(lost).toEqual([]);
  expect(raw).toEqual([]);
  expect(catalog.patches).toBeUndefined();
  expect((catalog.services as object[])[0]).toMatchObject(expected);
});

test.each<[string, object[], string[]]>([
  [
    'a file of many lines',
    [cart({ volumes: [volume('nginx')] }), config('nginx', { 'nginx.conf': 'a\nb' })],
    ['ConfigMap'],
  ],
  ['settings that nobody reads', [cart(), config('settings', { LOG: 'info' })], ['ConfigMap']],
  [
    'storage with a field that claims do not have',
    [
      cart({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }),
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: metadata('data'),
        spec: {
          accessModes: ['ReadWriteOnce'],
          dataSource: { kind: 'VolumeSnapshot', name: 's' },
          resources: { requests: { storage: '1Gi' } },
        },
      },
    ],
    ['PersistentVolumeClaim'],
  ],
])('%s: stays as it is, and nothing is lost', (_, objects, kinds) => {
  const { catalog, lost, raw } = adopted(objects);
  expect(lost).toEqual([]);
  expect(catalog.patches).toBeUndefined();
  expect(raw.map(({ object }) => object.kind)).toEqual(kinds);
  expect(catalog.services).toHaveLength(1);
});

test('settings of several services: the one that the others wait for makes them', () => {
  const front = deployment('front', {
    containers: [{ name: 'front', image: 'front:1', args: ['http://cart:80/x'] }],
    volumes: [volume('settings')],
  });
  const { catalog, lost } = adopted([
    front,
    cart({ volumes: [volume('settings')] }),
    service,
    config('settings', { LOG: 'info' }),
  ]);
  expect(lost).toEqual([]);
  expect((catalog.services as any[]).map(({ name, configMaps }) => [name, configMaps?.length])).toEqual([
    ['front', undefined],
    ['cart', 1],
  ]);
});
