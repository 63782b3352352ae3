import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smallCatalog } from '../../app/app.fixture';
import { removeTemporaryFolders, temporaryFolder } from '../../synth/synth.fixture';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

afterEach(removeTemporaryFolders);

const MOVED = '"cart" moves from wave 0 to wave 1 in cluster "production"';

function git(cwd: string, ...args: string[]): void {
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'init.defaultBranch=main'];
  const { status, stderr } = spawnSync('git', [...author, ...args], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const write = (folder: string, calls: boolean): void => {
  const catalog = smallCatalog();
  catalog.services.push({ ...catalog.services[0]!, name: 'store' });
  if (calls) catalog.services[0]!.env = { STORE_ADDR: { service: 'store' } };
  writeFileSync(join(folder, 'services.json'), JSON.stringify(catalog, null, 2));
};

async function aviary(cwd: string, ...args: string[]) {
  const io = memoryIo({ cwd });
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const code = await runProgram(args, io);
    return { code, said: `${io.out}${io.err}` };
  } finally {
    process.chdir(before);
  }
}

/** A repository whose last commit has the early tree, and whose working tree has the late one already: nothing there tells of the step. */
async function repository(): Promise<string> {
  const folder = temporaryFolder();
  write(folder, false);
  expect((await aviary(folder, 'synth')).code).toBe(0);
  git(folder, 'init', '-q');
  git(folder, 'add', '.');
  git(folder, 'commit', '-qm', 'one');
  mkdirSync(join(folder, 'kept'));
  cpSync(join(folder, 'dist'), join(folder, 'kept/dist'), { recursive: true });
  write(folder, true);
  const late = temporaryFolder();
  write(late, true);
  expect((await aviary(late, 'synth')).code).toBe(0);
  cpSync(join(late, 'dist'), join(folder, 'dist'), { recursive: true });
  return folder;
}

test.each(['HEAD', 'main', 'kept/dist'])('synth and preflight judge the step from %s', async (base) => {
  const folder = await repository();
  const synth = await aviary(folder, 'synth', '--base', base);
  expect([synth.code, synth.said]).toEqual([1, expect.stringContaining(MOVED)]);
  // And again: it is not said once only.
  expect((await aviary(folder, 'synth', '--base', base)).said).toContain(MOVED);
  const preflight = await aviary(folder, 'preflight', '--base', base);
  expect([preflight.code, preflight.said]).toEqual([
    1,
    expect.stringContaining('Deployment "cart" moves from Kustomization "apps-wave-0" to "apps-wave-1"'),
  ]);
  expect(preflight.said).toContain('more: aviary explain service-moves-to-later-wave\n');
});

test('a base that is none', async () => {
  const folder = temporaryFolder();
  write(folder, false);
  git(folder, 'init', '-q');
  for (const command of ['synth', 'preflight'])
    expect(await aviary(folder, command, '--base', 'no-such-branch')).toEqual({
      code: 2,
      said: expect.stringContaining('no such commit here'),
    });
});
