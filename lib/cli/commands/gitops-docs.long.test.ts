import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..');

/** The walk-through as a shell runs it, block by block. */
function walkThrough(): string {
  const text = readFileSync(join(root, 'docs', 'gitops.md'), 'utf8');
  const part = text.slice(text.indexOf('## Try it on this machine'), text.indexOf('## What a publication does'));
  return [...part.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join('\n');
}

test('docs/gitops.md can be followed as it is written', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-docs-')));
  try {
    const script = `set -e\naviary() { "${process.execPath}" "${join(root, 'bin', 'aviary.js')}" "$@"; }\n${walkThrough()}`;
    const person = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@example.com',
    };
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, ...person },
      encoding: 'utf8',
    });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    // What the page says of the first publications, and the history at its end.
    expect(stdout).toMatch(/^published 33 files to main of /m);
    expect(stdout).toMatch(/^nothing to publish: main of /m);
    const subjects = stdout
      .trim()
      .split('\n')
      .slice(-5)
      .map((line) => line.replace(/^[0-9a-f]+ /, ''));
    expect(subjects).toEqual([
      'Roll back staging: cart',
      'Set staging: cart',
      'Promote staging to production: cart',
      'Set staging: cart',
      'Publish production, staging: cart, flagger-loadtester, web',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
