import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runProcess } from './processes';

const root = join(__dirname, '..');
const LEFT_OUT = new Set(['node_modules', '.git', 'build', 'coverage']);
let copy: string;
const run = (command: string, args: readonly string[]) => runProcess(copy, command, args, { CI: 'true' });

/** The checkout as somebody else has it, with a cache of its own. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'aviary-first-hour-'));
  cpSync(root, copy, { recursive: true, filter: (source) => source === root || !LEFT_OUT.has(basename(source)) });
  const modules = join(root, 'node_modules');
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(modules)) {
    if (name !== '.cache') symlinkSync(join(modules, name), join(copy, 'node_modules', name), 'junction');
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test('a catalog of one service, written to dist/, leaves every test of the product green', () => {
  const catalog = {
    $schema: './services.schema.json',
    platform: {
      namespace: 'shop',
      registry: 'registry.example.com/shop',
      gitops: { url: 'https://git.example.com/gitops.git' },
    },
    clusters: [{ name: 'production', domain: 'example.com', flux: { mode: 'gotk' } }],
    services: [{ name: 'web', image: { tag: '1.0.0' }, ports: [{ port: 8080, protocol: 'http' }] }],
  };
  writeFileSync(join(copy, 'services.json'), JSON.stringify(catalog, null, 2));
  const synth = run(process.execPath, ['bin/aviary.js', 'synth']);
  expect([synth.status, synth.output.match(/^1 service in 1 cluster, /m)?.[0]]).toEqual([
    0,
    '1 service in 1 cluster, ',
  ]);
  // On a busy machine two suites side by side take what they take.
  const options = ['--ci', '--silent', '--workerThreads=false', '--testTimeout=600000'];
  const jest = run(process.execPath, ['node_modules/jest/bin/jest.js', ...options]);
  const failed = jest.output.match(/^FAIL .*|● .*/gm) ?? [];
  expect([jest.status, failed]).toEqual([0, []]);
});
