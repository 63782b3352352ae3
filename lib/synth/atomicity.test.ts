import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { recover } from '../tree';
import {
  failingFileSystem,
  Killed,
  mortalFileSystem,
  readTree,
  removeTemporaryFolders,
  synthIn,
  temporaryFolder,
  toyUnit,
  toyUnits,
} from './synth.fixture';

afterEach(removeTemporaryFolders);

// Hundreds of synths, which take their time on a busy disk.
jest.setTimeout(120_000);

/** A change, a removal, an addition, a file that becomes a folder and a folder that becomes a file. */
const OLD = [
  ...toyUnits({ same: '1', changed: '1', removed: '1', 'sub/gone': '1' }),
  toyUnit('kind', { path: 'kind', names: ['kind'] }),
  toyUnit('deep', { path: 'turn/file.yaml', names: ['deep'] }),
];
const NEW = [
  ...toyUnits({ same: '1', changed: '2', 'new/added': '2' }),
  toyUnit('kind', { path: 'kind/file.yaml', names: ['kind'] }),
  toyUnit('deep', { path: 'turn', names: ['deep'] }),
];

async function trees() {
  const [a, b] = [temporaryFolder(), temporaryFolder()];
  await synthIn(a, OLD);
  await synthIn(b, NEW);
  return { old: readTree(path.join(a, 'dist')), new: readTree(path.join(b, 'dist')) };
}

describe('a kill at every instant', () => {
  test('leaves the old tree or the new one, once the next command has run', async () => {
    const expected = await trees();
    expect(expected.old).not.toEqual(expected.new);
    const seen = { old: 0, new: 0 };
    let isDone = false;
    for (let instant = 0; !isDone; instant++) {
      const folder = temporaryFolder();
      const outdir = path.join(folder, 'dist');
      await synthIn(folder, OLD);
      try {
        await synthIn(folder, NEW, { fs: mortalFileSystem(instant) });
        isDone = true;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
      recover(outdir);
      const tree = readTree(outdir);
      const which = JSON.stringify(tree) === JSON.stringify(expected.old) ? 'old' : 'new';
      expect(tree).toEqual(expected[which]);
      seen[which]++;
      // Nothing is left beside it, and the next run works.
      expect(readdirSync(folder).filter((name) => name.startsWith('.dist'))).toEqual([]);
      await synthIn(folder, NEW);
      expect(readTree(outdir)).toEqual(expected.new);
      removeTemporaryFolders();
    }
    expect(seen.old).toBeGreaterThan(10);
    expect(seen.new).toBeGreaterThan(10);
  });

  test('also in the recovery from a kill', async () => {
    const expected = await trees();
    const texts = [JSON.stringify(expected.old), JSON.stringify(expected.new)];
    for (const instant of [15, 19, 23, 27, 31, 35]) {
      for (let second = 0; second < 45; second += 4) {
        const folder = temporaryFolder();
        const outdir = path.join(folder, 'dist');
        await synthIn(folder, OLD);
        await expect(synthIn(folder, NEW, { fs: mortalFileSystem(instant) })).rejects.toThrow(Killed);
        try {
          recover(outdir, mortalFileSystem(second));
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
        }
        recover(outdir);
        expect(texts).toContain(JSON.stringify(readTree(outdir)));
        removeTemporaryFolders();
      }
    }
  });

  test('of a first run leaves no tree or the whole one', async () => {
    const reference = temporaryFolder();
    await synthIn(reference, NEW);
    const whole = readTree(path.join(reference, 'dist'));
    for (let instant = 0; ; instant++) {
      const folder = temporaryFolder();
      const outdir = path.join(folder, 'dist');
      let isKilled = false;
      try {
        await synthIn(folder, NEW, { fs: mortalFileSystem(instant) });
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        isKilled = true;
      }
      recover(outdir);
      const tree = readTree(outdir);
      if (tree !== undefined) expect(tree).toEqual(whole);
      if (!isKilled) break;
    }
  });
});

describe('a disk that fails', () => {
  test.each([
    ['is full, from the nth write on', ['writeFileSync', 'writeSync', 'mkdirSync', 'openSync'], 'ENOSPC', true],
    ['refuses one rename', ['renameSync'], 'EACCES', false],
    ['refuses one link, which only needs another way', ['linkSync'], 'EPERM', false],
    ['refuses one new folder', ['mkdirSync'], 'EACCES', false],
    ['fails once in everything', ['renameSync', 'linkSync', 'mkdirSync', 'unlinkSync', 'writeFileSync'], 'EIO', false],
  ])('%s: the old tree stays or the new one is whole', async (_, calls, code, isLasting) => {
    const expected = await trees();
    let failures = 0;
    for (let nth = 1; ; nth++) {
      const folder = temporaryFolder();
      const outdir = path.join(folder, 'dist');
      await synthIn(folder, OLD);
      const fs = failingFileSystem(calls, nth, code, isLasting);
      const { summary, findings } = await synthIn(folder, NEW, { fs });
      if (summary) expect(readTree(outdir)).toEqual(expected.new);
      else {
        failures++;
        expect(findings.map((finding) => finding.code)).toEqual(['output-not-writable']);
        recover(outdir);
        expect([JSON.stringify(expected.old), JSON.stringify(expected.new)]).toContain(
          JSON.stringify(readTree(outdir)),
        );
      }
      removeTemporaryFolders();
      if (fs.changes < nth) break;
    }
    if (code !== 'EPERM') expect(failures).toBeGreaterThan(1);
  });

  const asUser = process.getuid?.() === 0 ? test.skip : test;
  asUser('has a folder that may not be written: the old tree stays', async () => {
    const folder = temporaryFolder();
    await synthIn(folder, OLD);
    const old = readTree(path.join(folder, 'dist'));
    chmodSync(path.join(folder, 'dist/sub'), 0o555);
    const { findings } = await synthIn(folder, NEW);
    chmodSync(path.join(folder, 'dist/sub'), 0o755);
    expect(findings.map(({ code }) => code)).toEqual(['output-not-writable']);
    expect(readTree(path.join(folder, 'dist'))).toEqual(old);
  });

  test('may refuse everything when there is nothing to do', async () => {
    const folder = temporaryFolder();
    await synthIn(folder, OLD, { fingerprint: 'f' });
    const fs = failingFileSystem(['mkdirSync', 'writeFileSync', 'renameSync', 'openSync'], 1, 'EROFS', true);
    const { summary } = await synthIn(folder, OLD, { fingerprint: 'f', fs });
    expect(summary).toMatchObject({ written: 0, removed: 0, unchanged: 7 });
  });
});

test('two runs at once wait for each other', async () => {
  const folder = temporaryFolder();
  // A lock of a process that lives (our parent) and one of a process that does not.
  const lock = path.join(folder, '.dist.aviary');
  mkdirSync(lock);
  writeFileSync(path.join(lock, 'owner.json'), JSON.stringify({ pid: 2 ** 30, host: require('node:os').hostname() }));
  const { summary } = await synthIn(folder, OLD);
  expect(summary?.written).toBe(7);
  expect(existsSync(lock)).toBe(false);
});
