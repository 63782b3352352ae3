import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
  const root = join(__dirname, '..');
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
