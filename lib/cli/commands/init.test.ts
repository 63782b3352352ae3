import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { preflightCatalog } from '../../synth';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';
import { version } from '../version';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-init-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function init(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = memoryIo({ cwd: folder });
  const code = await runProgram(['init', ...args], io);
  return { code, out: io.out, err: io.err };
}

const files = [
  '.gitignore',
  'Makefile',
  'README.md',
  'cdk8s.yaml',
  'jest.config.js',
  'main.test.ts',
  'main.ts',
  'package.json',
  'services.json',
  'tsconfig.json',
];

test('from a checkout it says how the package is made', async () => {
  const root = join(__dirname, '..', '..', '..');
  const io = memoryIo({ cwd: folder, env: { AVIARY_ROOT: root } });
  expect(await runProgram(['init', 'shop', '--yes'], io)).toBe(0);
  expect(io.out.split('\n').slice(1)).toEqual([
    'next: this is a checkout, of which a package is made first; where a registry has cdk8s-aviary, "npm install" is enough',
    `  npm pack ${relative(folder, root)}`,
    `  cd shop && npm install --save-dev ../cdk8s-aviary-${version}.tgz && npx cdk8s synth && npm test`,
    '',
  ]);
});

test('writes a project, and says what', async () => {
  expect(await init('shop', '--yes')).toEqual({
    code: 0,
    out:
      'wrote services.json, main.ts, main.test.ts, cdk8s.yaml, package.json, tsconfig.json, jest.config.js, .gitignore, README.md, Makefile in shop\n' +
      'next: cd shop && npm install && npx cdk8s synth && npm test\n',
    err: '',
  });
  expect(readdirSync(join(folder, 'shop')).sort()).toEqual(files);
  expect(JSON.parse(readFileSync(join(folder, 'shop', 'services.json'), 'utf8'))).toMatchObject({
    platform: { namespace: 'shop', mesh: 'kubernetes' },
    clusters: [{ name: 'production', flux: { mode: 'FluxInstance' } }],
    services: [{ name: 'frontend' }, { name: 'backend' }],
  });
});

test('overwrites nothing', async () => {
  mkdirSync(join(folder, 'shop'));
  writeFileSync(join(folder, 'shop', 'main.ts'), 'mine');
  expect((await init('shop')).out).toContain('there already, and left as they are: main.ts\n');
  expect(readFileSync(join(folder, 'shop', 'main.ts'), 'utf8')).toBe('mine');
  expect((await init('shop')).out).not.toContain('wrote');
});

const error = (findings: readonly { severity: string; message: string }[]) =>
  findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);

test.each([
  ['the defaults', []],
  ['gotk', ['--flux', 'gotk']],
  ['a sidecar mesh', ['--mesh', 'istio-sidecar']],
  ['the Gateway API', ['--mesh', 'istio-gateway-api']],
  ['an ambient mesh', ['--mesh', 'istio-ambient']],
  ['Online Boutique', ['--example', 'online-boutique', '--repository', 'https://git.example.com/x.git']],
])('the catalog is sound: %s', async (_, args) => {
  expect((await init('.', '--name', 'shop', ...args)).code).toBe(0);
  const { findings } = preflightCatalog(join(folder, 'services.json'));
  expect(error(findings)).toEqual([]);
});

test.each([
  ['gitlab', '.gitlab-ci.yml', 'npx jest --ci'],
  ['github', '.github/workflows/gitops.yml', 'npx jest --ci'],
])('a pipeline for %s', async (host, file, expected) => {
  expect((await init('shop', '--ci', host)).out).toContain(`Makefile, ${file} in shop`);
  expect(readFileSync(join(folder, 'shop', file), 'utf8')).toContain(expected);
});

test.each([
  ['a name that no namespace has', ['--name', 'My Shop'], 'error: the name "My Shop" '],
  [
    'an example that is not there',
    ['--example', 'three'],
    "error: option '--example <example>' argument 'three' is invalid.",
  ],
])('refused: %s', async (_, args, expected) => {
  const { code, err } = await init('.', ...args);
  expect(code).toBe(2);
  expect(err).toContain(expected);
  expect(readdirSync(folder)).toEqual([]);
});
