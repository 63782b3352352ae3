import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { readManifests } from '../manifests';
import { preflightCatalog } from './preflight-catalog';
import { removeTemporaryFolders, temporaryFolder } from './synth.fixture';
import { synthCatalog } from './synth-catalog';

afterEach(removeTemporaryFolders);

const service = (name: string, fields: object = {}) => ({ name, ports: [{ port: 80, protocol: 'http' }], ...fields });
const calls = (...names: string[]) => ({
  env: Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_ADDR`, { service: name }])),
});
const canary = { canary: { loadTest: { requestsPerSecond: 10 } } };

function catalog(services: readonly object[], removed?: readonly string[]): string {
  return JSON.stringify({
    ...(removed && { removed }),
    platform: {
      namespace: 'shop',
      registry: 'registry.example.com/shop',
      gitops: { url: 'https://git.example.com/shop.git', branch: 'main' },
      gateway: { name: 'public', namespace: 'istio-ingress' },
    },
    clusters: [{ name: 'one', domain: 'one.example.com', flux: { mode: 'gotk' } }],
    defaults: { image: { tag: 'v1' } },
    services,
  });
}

/** Synthesizes one catalog after the other, and gives what the last one changes; a refused one has written nothing. */
async function after(...catalogs: (readonly object[])[]) {
  return afterIn(
    temporaryFolder(),
    catalogs.map((services) => catalog(services)),
  );
}

async function afterIn(folder: string, catalogs: readonly string[], base?: string) {
  const file = path.join(folder, 'services.json');
  let changes: unknown[] = [];
  for (const text of catalogs) {
    writeFileSync(file, text);
    const { findings, summary } = await synthCatalog({
      catalog: file,
      outdir: path.join(folder, 'dist'),
      cacheDir: path.join(folder, 'cache'),
      codeDigest: 'code',
      ...(base === undefined ? {} : { base }),
    });
    expect(summary === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
    changes = findings
      .filter(({ code }) =>
        ['service-moves-to-later-wave', 'canary-removed-with-its-service', 'release-form-changes'].includes(code),
      )
      .map(({ code, message, fix }) => [code, message, fix]);
  }
  return { folder, changes };
}

test('says that a service moves to a later wave, and how to keep it where it is', async () => {
  const { changes } = await after(
    [service('cart'), service('store')],
    [service('cart', calls('store')), service('store')],
  );
  expect(changes).toEqual([
    [
      'service-moves-to-later-wave',
      '"cart" moves from wave 0 to wave 1 in cluster "one": Flux deletes its objects and makes them again, and nobody can reach it meanwhile',
      'write "wave": 0 for "cart" to keep it where it is, or "wave": 1 to accept the gap',
    ],
  ]);
});

const early = [service('cart'), service('store')];
const late = [service('cart', calls('store')), service('store')];

test('an outage is not said once only: the run stops, and so does the next one, until the catalog says what is meant', async () => {
  const { folder, changes } = await after(early, late, late, late);
  expect(changes).toHaveLength(1);
  expect(existsSync(path.join(folder, 'dist/clusters/one/apps/wave-0/cart.yaml'))).toBe(true);
  const meant = catalog([service('cart', { ...calls('store'), wave: 1 }), service('store')]);
  expect((await afterIn(folder, [meant])).changes).toEqual([]);
  expect(existsSync(path.join(folder, 'dist/clusters/one/apps/wave-1/cart.yaml'))).toBe(true);
});

test('with a base it is said where the working tree has the later one already', async () => {
  const { folder: base } = await after(early);
  const folder = temporaryFolder();
  expect((await afterIn(folder, [catalog(late), catalog(late)])).changes).toEqual([]);
  const of = async () => (await afterIn(folder, [catalog(late)], path.join(base, 'dist'))).changes;
  expect(await of()).toHaveLength(1);
  expect(await of()).toHaveLength(1);
});

test('a service that is said to leave may leave', async () => {
  const { folder } = await after([service('cart', canary), service('store')]);
  const { changes } = await afterIn(folder, [catalog([service('store')], ['cart'])]);
  expect(changes).toEqual([]);
  expect(existsSync(path.join(folder, 'dist/clusters/one/apps/wave-0/cart.yaml'))).toBe(false);
});

test('preflight says it with what the clusters hold', async () => {
  const before = (services: readonly object[]) => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'services.json');
    writeFileSync(file, catalog(services));
    return { folder, file };
  };
  const { folder } = await after(early);
  const index = ['layers.yaml', 'apps/wave-0/cart.yaml', 'apps/wave-0/store.yaml'].map(
    (name) => `clusters/one/${name}`,
  );
  const files = index.map((file) => ({ file, content: readFileSync(path.join(folder, 'dist', file)) }));
  const objects = readManifests(files).inputs.map(({ object, file = '' }, document) => ({
    object,
    origin: { file, document },
  }));
  const { file } = before(late);
  const { findings } = preflightCatalog(file, { file: 'services.json', before: [{ cluster: 'one', objects }] });
  expect(
    findings
      .filter(({ severity }) => severity === 'error')
      .map(({ code, place }) => [code, place.file, place.pointer, place.cluster]),
  ).toEqual([['service-moves-to-later-wave', 'services.json', '/services/0', 'one']]);
});

test('a service that says its wave stays there', async () => {
  const { changes, folder } = await after(
    [service('cart'), service('store')],
    [service('cart', { ...calls('store'), wave: 0 }), service('store')],
  );
  expect(changes).toEqual([]);
  expect(existsSync(path.join(folder, 'dist/clusters/one/apps/wave-0/cart.yaml'))).toBe(true);
});

test('a move to an earlier wave says nothing', async () => {
  expect((await after(late, early)).changes).toEqual([]);
});

test('says that a canaried service must not leave in one commit', async () => {
  const before = [service('cart', canary), service('store')];
  expect((await after(before, [service('store')])).changes).toEqual([
    [
      'canary-removed-with-its-service',
      '"cart" leaves cluster "one" together with its Canary: the Canary\'s finalizer waits for a Deployment that is gone, and its primary runs on',
      'commit "revertOnDeletion": false in the canary of "cart" first, let Flux apply it, then remove the service; or name it in "removed" and clean up by hand',
    ],
  ]);
  const prepared = [service('cart', { canary: { ...canary.canary, revertOnDeletion: false } }), service('store')];
  expect((await after(before, prepared, [service('store')])).changes).toEqual([]);
});

test('names documents that exist', () => {
  const source = readFileSync(path.join(__dirname, 'tree-changes.ts'), 'utf8');
  const named = [...source.matchAll(/docs: '([^']+)'/g)].map(([, file = '']) => file);
  expect(named.filter((file) => !existsSync(path.join(__dirname, '../..', file)))).toEqual([]);
});

const plain = [service('cart')];
const helm = [service('cart', { release: 'helm' })];
const fix = (form: string): string =>
  `commit "release": { "form": "${form}", "handOver": true } for "cart" first, let Flux apply it, then change the form`;

test.each([
  ['to helm', plain, helm, 'plain', 'helm'],
  ['to plain', helm, plain, 'helm', 'plain'],
] as const)('a service that changes %s in one commit', async (_, before, next, from, to) => {
  const { changes } = await after(before, next);
  expect(changes).toEqual([
    [
      'release-form-changes',
      `"cart" changes from the ${from} form to the ${to} form in cluster "one" in one commit: what applied its objects deletes them, and nobody can reach it meanwhile`,
      fix(from),
    ],
  ]);
});

test.each([
  ['to helm', plain, 'plain', helm],
  ['to plain', helm, 'helm', plain],
] as const)('a service that changes %s after it was handed over', async (_, first, form, next) => {
  const handedOver = [service('cart', { release: { form, handOver: true } })];
  const { changes } = await after(first, handedOver, next);
  expect(changes).toEqual([]);
});
