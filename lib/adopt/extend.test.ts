import { extendCatalog } from './extend';

const catalog = {
  platform: { namespace: 'shop', podSecurity: 'baseline' },
  clusters: [{ name: 'production' }],
  services: [{ name: 'cart' }],
};
const text = `${JSON.stringify(catalog, null, 2)}\n`;
const adopted = {
  platform: {
    namespace: 'shop',
    podSecurity: { shop: 'baseline', tools: 'privileged' },
    namespaces: { tools: { labels: { team: 'a' } }, shop: { labels: { team: 'b' } } },
  },
  services: [{ name: 'cart' }, { name: 'agent', namespace: 'tools' }],
  manifests: ['manifests/first', { path: 'manifests/beside', beside: 'agent' }],
  patches: [{ target: { kind: 'Deployment', name: 'agent' }, reason: 'as it was', operations: [] }],
};

test('a service comes with its namespace, its level, its manifests and its patches', () => {
  const extended = extendCatalog(text, catalog, adopted);
  expect(extended).toMatchObject({ added: ['agent'], kept: ['cart'] });
  expect(JSON.parse(extended.text)).toEqual({
    platform: {
      namespace: 'shop',
      podSecurity: { shop: 'baseline', tools: 'privileged' },
      namespaces: { tools: { labels: { team: 'a' } } },
    },
    clusters: [{ name: 'production' }],
    services: [{ name: 'cart' }, { name: 'agent', namespace: 'tools' }],
    manifests: ['manifests/first', { path: 'manifests/beside', beside: 'agent' }],
    patches: adopted.patches,
  });
});

test('what is there already is added no second time, and no character changes', () => {
  const { text: once } = extendCatalog(text, catalog, adopted);
  expect(extendCatalog(once, JSON.parse(once), adopted).text).toBe(once);
});

test('a level that is enough, and lists that are there, stay', () => {
  const there = { ...catalog, manifests: ['manifests/first', 'manifests/beside'] };
  const shop = { ...adopted, services: [{ name: 'web' }], patches: [] };
  const { text: extended } = extendCatalog(JSON.stringify(there, null, 2), there, shop);
  expect(JSON.parse(extended)).toMatchObject({ platform: { podSecurity: 'baseline' }, manifests: there.manifests });
});
