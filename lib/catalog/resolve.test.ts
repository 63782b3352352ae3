import { merge, resolveCluster } from './resolve';
import type { Catalog } from './schema';

test.each([
  ['objects merge by key', { a: 1, b: { c: 1 } }, { b: { d: 2 } }, { a: 1, b: { c: 1, d: 2 } }],
  ['lists are replaced whole', { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ['false replaces an object', { canary: { interval: '1m' } }, { canary: false }, { canary: false }],
  ['absent keeps the base', { a: 1 }, undefined, { a: 1 }],
])('%s', (_, base, over, expected) => {
  expect(merge(base, over)).toEqual(expected);
});

const catalog = (over: object): Catalog => ({
  platform: { namespace: 'shop', registry: 'r', gitops: { url: 'https://g' } },
  clusters: [{ name: 'one', domain: 'example.com', flux: { mode: 'gotk' } }],
  services: [{ name: 'web' }],
  ...over,
});

test.each<[string, object, object]>([
  [
    'the service over the defaults, its override over both',
    {
      defaults: { replicas: 1, canary: { threshold: 1, stepWeight: 5 } },
      clusters: [
        {
          name: 'one',
          domain: 'd',
          flux: { mode: 'gotk' },
          defaults: { canary: { threshold: 2 } },
          services: { web: { canary: { maxWeight: 9 } } },
        },
      ],
      services: [{ name: 'web', canary: { stepWeight: 7 } }],
    },
    { replicas: 1, canary: { threshold: 2, stepWeight: 7, maxWeight: 9 } },
  ],
  [
    'switched off',
    { defaults: { canary: { threshold: 1 } }, services: [{ name: 'web', canary: false }] },
    { canary: false },
  ],
  [
    'switched on again, with what the defaults say',
    {
      defaults: { canary: { threshold: 1 } },
      clusters: [
        { name: 'one', domain: 'd', flux: { mode: 'gotk' }, services: { web: { canary: { stepWeight: 5 } } } },
      ],
      services: [{ name: 'web', canary: false }],
    },
    { canary: { threshold: 1, stepWeight: 5 } },
  ],
])('%s', (_, over, expected) => {
  const [{ name, ...fields } = { name: '' }] = resolveCluster(catalog(over), 'one').services;
  expect(name).toBe('web');
  expect(fields).toEqual(expected);
});

test('a service named constructor has no overrides', () => {
  const { services } = resolveCluster(
    catalog({
      clusters: [{ name: 'one', domain: 'd', flux: { mode: 'gotk' }, services: {} }],
      services: [{ name: 'constructor' }],
    }),
    'one',
  );
  expect(services).toEqual([{ name: 'constructor' }]);
});
