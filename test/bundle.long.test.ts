import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

interface Bundle {
  readonly parts: readonly { readonly name: string; readonly source: string; readonly map: string }[];
  readonly inputs: readonly string[];
}

const root = path.resolve(__dirname, '..');
const { build } = require('../bin/bundle') as { build(root: string): Promise<Bundle> };
let bundle: Bundle;
beforeAll(async () => {
  bundle = await build(root);
});
const code = (): string => bundle.parts.map(({ source }) => source).join('');

const scratch = mkdtempSync(path.join(tmpdir(), 'aviary-bundle-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the app as `npx cdk8s synth` does; the parts of the bundle that it read. */
function partsOfRun(catalog: string): string[] {
  const seen = path.join(scratch, 'seen');
  const spy = path.join(scratch, 'spy.js');
  writeFileSync(
    spy,
    `const fs = require('node:fs'); const read = fs.readFileSync; const parts = [];
    fs.readFileSync = (file, ...rest) => { if (/part-\\d\\.js$/.test(file)) parts.push(file.slice(-9)); return read(file, ...rest); };
    process.on('exit', () => fs.writeFileSync(${JSON.stringify(seen)}, parts.join(' ')));`,
  );
  const { status, stderr } = spawnSync(process.execPath, ['--require', spy, 'bin/app.js'], {
    cwd: root,
    env: {
      ...process.env,
      AVIARY_CACHE_DIR: path.join(scratch, 'cache'),
      AVIARY_CATALOG: catalog,
      CDK8S_OUTDIR: path.join(scratch, 'dist'),
    },
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, expect.stringContaining('services in')]);
  return readFileSync(seen, 'utf8').split(' ');
}

test('a catalog that stays needs the first part alone, one that changes no command', () => {
  const text = readFileSync(path.join(root, 'services.json'), 'utf8');
  const catalog = path.join(scratch, 'services.json');
  writeFileSync(catalog, text);
  // Made here, and not read.
  partsOfRun(catalog);
  expect(partsOfRun(catalog)).toEqual(['part-0.js']);
  const value = JSON.parse(text) as { services: { env?: Record<string, unknown> }[] };
  value.services[0]!.env = { ...value.services[0]!.env, ADDED: 'yes' };
  writeFileSync(catalog, JSON.stringify(value, null, 2));
  expect(partsOfRun(catalog)).toEqual(['part-0.js', 'part-1.js']);
});

test('what is rewritten in the bundle is met, everywhere', () => {
  // What cdk8s generates: should it change, the copies come back.
  expect(code().match(/withoutUndefined\(/g)!.length).toBeGreaterThan(600);
  expect(code().match(/\.reduce\(\(r,i\)=>i\[1\]===void 0\?r:\{\.\.\.r,\[i\[0\]\]:i\[1\]\},\{\}\)/g)).toBeNull();
  // What esbuild generates.
  expect(code().match(/=require_module_of_node_\w+\(\) {8}/g)!.length).toBeGreaterThan(100);
  expect(code().match(/^(?:import|export)[\s{"]/gm)).toBeNull();
});

test('a variable that other modules see changes at no time after its module is evaluated', () => {
  // A part reads the variables of an earlier one when a module is evaluated, and never again.
  const own = bundle.inputs.filter((file) => file.startsWith('lib/') && file.endsWith('.ts'));
  expect(own.length).toBeGreaterThan(700);
  expect(own.filter((file) => /^export let /m.test(readFileSync(path.join(root, file), 'utf8')))).toEqual([]);
});

test('a place in a part leads to its source', () => {
  const { SourceMap } = require('node:module') as typeof import('node:module');
  const { source, map } = bundle.parts[1]!;
  const lines = source.split('\n');
  const sought = 'function loadCatalog(';
  const line = lines.findIndex((text) => text.includes(sought));
  const entry = new SourceMap(JSON.parse(map)).findEntry(line, lines[line]!.indexOf(sought));
  const file = 'lib/catalog/load.ts';
  const at = readFileSync(path.join(root, file), 'utf8')
    .split('\n')
    .findIndex((text) => text.includes(sought));
  expect(entry).toMatchObject({ originalSource: file, originalLine: at });
});
