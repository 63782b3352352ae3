import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { BOUTIQUE } from '../../../test/catalog';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

// The construct library is loaded, which takes its time on a busy machine.
jest.setTimeout(120_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'aviary-synth-command-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('writes the tree and says what it did', async () => {
  const io = memoryIo();
  const out = path.join(folder, 'out');
  expect(await runProgram(['synth', '--catalog', BOUTIQUE, '--out', out], io)).toBe(0);
  expect(io.err).toMatch(/^12 services in 2 clusters, \d+ objects, 20 Canaries: \d+ files written, \d+\.\d\d s\n$/);
  const index = JSON.parse(readFileSync(path.join(out, 'index.json'), 'utf8'));
  expect(Object.keys(index.clusters)).toEqual(['production', 'staging']);
  expect(index.clusters.production.releases.frontend).toMatch(/^sha256:/);
});

test('--timing says where the time went', async () => {
  const io = memoryIo();
  const out = path.join(folder, 'out');
  expect(await runProgram(['synth', '--catalog', BOUTIQUE, '--out', out, '--quiet', '--timing'], io)).toBe(0);
  expect(io.err).toMatch(/^plan \d+ ms, build \d+ ms, check \d+ ms, write \d+ ms\n$/);
});

test('prints what is wrong with the catalog and writes nothing', async () => {
  const io = memoryIo();
  const catalog = path.join(folder, 'catalog.json');
  writeFileSync(catalog, '{"platform": 3}');
  const out = path.join(folder, 'out');
  expect(await runProgram(['synth', '--catalog', catalog, '--out', out, '--quiet'], io)).toBe(1);
  expect(io.err).toContain('catalog.json:1:14 /platform: error:');
  expect(existsSync(out)).toBe(false);
});

test('stops at files of the user', async () => {
  const io = memoryIo();
  writeFileSync(path.join(folder, 'notes.md'), 'mine');
  expect(await runProgram(['synth', '--catalog', BOUTIQUE, '--out', folder], io)).toBe(1);
  expect(io.err).toContain('notes.md. [foreign-file]');
  expect(readFileSync(path.join(folder, 'notes.md'), 'utf8')).toBe('mine');
});

test('knows its options', async () => {
  const io = memoryIo();
  expect(await runProgram(['synth', '--outt', 'x'], io)).toBe(2);
  expect(io.err).toContain("unknown option '--outt'");
});

test("the installed package does not make a project's tree without the charts of its app", async () => {
  writeFileSync(path.join(folder, 'cdk8s.yaml'), 'app: node main.js\n');
  const io = memoryIo({ cwd: folder, env: { AVIARY_ROOT: path.join(folder, 'node_modules', 'cdk8s-aviary') } });
  expect(await runProgram(['synth'], io)).toBe(2);
  expect(io.err).toContain(
    'this folder has a cdk8s app of its own, whose charts belong to the tree: run npx cdk8s synth',
  );
});
