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
  const extended = extendCatalog({ text, form: 'json' }, catalog, adopted);
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
  const { text: once } = extendCatalog({ text, form: 'json' }, catalog, adopted);
  expect(extendCatalog({ text: once, form: 'json' }, JSON.parse(once), adopted).text).toBe(once);
});

test('a level that is enough, and lists that are there, stay', () => {
  const there = { ...catalog, manifests: ['manifests/first', 'manifests/beside'] };
  const shop = { ...adopted, services: [{ name: 'web' }], patches: [] };
  const { text: extended } = extendCatalog({ text: JSON.stringify(there, null, 2), form: 'json' }, there, shop);
  expect(JSON.parse(extended)).toMatchObject({ platform: { podSecurity: 'baseline' }, manifests: there.manifests });
});

test('a catalog of YAML stays as it is written', () => {
  const yaml = `# the shop
platform:
  namespace: shop
  podSecurity: baseline # for now
clusters:
- name: production
services:
- name: cart # the first
`;
  const extended = extendCatalog({ text: yaml, form: 'yaml' }, catalog, { ...adopted, patches: [] });
  expect(extended.text).toBe(`# the shop
platform:
  namespace: shop
  podSecurity: { shop: baseline, tools: privileged } # for now
  namespaces:
    tools:
      labels:
        team: a
clusters:
- name: production
services:
- name: cart # the first
- name: agent
  namespace: tools
manifests:
- manifests/first
- path: manifests/beside
  beside: agent
`);
});

test('a service of a split catalog gets a file of its own', () => {
  const main = '{\n  // each service in its file\n  "include": ["services/*.yaml"],\n  "platform": {}\n}\n';
  const web = { services: [{ name: 'web', ports: [8080] }] };
  const extended = extendCatalog({ text: main, form: 'json' }, catalog, web, (name) => `services/${name}.yaml`);
  expect(extended.text).toBe(main);
  expect([...extended.files]).toEqual([['services/web.yaml', 'name: web\nports:\n  - 8080\n']]);
});
