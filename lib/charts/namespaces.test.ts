import { App } from 'cdk8s';
import { type Catalog, loadCatalog } from '../catalog';
import { sound } from '../catalog/load.fixture';
import { ManifestFile } from '../constructs';
import { at, fieldsAt, type KubeObject, listAt } from '../kube';
import { planUnits } from './plan';

function objects(change: (catalog: any) => void): KubeObject[] {
  const catalog = sound();
  catalog.clusters.pop();
  change(catalog);
  const loaded = loadCatalog(JSON.stringify(catalog), 'services.json');
  expect(loaded.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return planUnits(loaded.catalog as Catalog).flatMap((unit) => {
    const app = new App();
    unit.build(app);
    return app.node
      .findAll()
      .filter((node): node is ManifestFile => node instanceof ManifestFile)
      .flatMap((file) => file.toJson() as KubeObject[]);
  });
}
const find = (all: readonly KubeObject[], kind: string, name: string) =>
  all.find((one) => one.kind === kind && one.metadata?.name === name);
const env = (object: KubeObject | undefined) =>
  listAt(listAt(object, 'spec', 'template', 'spec', 'containers')[0], 'env');

test('a service in a namespace of its own', () => {
  const all = objects((catalog) => {
    catalog.services[0].calls = ['cart'];
    Object.assign(catalog.services[1], { namespace: 'payments', env: { WEB: { service: 'web', format: 'url' } } });
    catalog.services.push({ name: 'ads', namespace: 'payments', env: { CART: { service: 'cart' } } });
  });
  for (const kind of ['Deployment', 'Service', 'ServiceAccount'])
    expect(find(all, kind, 'cart')?.metadata.namespace).toBe('payments');
  expect(find(all, 'Canary', 'web')?.metadata.namespace).toBe('shop');
  expect(env(find(all, 'Deployment', 'web'))).toEqual([{ name: 'CART', value: 'cart.payments:7070' }]);
  expect(env(find(all, 'Deployment', 'cart'))).toEqual([{ name: 'WEB', value: 'http://web.shop:80' }]);
  expect(env(find(all, 'Deployment', 'ads'))).toEqual([{ name: 'CART', value: 'cart:7070' }]);
  expect(find(all, 'Deployment', 'web')?.metadata.annotations).toMatchObject({ 'aviary.dev/calls': 'cart.payments' });
  const labels = (name: string) => find(all, 'Namespace', name)?.metadata.labels;
  expect(labels('payments')).toEqual(labels('shop'));
  expect(labels('payments')).toMatchObject({
    'istio-injection': 'enabled',
    'pod-security.kubernetes.io/enforce': 'restricted',
  });
});

test.each<[unknown, string, string]>([
  [undefined, 'restricted', 'restricted'],
  ['baseline', 'baseline', 'baseline'],
  [{ payments: 'privileged' }, 'restricted', 'privileged'],
])('Pod Security %j', (podSecurity, shop, payments) => {
  const all = objects((catalog) => {
    catalog.platform.podSecurity = podSecurity;
    catalog.services[1].namespace = 'payments';
  });
  const level = (name: string) =>
    fieldsAt(find(all, 'Namespace', name), 'metadata', 'labels')['pod-security.kubernetes.io/enforce'];
  expect([level('shop'), level('payments')]).toEqual([shop, payments]);
});

test('routes of all namespaces are admitted at the gateway', () => {
  const listener = (change: (catalog: any) => void) => {
    const gateway = find(
      objects((catalog) => {
        catalog.platform.mesh = 'istio-gateway-api';
        catalog.services[0].expose = { hosts: ['{domain}'] };
        change(catalog);
      }),
      'Gateway',
      'public',
    );
    return at(listAt(gateway, 'spec', 'listeners')[0], 'allowedRoutes', 'namespaces', 'selector');
  };
  expect(listener(() => {})).toEqual({ matchLabels: { 'kubernetes.io/metadata.name': 'shop' } });
  expect(listener((catalog) => (catalog.services[1].namespace = 'payments'))).toEqual({
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['shop', 'payments'] }],
  });
});

test('an image as one text stands for the whole of what weaker layers say', () => {
  const all = objects((catalog) => {
    catalog.defaults.image = { tag: 'v1' };
    catalog.services[0].image = `nginx:1.29@sha256:${'a'.repeat(64)}`;
    catalog.services[1].image = 'localhost:5000/cart:7';
    catalog.clusters[0].services = { cart: { image: { tag: '8' } } };
  });
  const image = (name: string) =>
    at(listAt(find(all, 'Deployment', name), 'spec', 'template', 'spec', 'containers')[0], 'image');
  expect(image('web')).toBe(`nginx:1.29@sha256:${'a'.repeat(64)}`);
  expect(image('cart')).toBe('localhost:5000/cart:8');
});
