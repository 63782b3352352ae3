import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { benchCatalog } from '../bench/catalog';

const root = path.resolve(__dirname, '..');
// Real processes, dozens of them.
jest.setTimeout(300_000);

const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'aviary-kill-'));
const outdir = path.join(folder, 'dist');
const env = { ...process.env, AVIARY_CACHE_DIR: path.join(folder, 'cache'), CI: 'true' };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const catalogs = { old: path.join(folder, 'old.json'), new: path.join(folder, 'new.json') };
const broken = path.join(folder, 'broken.json');
beforeAll(() => {
  const base = benchCatalog({ services: 60, full: false });
  writeFileSync(catalogs.old, JSON.stringify(base));
  const changed = {
    ...base,
    defaults: { ...base.defaults, image: { tag: 'v2' } },
    services: [...base.services.slice(0, -1), { ...base.services.at(-1)!, name: 'renamed' }],
  };
  writeFileSync(catalogs.new, JSON.stringify(changed));
  writeFileSync(broken, '{');
});

const args = (catalog: string, out = outdir): string[] => [
  path.join(root, 'bin/aviary.js'),
  'synth',
  '--catalog',
  catalog,
  '--out',
  out,
];
const synth = (catalog: string, out?: string) =>
  spawnSync(process.execPath, args(catalog, out), { cwd: folder, env, encoding: 'utf8' });

function treeOf(out = outdir): Record<string, string> {
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(names.map((file) => [path.relative(out, file), readFileSync(file, 'utf8')]));
}

/** Starts a synth and kills it: after so many milliseconds, or so many after it began to replace the tree. */
function killed(catalog: string, milliseconds: number, isReplacing: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args(catalog), { cwd: folder, env, stdio: 'ignore' });
    const journal = path.join(folder, '.dist.aviary/journal.json');
    let isOver = false;
    child.once('exit', (code) => {
      isOver = true;
      resolve(code === null);
    });
    const kill = () => setTimeout(() => child.kill('SIGKILL'), milliseconds);
    const watch = () => {
      if (isOver) return;
      if (existsSync(journal)) kill();
      else setImmediate(watch);
    };
    if (isReplacing) watch();
    else kill();
  });
}

test('a process that is killed leaves the old tree or the new one, once the next command has run', async () => {
  const expected = Object.fromEntries(
    (['old', 'new'] as const).map((name) => {
      const out = path.join(folder, name);
      expect(synth(catalogs[name], out).status).toBe(0);
      return [name, JSON.stringify(treeOf(out))];
    }),
  );
  expect(synth(catalogs.old).status).toBe(0);
  const started = Date.now();
  expect(synth(catalogs.new).status).toBe(0);
  const usual = Date.now() - started;
  let now: 'old' | 'new' = 'new';
  const seen = { killed: 0, old: 0, new: 0 };
  // The same instants in each run, spread over the whole of it, and close to each other where files are replaced.
  const instants = [
    ...Array.from({ length: 8 }, (_, index) => ({ at: (usual * (index + 1)) / 8, isReplacing: false })),
    ...Array.from({ length: 15 }, (_, index) => ({ at: index % 5, isReplacing: true })),
  ];
  for (const { at, isReplacing } of instants) {
    const next = now === 'old' ? 'new' : 'old';
    if (await killed(catalogs[next], at, isReplacing)) seen.killed++;
    // A command that fails by itself recovers, too, and writes nothing of its own.
    expect(synth(broken).status).toBe(1);
    const tree = JSON.stringify(treeOf());
    const which = tree === expected.old ? 'old' : 'new';
    expect(tree === expected[which]).toBe(true);
    seen[which]++;
    now = which;
    expect(readdirSync(folder).filter((name) => name.startsWith('.dist'))).toEqual([]);
  }
  expect(seen.killed).toBeGreaterThan(10);
  expect(Math.min(seen.old, seen.new)).toBeGreaterThan(0);
});

test('two runs at once on one output folder come one after the other, with one cache', async () => {
  const run = (catalog: string): Promise<number | null> =>
    new Promise((resolve) => {
      spawn(process.execPath, args(catalog), { cwd: folder, env, stdio: 'ignore' }).once('exit', resolve);
    });
  for (let round = 0; round < 2; round++) {
    expect(await Promise.all([run(catalogs.old), run(catalogs.new), run(catalogs.old)])).toEqual([0, 0, 0]);
    const tree = JSON.stringify(treeOf());
    const clean = path.join(folder, `clean-${round}`);
    const results = (['old', 'new'] as const).map((name) => {
      synth(catalogs[name], clean);
      return JSON.stringify(treeOf(clean));
    });
    expect(results).toContain(tree);
  }
  const { stderr } = synth(catalogs.old);
  expect(stderr).not.toMatch(/cache/);
});
