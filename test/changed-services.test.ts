import * as fc from 'fast-check';
import { type Catalog, loadCatalog, type SoundText } from '../lib/catalog';
import { planUnits, type UnitInput } from '../lib/charts';
import { Mentions } from '../lib/synth/mentions';
import { catalogs } from './arbitraries/catalog';
import { onlineBoutique } from './catalog';
import { runs } from './runs';

/** Fixed, so that a failure is the same everywhere; AVIARY_RUNS and AVIARY_SEED look further. */
const options = {
  seed: Number(process.env.AVIARY_SEED ?? 20261125),
  numRuns: Number(process.env.AVIARY_RUNS ?? runs(40)),
};

const load = (text: string, last?: SoundText) => loadCatalog(text, 'services.json', last);

/** An edit may put anything anywhere. */
type Edit = (catalog: any) => void;

const index = fc.nat(20);
/** A field of the service at an index, modulo how many there are. */
const set = (field: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>): fc.Arbitrary<Edit> =>
  fc
    .tuple(index, field, value)
    .map(([at, name, content]) => ({ services }: { services: Record<string, unknown>[] }) => {
      if (services.length > 0) services[at % services.length]![name] = structuredClone(content);
    });
const edits: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: set(fc.constant('image'), fc.constantFrom({ tag: 'v9' }, { tag: '1' }, { tag: 'no tag' })) },
  {
    weight: 3,
    arbitrary: set(fc.constantFrom('annotations', 'podAnnotations'), fc.constantFrom({ run: '1' }, { run: '2' })),
  },
  { weight: 2, arbitrary: set(fc.constantFrom('replicas', 'wave'), fc.constantFrom(1, 2, 3)) },
  {
    weight: 3,
    arbitrary: set(
      fc.constant('env'),
      fc.constantFrom(
        { A: 'a' },
        { A: { service: 'cart' } },
        { A: { service: 'web' } },
        { A: { service: 'cartservice' } },
        { A: { service: 'cartservice', port: 'grpc' } },
        { A: { service: 'cartservice', format: 'host' } },
        { DB_PASSWORD: 'hunter22' },
        { A: '${X}' },
      ),
    ),
  },
  // What policies of those that it calls say of it.
  {
    weight: 3,
    arbitrary: set(
      fc.constant('calls'),
      fc.constantFrom(
        ['cartservice'],
        [{ service: 'cartservice', methods: ['GET'] }],
        [{ service: 'cartservice', methods: ['GET', 'POST'] }],
        [{ service: 'cartservice', paths: ['/a'] }],
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: set(
      fc.constant('podLabels'),
      fc.constantFrom({ 'app.kubernetes.io/name': 'a' }, { 'app.kubernetes.io/name': 'b' }, { tier: 'x' }),
    ),
  },
  {
    weight: 1,
    arbitrary: set(fc.constant('selector'), fc.constantFrom({ app: 'a', tier: 'x' }, { app: 'b' })),
  },
  {
    weight: 1,
    arbitrary: set(
      fc.constant('ports'),
      fc.constantFrom([], [{ port: 80, protocol: 'http' }], [{ port: 81, protocol: 'grpc' }]),
    ),
  },
  {
    weight: 1,
    arbitrary: set(fc.constant('canary'), fc.constantFrom(false, {}, { interval: '1m' }, { interval: 'x' })),
  },
  { weight: 1, arbitrary: set(fc.constant('name'), fc.constantFrom('cart', 'web', 'new', 'cart-primary')) },
  {
    weight: 1,
    arbitrary: set(
      fc.constantFrom('unknown', 'serviceAccount', 'expose'),
      fc.constantFrom({}, { hosts: ['a.{domain}'] }, { create: false, name: 'shared' }),
    ),
  },
  { weight: 1, arbitrary: set(fc.constant('clusters'), fc.constantFrom(['staging'], ['nowhere'], [])) },
  {
    weight: 1,
    arbitrary: index.map(
      (at): Edit =>
        ({ services }) =>
          services.splice(at % (services.length + 1), 1),
    ),
  },
  {
    weight: 1,
    arbitrary: index.map(
      (at): Edit =>
        ({ services }) =>
          services.push(structuredClone(services[at % services.length] ?? {})),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Edit>(({ services }) => services.reverse()) },
  { weight: 1, arbitrary: fc.constant<Edit>((catalog) => (catalog.defaults = { image: { tag: 'v1' } })) },
  { weight: 1, arbitrary: fc.constant<Edit>(({ platform }) => (platform.namespace = 'other')) },
);
/** With policies, in which a service says whom it calls and others who may call them. */
const guarded = (): Catalog => {
  const catalog = onlineBoutique();
  return { ...catalog, clusters: catalog.clusters.map((cluster) => ({ ...cluster, policies: 'enforce' as const })) };
};
const starts = fc.oneof(fc.constant(undefined).map(onlineBoutique), fc.constant(undefined).map(guarded), catalogs);
const indents = fc.constantFrom(0, 2);

/** The same result with and without the last sound text; whether only some services were looked at. */
function agrees(text: string, last: SoundText | undefined): SoundText | undefined {
  const whole = load(text);
  const { changed, ...loaded } = load(text, last);
  expect(loaded).toEqual(whole);
  // Keys in another order would be another input for units that did not change.
  expect(JSON.stringify(loaded.catalog)).toBe(JSON.stringify(whole.catalog));
  return loaded.sound;
}

test('what only some services are checked for is what a whole check says', () => {
  let changes = 0;
  fc.assert(
    fc.property(starts, indents, fc.array(edits, { minLength: 1, maxLength: 4 }), (start, indent, list) => {
      const catalog = structuredClone(start);
      let last = load(JSON.stringify(catalog, null, indent)).sound;
      for (const edit of list) {
        edit(catalog);
        const text = JSON.stringify(catalog, null, indent);
        if (load(text, last).changed) changes++;
        last = agrees(text, last) ?? last;
      }
    }),
    { ...options, numRuns: options.numRuns * 3 },
  );
  // The test would say nothing if every text were read as a whole.
  expect(changes).toBeGreaterThan(options.numRuns);
});

test('also when the text is changed anywhere', () => {
  const text = JSON.stringify(onlineBoutique(), null, 2);
  const last = load(text).sound!;
  const pieces = fc.constantFrom(
    ' ',
    ',',
    '"',
    '{',
    '}',
    ']',
    '[',
    '{}',
    '],"external":[',
    '],"services":[',
    '}]}',
    '\\',
    '0',
    'a',
    ',{"name":"a"}',
    '\n',
  );
  let sound = 0;
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(3), pieces, (at, length, piece) => {
      if (agrees(text.slice(0, at) + piece + text.slice(at + length), last)) sound++;
    }),
    { ...options, numRuns: options.numRuns * 10 },
  );
  expect(sound).toBeGreaterThan(runs(10));
});

test.each([
  ['ends its list and begins another', '], "external": ['],
  ['ends its list and begins it again', '], "services": ['],
])('a service that %s is no change of services', (_, piece) => {
  const text = JSON.stringify(onlineBoutique());
  const last = load(text).sound!;
  const at = last.services[6]! - 1;
  agrees(`${text.slice(0, at)}${piece}${text.slice(at + 1)}`, last);
});

test('what the same text says again needs no check', () => {
  const text = JSON.stringify(onlineBoutique());
  expect(load(text, load(text).sound).changed).toEqual(new Set());
});

/** Of each unit its service, if it is one's, and its input as text. */
const inputs = (catalog: Catalog) =>
  new Map(
    planUnits(catalog).map(({ id, input }) => {
      const of = input as UnitInput;
      return [id, { service: of.kind === 'service' ? of.service.name : undefined, text: JSON.stringify(input) }];
    }),
  );

/** How many units of services that have not changed have the input that they had; 0 where all may be others. */
function keptUnits(before: Catalog, text: string, last: SoundText | undefined): number {
  const { catalog, changed } = load(text, last);
  if (!catalog || !changed) return 0;
  const known = inputs(before);
  const now = inputs(catalog);
  // Nor are the waves that were kept others than those of a catalog that nobody has seen before.
  expect([...now]).toEqual([...inputs(JSON.parse(text))]);
  expect([...now.keys()]).toEqual([...known.keys()]);
  const others = [...now].filter(([, { service }]) => service !== undefined && !changed.has(service));
  for (const [id, { text: input }] of others) expect(input).toBe(known.get(id)!.text);
  return others.length;
}

test('units of services that are not named as changed have the same input', () => {
  let compared = 0;
  fc.assert(
    fc.property(starts, edits, edits, (start, first, second) => {
      const catalog = structuredClone(start);
      first(catalog);
      const before = load(JSON.stringify(catalog));
      if (!before.catalog) return;
      second(catalog);
      compared += keptUnits(before.catalog, JSON.stringify(catalog), before.sound);
    }),
    { ...options, numRuns: options.numRuns * 3 },
  );
  expect(compared).toBeGreaterThan(runs(100));
});

type ServiceFields = Readonly<Record<string, unknown>> & { readonly env?: object };

test.each<[string, ServiceFields, ServiceFields]>([
  ['requests', { calls: [{ service: 'adservice', methods: ['GET'] }] }, { calls: ['adservice'] }],
  ['paths', { calls: [{ service: 'adservice', paths: ['/a'] }] }, { calls: [{ service: 'adservice', paths: ['/b'] }] }],
  ['a variable', { env: { A: { service: 'adservice' } } }, { env: { B: { service: 'adservice' } } }],
  ['pods', { podLabels: { 'app.kubernetes.io/name': 'a' } }, { podLabels: { 'app.kubernetes.io/name': 'b' } }],
  ['a selector', { selector: { app: 'frontend', 'app.kubernetes.io/name': 'a' } }, {}],
  ['an account', { serviceAccount: { create: false, name: 'shared' } }, { serviceAccount: { create: false } }],
  ['nothing', { podAnnotations: { run: '1' } }, { podAnnotations: { run: '2' } }],
])('what others know of a service by their policies: %s', (name, first: ServiceFields, second: ServiceFields) => {
  const texts = [first, second].map((fields) => {
    const catalog = guarded();
    const frontend = catalog.services.find(({ name: of }) => of === 'frontend')!;
    Object.assign(frontend, { ...fields, ...(fields.env && { env: { ...frontend.env, ...fields.env } }) });
    return JSON.stringify(catalog);
  }) as [string, string];
  const before = load(texts[0]);
  expect(keptUnits(before.catalog!, texts[1], before.sound) > 0).toBe(name === 'nothing');
});

describe('mentions', () => {
  /** What a service says of others, written out: the definition that the catalog's text has to agree with. */
  function namedIn(catalog: Catalog, name: string): string[] {
    const word = new RegExp(`(?<![a-z0-9-])${name}(?![a-z0-9])`);
    const texts = (value: unknown): string[] =>
      typeof value === 'string'
        ? [value]
        : typeof value === 'object' && value !== null
          ? Object.entries(value).flatMap(([key, child]) => [key, ...texts(child)])
          : [];
    return planUnits(catalog).flatMap(({ input }) => {
      const of = input as UnitInput;
      if (of.kind !== 'service') return [];
      return texts([of.service, of.ports, of.patches]).some((text) => word.test(text)) ? [of.service.name] : [];
    });
  }
  const of = (catalog: Catalog, text = JSON.stringify(catalog)) => {
    const { catalog: loaded, sound } = load(text);
    return loaded && Mentions.of({ catalog: loaded, text, file: 'services.json', services: sound?.services });
  };
  const base = (): Catalog => ({
    platform: { namespace: 'shop', registry: 'r.example.com', gitops: { url: 'https://git.example.com/a.git' } },
    clusters: [{ name: 'one', domain: 'example.com', flux: { mode: 'gotk' } }],
    defaults: { image: { tag: 'v1' } },
    services: ['cart', 'cart-redis', 'web', 'shop'].map((name) => ({ name, ports: [{ port: 80, protocol: 'http' }] })),
  });

  test('are all that the services of a random catalog make', () => {
    fc.assert(
      fc.property(starts, edits, (start, edit) => {
        const catalog = structuredClone(start);
        edit(catalog);
        const mentions = of(catalog);
        if (!mentions) return;
        for (const { name } of catalog.services)
          expect([...mentions.naming(new Set([name]))]).toEqual(expect.arrayContaining(namedIn(catalog, name)));
      }),
      options,
    );
  });

  test.each<[string, (catalog: Catalog) => void, string[]]>([
    ['its own name', () => {}, ['cart', 'cart-redis']],
    ['an address', ({ services }) => (services[2]!.env = { A: 'http://cart:80/' }), ['cart', 'cart-redis', 'web']],
    [
      'a name that goes on',
      ({ services }) => (services[2]!.env = { A: 'cart-primary.shop' }),
      ['cart', 'cart-redis', 'web'],
    ],
    [
      'the end of a longer name',
      ({ services }) => (services[2]!.env = { A: 'my-cart', B: 'carts', C: 'acart' }),
      ['cart', 'cart-redis'],
    ],
    [
      'a word behind a line break',
      ({ services }) => (services[2]!.args = ['first\ncart:80']),
      ['cart', 'cart-redis', 'web'],
    ],
    ['a word behind a tab', ({ services }) => (services[2]!.args = ['\tcart']), ['cart', 'cart-redis', 'web']],
    [
      'an override',
      ({ clusters }) => (clusters[0]!.services = { web: { env: { A: 'cart' } } }),
      ['cart', 'cart-redis', 'web'],
    ],
    ['the defaults', ({ defaults }) => (defaults!.env = { A: 'cart' }), ['cart', 'cart-redis', 'web', 'shop']],
    [
      "a cluster's defaults",
      ({ clusters }) => (clusters[0]!.defaults = { env: { A: 'cart' } }),
      ['cart', 'cart-redis', 'web', 'shop'],
    ],
    [
      'a patch',
      (catalog) =>
        (catalog.patches = [
          {
            target: { kind: 'Deployment', name: 'web' },
            reason: 'x',
            operations: [{ op: 'add', path: '/spec/x', value: 'cart' }],
          },
        ]),
      ['cart', 'cart-redis', 'web'],
    ],
    ['what is the platform alone', ({ platform }) => (platform.registry = 'cart.example.com'), ['cart', 'cart-redis']],
  ])('of %s', (_, change, expected) => {
    const catalog = base();
    change(catalog);
    for (const text of [JSON.stringify(catalog), JSON.stringify(catalog, null, 2)])
      expect([...of(catalog, text)!.naming(new Set(['cart']))].sort()).toEqual([...expected].sort());
  });

  test('that are spelt with escapes are not looked for: all is checked', () => {
    const catalog = base();
    catalog.services[2]!.env = { A: 'cart', B: 'Zürich' };
    const text = JSON.stringify(catalog);
    expect(of(catalog, text.replace('"A":"cart"', '"A":"c\\u0061rt"'))).toBeUndefined();
    expect(of(catalog, text.replace('ü', '\\u00fc'))?.naming(new Set(['cart']))).toEqual(
      new Set(['cart', 'cart-redis', 'web']),
    );
  });
});
