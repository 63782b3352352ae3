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

describe('the installed package, in a project with an app of its own', () => {
  const installed = () =>
    memoryIo({ cwd: folder, env: { ...process.env, AVIARY_ROOT: path.join(folder, 'node_modules/x') } });

  test('starts it, and tells it what the command line says', async () => {
    writeFileSync(path.join(folder, 'cdk8s.yaml'), 'app: node main.js\n');
    const script =
      "console.error([process.env.AVIARY_RUN, process.env.AVIARY_ROOT].join(' ')); process.exitCode = Number(process.env.FAILS ?? 0)";
    writeFileSync(path.join(folder, 'main.js'), script);
    const io = installed();
    expect(await runProgram(['synth', '--force', '--quiet'], io)).toBe(0);
    expect(io.err).toBe('{"force":true,"cache":true,"quiet":true,"timing":false} \n');
    const failing = { ...installed(), env: { ...installed().env, FAILS: '1' } };
    expect(await runProgram(['synth'], failing)).toBe(1);
  });

  test('says that its settings name none', async () => {
    writeFileSync(path.join(folder, 'cdk8s.yaml'), 'language: typescript\n');
    const io = installed();
    expect(await runProgram(['synth'], io)).toBe(2);
    expect(io.err).toContain('cdk8s.yaml names no app, and its charts would be missing in the tree');
  });
});
