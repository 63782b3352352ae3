import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type MemoryIoOptions, memoryIo } from '../memory-io';
import { runProgram } from '../program';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folder(files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(path.join(tmpdir(), 'aviary-diff-test-'));
  folders.push(made);
  write(made, files);
  return made;
}

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
}

async function run(args: readonly string[], options: MemoryIoOptions = {}) {
  const io = memoryIo({ env: { PATH: process.env.PATH, HOME: tmpdir() }, ...options });
  const code = await runProgram(['diff', ...args], io);
  return { code, out: io.out, err: io.err };
}

const deployment = (image: string, name = 'cart') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: server, image: "${image}"}]}
`;

const before = () => folder({ 'apps/cart.yaml': deployment('cart:v1') });

test('a change exits with 2, and says what happens', async () => {
  const { code, out } = await run([before(), folder({ 'apps/cart.yaml': deployment('cart:v2') })]);
  expect(code).toBe(2);
  expect(out).toBe(`  shop/cart: image v1 → v2
    ⇒ rolls out in place; failed when it makes no progress for 10m
    ~ Deployment shop/cart
        spec.template.spec.containers[server].image: cart:v1 → cart:v2

1 object: 1 changed; no danger found
`);
});

test.each([
  ['another file', { 'apps/shop.yaml': deployment('cart:v1') }],
  [
    'comments, quotes and the order of keys',
    { 'apps/cart.yaml': `# cart\n${deployment('cart:v1')}`.replace('"cart:v1"', 'cart:v1') },
  ],
  [
    'a default that is written out',
    { 'apps/cart.yaml': deployment('cart:v1').replace('spec:\n', 'spec:\n  replicas: 1\n') },
  ],
])('%s is no change', async (_, files) => {
  const { code, out } = await run([before(), folder(files)]);
  expect([code, out]).toEqual([0, 'nothing changes\n']);
});

test('--exit-zero exits with 0 where something changes', async () => {
  expect((await run([before(), folder({ 'a.yaml': deployment('cart:v2') }), '--exit-zero'])).code).toBe(0);
});

test.each([
  ['one folder', ['a'], 'error: name two folders (before and after), or one and --base or --against\n'],
  ['no such folder', ['/nowhere/a', '/nowhere/b'], 'error: there is no /nowhere/a\n'],
  ['both bases', ['a', '--base', 'main', '--against', 'x'], 'error: --base and --against: one of them\n'],
])('%s exits with 1', async (_, args, err) => {
  expect(await run(args)).toEqual({ code: 1, out: '', err });
});

test('a misspelt option exits with 1: 2 means a change', async () => {
  expect((await run(['--frmat', 'json'])).code).toBe(1);
});

test('what cannot be read is said, and exits with 1; what could not be read before is no news', async () => {
  const broken = {
    'bad.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: [',
    'apps/cart.yaml': deployment('cart:v1'),
  };
  const { code, err } = await run([before(), folder(broken)]);
  expect(code).toBe(1);
  expect(err).toContain('manifest-not-yaml');
  expect((await run([folder(broken), folder(broken)])).code).toBe(0);
});

describe('git', () => {
  const git = (cwd: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(
      'git',
      ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'init.defaultBranch=main', ...args],
      { cwd, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
  };
  const repository = () => {
    const root = folder({
      'dist/apps/cart.yaml': deployment('cart:v1'),
      'dist/apps/with blank ü.yaml': deployment('b:1', 'b'),
    });
    git(root, 'init', '-q');
    git(root, 'add', '.');
    git(root, 'commit', '-qm', 'one');
    return root;
  };

  test('--base compares dist with a commit, and leaves the working tree alone', async () => {
    const root = repository();
    write(root, { 'dist/apps/cart.yaml': deployment('cart:v2') });
    const { code, out } = await run(['--base', 'main'], { cwd: root });
    expect(code).toBe(2);
    expect(out).toContain('shop/cart: image v1 → v2');
    expect(out).toContain('1 object: 1 changed');
    expect((await run(['--base', 'HEAD', 'dist/apps'], { cwd: root })).out).toContain('1 object: 1 changed');
  });

  test('a folder that the commit does not have is new', async () => {
    const root = repository();
    write(root, { 'other/x.yaml': deployment('x:v1', 'x') });
    expect((await run(['--base', 'main', 'other'], { cwd: root })).out).toContain('1 object: 1 added');
  });

  test.each(['no-such-branch', '--upload-pack=touch', '-x'])('a ref that is none: %s', async (ref) => {
    const { code, err } = await run([`--base=${ref}`], { cwd: repository() });
    expect(code).toBe(1);
    expect(err).toContain('no such commit here');
  });

  test('no repository', async () => {
    const { code, err } = await run(['--base', 'main', 'apps'], { cwd: before() });
    expect(code).toBe(1);
    expect(err).toContain('is in no git repository');
  });

  test('a link out of the tree is not followed', async () => {
    const root = repository();
    const secret = folder({ 'x.yaml': deployment('secret:v1', 'secret') });
    symlinkSync(secret, path.join(root, 'dist/away'));
    git(root, 'add', '.');
    git(root, 'commit', '-qm', 'two');
    rmSync(path.join(root, 'dist/away'));
    expect(await run(['--base', 'HEAD'], { cwd: root })).toEqual({ code: 0, out: 'nothing changes\n', err: '' });
  });

  test('--against compares with a branch of another repository', async () => {
    const root = repository();
    const work = folder({ 'dist/apps/cart.yaml': deployment('cart:v2'), 'dist/apps/b.yaml': deployment('b:1', 'b') });
    const { code, out } = await run(['--against', `${root}#main`, '--path', 'dist'], { cwd: work });
    expect(code).toBe(2);
    expect(out).toContain('1 object: 1 changed');
    const { code: none, err } = await run(['--against', `${root}#nowhere`], { cwd: work });
    expect(none).toBe(1);
    expect(err).toContain('nowhere');
  });
});

test('a page too short for a line is a wrong command line', async () => {
  const { code, out, err } = await run(['a', 'b', '--format', 'markdown', '--limit', '10']);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain("option '--limit <characters>' argument '10' is invalid. It is a whole number from 1000.");
});

test('every service stands before any body, and no page is longer than its limit', async () => {
  const services = (tag: string) =>
    Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `apps/s${index}.yaml`,
        deployment(`registry.example.com/s${index}:${tag}`, `s${index}`),
      ]),
    );
  const trees = [folder(services('v1')), folder(services('v2'))];
  const { out, err } = await run([...trees, '--format', 'markdown', '--limit', '5000']);
  const pages = Number(/of (\d+)\*/.exec(out)?.[1]);
  expect(pages).toBeGreaterThan(2);
  expect(err).toBe(`${pages} pages: --page 1 to --page ${pages} print one each\n`);
  let all = '';
  for (let page = 1; page <= pages; page++) {
    const { out: one } = await run([...trees, '--format', 'markdown', '--limit', '5000', '--page', String(page)]);
    expect(one.length).toBeLessThanOrEqual(5000);
    all += one;
  }
  for (let index = 0; index < 60; index++) {
    const [name, body] = [all.indexOf(`| shop/s${index} |`), all.indexOf(`<summary>shop/s${index}<`)];
    expect(name).toBeGreaterThan(-1);
    expect(body).toBeGreaterThan(-1);
    expect(name).toBeLessThan(all.indexOf('<details>'));
  }
  expect((await run([...trees, '--format', 'markdown', '--page', '99'])).code).toBe(1);
});

test('gitlab is a report of the dangers, json is everything', async () => {
  const trees = [before(), folder({ 'apps/cart.yaml': deployment('cart:latest') })];
  const report = JSON.parse((await run([...trees, '--format', 'gitlab'])).out);
  expect(report.map((one: any) => [one.check_name, one.location.path])).toEqual([['image-unpinned', 'apps/cart.yaml']]);
  const json = JSON.parse((await run([...trees, '--format', 'json'])).out);
  expect(json.schemaVersion).toBe(1);
  expect(json.clusters[0].services[0].service).toBe('shop/cart');
  expect(json.dangers).toHaveLength(1);
});

test('no value of a Secret, and of a variable that sounds like one, is shown', async () => {
  const secret = (value: string) => `apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: ${value}}
---
${deployment('cart:v1').replace('image: "cart:v1"', `image: cart, env: [{name: DB_PASSWORD, value: ${value}}]`)}`;
  for (const format of ['text', 'json', 'markdown', 'gitlab']) {
    const { out, code } = await run([
      folder({ 'a.yaml': secret('hunter2') }),
      folder({ 'a.yaml': secret('hunter3') }),
      '--full',
      '--format',
      format,
    ]);
    expect(code).toBe(2);
    expect(out).not.toMatch(/hunter|aHVudGVy/);
  }
});
