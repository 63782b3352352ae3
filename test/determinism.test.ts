import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Other versions of node are tried by `npm run test:node`, which may fetch them. */
const root = join(__dirname, '..');

function tree(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')]),
  );
}

test.each<[string, Record<string, string>]>([
  ['Turkish, far east', { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' }],
  ['German, far west', { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', TZ: 'Pacific/Pago_Pago' }],
])('locale and time zone change no byte: %s', (_, env) => {
  const folder = mkdtempSync(join(tmpdir(), 'aviary-determinism-'));
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(root, 'bin/aviary.js'), 'synth', '--no-cache', '--quiet', '--out', folder],
      {
        cwd: root,
        env: { ...process.env, ...env },
        encoding: 'utf8',
      },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(tree(folder)).toEqual(tree(join(root, 'dist')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
