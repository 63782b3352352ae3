import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const root = join(__dirname, '..');

/** One import that each room must not have. */
const PLANTED: Readonly<Record<string, string>> = {
  kube: '../findings',
  findings: '../catalog',
  flagger: '../constructs',
  mesh: '../constructs',
  catalog: '../charts',
  policies: '../charts',
  constructs: '../catalog',
  charts: '../synth',
  manifests: '../world',
  world: '../catalog',
  preflight: '../synth',
  diff: '../catalog',
  tree: '../synth',
  synth: '../cli',
  app: '../cli',
  publish: '../synth',
  testing: '../cli',
  ci: '../publish',
  adopt: '../charts',
  doctor: '../catalog',
  cli: '../constructs',
};

test('Biome complains about one forbidden import a room', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aviary-rooms-'));
  try {
    const config = readFileSync(join(root, 'biome.jsonc'), 'utf8')
      .replace(/"vcs":[^}]*},/, '')
      .replace(/"\$schema":[^,]*,/, '');
    writeFileSync(join(folder, 'biome.jsonc'), config);
    for (const [room, target] of Object.entries(PLANTED)) {
      mkdirSync(join(folder, 'lib', room), { recursive: true });
      writeFileSync(
        join(folder, 'lib', room, 'planted.ts'),
        `import { planted } from '${target}';\n\nexport const seen = planted;\n`,
      );
    }
    const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
    const { stdout } = spawnSync(
      process.execPath,
      [biome, 'lint', '--reporter=github', '--max-diagnostics=100', 'lib'],
      { cwd: folder, encoding: 'utf8' },
    );
    const complaints = stdout.split('\n').filter((line) => line.includes('noRestrictedImports'));
    const rooms = Object.keys(PLANTED).filter((room) =>
      complaints.some((line) => line.includes(`lib/${room}/planted.ts`)),
    );
    expect(rooms).toEqual(Object.keys(PLANTED));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const lib = join(root, 'lib');
const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => join(lib, file));
const known = new Set(sources);

/** Files of lib that a file names, types included: an import, an export from elsewhere, a module loaded at need. */
function imported(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport\(|\brequire\() ?'(\.[^']*)'/g)].flatMap(([, name = '']) => {
    const base = join(dirname(file), name);
    return [`${base}.ts`, join(base, 'index.ts')].filter((path) => known.has(path));
  });
}

/** Groups of nodes that lead to each other, by Tarjan. */
function circles(nodes: Iterable<string>, next: (node: string) => Iterable<string>): string[][] {
  const found: string[][] = [];
  const indexes = new Map<string, { index: number; low: number; isOpen: boolean }>();
  const stack: string[] = [];
  const visit = (node: string) => {
    const own = { index: indexes.size, low: indexes.size, isOpen: true };
    indexes.set(node, own);
    stack.push(node);
    for (const other of next(node)) {
      const seen = indexes.get(other) ?? visit(other);
      if (seen.isOpen) own.low = Math.min(own.low, seen.low);
    }
    if (own.low === own.index) {
      const group = stack.splice(stack.indexOf(node));
      for (const one of group) indexes.get(one)!.isOpen = false;
      if (group.length > 1) found.push(group.sort());
    }
    return own;
  };
  for (const node of nodes) if (!indexes.has(node)) visit(node);
  return found;
}

const imports = new Map(sources.map((file) => [file, imported(file)]));
const roomOf = (file: string): string => relative(lib, file).split('/')[0]!;

test('no files of lib import each other in a circle, types included', () => {
  const found = circles(sources, (file) => imports.get(file)!);
  expect(found.map((group) => group.map((file) => relative(root, file)))).toEqual([]);
});

test('no rooms import each other in a circle', () => {
  const rooms = new Map<string, Set<string>>();
  for (const [file, others] of imports)
    for (const other of others) {
      const of = rooms.get(roomOf(file)) ?? new Set<string>();
      rooms.set(roomOf(file), of.add(roomOf(other)));
    }
  expect(circles(rooms.keys(), (room) => rooms.get(room) ?? [])).toEqual([]);
});

test('docs/architecture.md says which rooms import which', () => {
  const table = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const said = [...table.matchAll(/^\| `(\w+)` \| .* \| ([\w –]+) \|$/gm)].map(
    ([, room, list = '']) => `${room}: ${list}`,
  );
  const found = new Map<string, Set<string>>();
  for (const [file, others] of imports) {
    const room = roomOf(file);
    if (room.endsWith('.ts')) continue;
    const list = found.get(room) ?? new Set<string>();
    found.set(room, list);
    for (const other of others) if (roomOf(other) !== room) list.add(roomOf(other));
  }
  const expected = [...found].map(([room, list]) => `${room}: ${[...list].sort().join(' ') || '–'}`);
  expect(said.sort()).toEqual(expected.sort());
});

test('a planted circle is seen', () => {
  const planted = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', []],
  ]);
  expect(circles(planted.keys(), (node) => planted.get(node)!)).toEqual([['a', 'b', 'c']]);
});
