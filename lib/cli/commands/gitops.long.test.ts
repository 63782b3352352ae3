import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, GitOpsFolder, image } from './gitops.fixture';

let place: GitOpsFolder;
beforeEach(() => {
  place = new GitOpsFolder();
});
afterEach(() => place.remove());
const aviary = (...args: string[]) => place.aviary(...args);
const git = (where: string, ...args: string[]) => place.git(where, ...args);
const published = (path: string) => place.published(path);
const imageOf = (cluster: string, service: string) =>
  /image: (\S+)/.exec(published(`clusters/${cluster}/apps/wave-${service === 'web' ? 1 : 0}/${service}.yaml`))?.[1];

/** What stands before a promotion to production. */
function gate(promotionGate: string): void {
  const file = join(place.folder, 'app', 'services.json');
  const catalog = JSON.parse(readFileSync(file, 'utf8'));
  catalog.clusters[1].promotion = { gate: promotionGate };
  writeFileSync(file, JSON.stringify(catalog, null, 2));
  git('app', 'commit', '--quiet', '--all', '--message', promotionGate);
}

test('an image goes from staging to production and back', async () => {
  const source = git('app', 'rev-parse', 'HEAD:src/cart');
  // What a build leaves.
  mkdirSync(join(place.folder, 'app', 'built'));
  const entry = { image: 'registry.example.com/shop/cart:v1', digest: digest('a'), source };
  writeFileSync(join(place.folder, 'app', 'built', 'cart.json'), JSON.stringify(entry));
  expect(await aviary('changed', '--running', 'staging')).toMatchObject({ code: 1 });
  const dry = await aviary('publish', '--create', '--cluster', 'staging', '--images', 'built', '--dry-run');
  expect(dry.out.split('\n').filter((line) => /^ {2}[+~-]/.test(line) && !line.startsWith('  + '))).toEqual([]);
  expect(dry.out).toContain('  + clusters/staging/apps/wave-0/cart.yaml\n');
  const first = await aviary('publish', '--create', '--cluster', 'staging', '--images', 'built');
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toBe(
    'published 20 files to main of FOLDER/gitops.git as COMMIT\n  staging: cart, flagger-loadtester, web, 16 more files\n',
  );
  expect(JSON.parse(published('images.lock.json'))).toEqual({ clusters: { staging: { cart: entry } } });
  expect(imageOf('staging', 'cart')).toBe(`registry.example.com/shop/cart:v1@${digest('a')}`);
  expect(await aviary('changed', '--running', 'staging')).toEqual({ code: 0, out: 'nothing changed\n', err: '' });

  gate('click');
  expect(await aviary('promote', 'staging', 'production')).toMatchObject({ code: 0 });
  expect(imageOf('production', 'cart')).toBe(`registry.example.com/shop/cart:v1@${digest('a')}`);

  await aviary('images', 'set', '--cluster', 'staging', image('cart', 'v2', 'b'));
  expect(await aviary('promote', 'staging', 'production', 'cart', '--direct', '--dry-run')).toEqual({
    code: 0,
    err: '',
    out: [
      'would publish 3 files to main of FOLDER/gitops.git',
      '  production: cart',
      '  ~ clusters/production/apps/wave-0/cart.yaml',
      '  ~ images.lock.json',
      '  ~ index.json',
      '',
    ].join('\n'),
  });
  await aviary('promote', 'staging', 'production', 'cart', '--direct');
  expect(imageOf('production', 'cart')).toBe(`registry.example.com/shop/cart:v2@${digest('b')}`);
  expect((await aviary('images', 'status')).out).toBe(
    [
      'staging     cart  registry.example.com/shop/cart:v2@sha256:bbbbbbbbbbbb…',
      'staging     web   registry.example.com/shop/web:v1                        as the catalog says',
      'production  cart  registry.example.com/shop/cart:v2@sha256:bbbbbbbbbbbb…',
      'production  web   registry.example.com/shop/web:v1                        as the catalog says',
      '',
    ].join('\n'),
  );

  expect(await aviary('rollback', 'cart', '--cluster', 'production')).toMatchObject({ code: 0 });
  expect(imageOf('production', 'cart')).toBe(`registry.example.com/shop/cart:v1@${digest('a')}`);
  expect(imageOf('staging', 'cart')).toBe(`registry.example.com/shop/cart:v2@${digest('b')}`);
  expect(git('gitops.git', 'log', '--format=%s', 'main').split('\n')).toEqual([
    'Roll back production: cart',
    'Promote staging to production: cart',
    'Set staging: cart',
    'Promote staging to production: all services',
    'Publish staging: cart, flagger-loadtester, web',
  ]);
});

test('in a single repository the list of images is a file beside the catalog', async () => {
  const lock = () => execFileSync('cat', [join(place.folder, 'app', 'images.lock.json')], { encoding: 'utf8' });
  expect(await aviary('images', 'set', '--local', '--cluster', 'staging', image('cart', 'v1', 'a'))).toEqual({
    code: 0,
    out: 'wrote images.lock.json: Set staging: cart\nsynthesize and commit it with the tree\n',
    err: '',
  });
  await aviary('promote', 'staging', 'production');
  git('app', 'add', '--all');
  git('app', 'commit', '--quiet', '--message', 'images');
  expect((await aviary('images', 'set', '--cluster', 'production', image('cart', 'v2', 'b'))).out).toBe(
    'wrote images.lock.json: Set production: cart\nsynthesize and commit it with the tree\n',
  );
  expect(JSON.parse(lock()).clusters.production.cart.digest).toBe(digest('b'));
  expect((await aviary('changed', '--base', 'HEAD')).out).toBe('cart: objects in production\n');
  await aviary('rollback', 'cart', '--cluster', 'production');
  expect(JSON.parse(lock()).clusters.production.cart.digest).toBe(digest('a'));
  expect((await aviary('changed', '--base', 'HEAD')).out).toBe('nothing changed\n');
  writeFileSync(join(place.folder, 'app', 'src', 'cart', 'main.go'), 'package main\n');
  git('app', 'add', '--all');
  git('app', 'commit', '--quiet', '--message', 'code');
  expect((await aviary('changed', '--base', 'HEAD~1', '--format', 'json')).out).toBe(
    `${JSON.stringify({ changed: [{ service: 'cart', source: true, objects: [] }] }, null, 2)}\n`,
  );
  expect((await aviary('changed', '--running', 'staging', '--format', 'names')).out).toBe('cart\n');
});
