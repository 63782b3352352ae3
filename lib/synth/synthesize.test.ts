import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import type { Unit } from '../charts';
import { MadeObjects, TextFile } from '../constructs';
import { GENERATED_LINE } from './generated';
import { readTree, removeTemporaryFolders, synthIn, temporaryFolder, toyUnit, toyUnits } from './synth.fixture';
import { type KeptPlan, synthesize } from './synthesize';

let folder: string;
let outdir: string;
beforeEach(() => {
  folder = temporaryFolder();
  outdir = path.join(folder, 'dist');
});
afterEach(removeTemporaryFolders);

const units = toyUnits({ 'c/a': '1', 'c/b': '1', d: '1' });
const messages = (result: { findings: readonly { code: string; message: string }[] }) =>
  result.findings.map(({ code, message }) => `${message} [${code}]`);

describe('a run', () => {
  test('writes the files and the index', async () => {
    const result = await synthIn(folder, [
      toyUnit('b', { path: 'x/b.yaml', names: ['b'], release: 'sha256:2' }),
      toyUnit('a', { path: 'x/a.yaml', names: ['a'], release: 'sha256:1' }),
    ]);
    expect(result.summary).toMatchObject({ services: 2, objects: 2, written: 3, removed: 0, unchanged: 0 });
    expect(readTree(outdir)).toEqual({
      'index.json': `${JSON.stringify({ clusters: { test: { files: ['x/a.yaml', 'x/b.yaml'], releases: { a: 'sha256:1', b: 'sha256:2' } } } }, null, 2)}\n`,
      'x/a.yaml': `${GENERATED_LINE}apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: shop\ndata:\n  k: v\n`,
      'x/b.yaml': `${GENERATED_LINE}apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  namespace: shop\ndata:\n  k: v\n`,
    });
    expect(readdirSync(folder).sort()).toEqual(['cache', 'dist']);
  });

  test('writes texts as they are, and nothing of what a controller makes of them; checks see that', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' } };
    const unit: Unit = {
      id: 'chart',
      cluster: '',
      input: {},
      build: (app) => {
        new TextFile(app, 'text', { path: 'charts/a/Chart.yaml', text: 'name: {{ a }}\n' });
        new MadeObjects(app, 'made', { path: 'charts/a/Chart.yaml', objects: [object] });
      },
    };
    const seen: unknown[] = [];
    const check = ({ objects }: { objects(): Iterable<{ readonly object: unknown }> }) => {
      seen.push(...[...objects()].map((one) => one.object));
      return { findings: [] };
    };
    const expected = {
      'charts/a/Chart.yaml': 'name: {{ a }}\n',
      'index.json': `${JSON.stringify({ clusters: {}, files: ['charts/a/Chart.yaml'] }, null, 2)}\n`,
    };
    await synthIn(folder, [unit], { check });
    expect(seen).toEqual([object]);
    expect(readTree(outdir)).toEqual(expected);
    // The second time from the cache, with what was lost put back.
    rmSync(path.join(outdir, 'charts'), { recursive: true });
    expect((await synthIn(folder, [unit])).work.unitsBuilt).toBe(0);
    expect(readTree(outdir)).toEqual(expected);
  });

  test('does not touch what is unchanged', async () => {
    await synthIn(folder, units);
    const signature = () => [
      lstatSync(path.join(outdir, 'c/a.yaml')).ino,
      lstatSync(path.join(outdir, 'c/a.yaml')).mtimeMs,
    ];
    const before = signature();
    const built: string[] = [];
    const changed = toyUnits({ 'c/a': '1', 'c/b': '2', d: '1' }).map(
      (unit): Unit => ({
        ...unit,
        build: (app) => {
          built.push(unit.id);
          unit.build(app);
        },
      }),
    );
    const { summary, work } = await synthIn(folder, changed);
    expect(built).toEqual(['c/b']);
    expect(summary).toMatchObject({ written: 1, removed: 0, unchanged: 3 });
    expect(work).toMatchObject({ unitsBuilt: 1, objectsRendered: 1 });
    expect(signature()).toEqual(before);
  });

  test('does not even plan when it reads the same', async () => {
    await synthIn(folder, units, { fingerprint: 'same' });
    const plan = () => {
      throw new Error('planned');
    };
    const options = { outdir, cacheDir: path.join(folder, 'cache'), codeDigest: 'code' };
    expect((await synthesize(plan, { ...options, fingerprint: 'same' })).summary).toMatchObject({
      unchanged: 4,
      objects: 3,
    });
    await expect(synthesize(plan, { ...options, fingerprint: 'other' })).rejects.toThrow('planned');
    await expect(synthesize(plan, { ...options, fingerprint: 'same', codeDigest: 'new' })).rejects.toThrow('planned');
  });

  test('writes again what was edited or deleted by hand, without building', async () => {
    await synthIn(folder, units);
    const whole = readTree(outdir);
    writeFileSync(path.join(outdir, 'd.yaml'), 'edited');
    rmSync(path.join(outdir, 'c'), { recursive: true });
    const { summary, work } = await synthIn(folder, units);
    expect(summary).toMatchObject({ written: 3, unchanged: 1 });
    expect(work.unitsBuilt).toBe(0);
    expect(readTree(outdir)).toEqual(whole);
  });

  test('removes files and folders that are no longer wanted', async () => {
    await synthIn(folder, units);
    const { summary } = await synthIn(folder, toyUnits({ d: '1' }));
    expect(summary).toMatchObject({ removed: 2, written: 1 });
    expect(readdirSync(outdir).sort()).toEqual(['d.yaml', 'index.json']);
  });

  test('removes them in a fresh clone, too: the index names them', async () => {
    await synthIn(folder, units);
    rmSync(path.join(folder, 'cache'), { recursive: true });
    expect((await synthIn(folder, toyUnits({ d: '1' }))).summary).toMatchObject({ removed: 2 });
  });

  test('builds all of it when the code changes', async () => {
    await synthIn(folder, units);
    const { work, summary } = await synthIn(folder, units, { codeDigest: 'new' });
    expect(work.unitsBuilt).toBe(3);
    expect(summary).toMatchObject({ written: 0, unchanged: 4 });
  });

  test('remembers nothing without a cache', async () => {
    await synthIn(folder, units, { cacheDir: undefined });
    expect((await synthIn(folder, units, { cacheDir: undefined })).work.unitsBuilt).toBe(3);
    expect(existsSync(path.join(folder, 'cache'))).toBe(false);
  });

  test('refuses two units of one id, which is a bug', async () => {
    await expect(synthIn(folder, [units[0]!, units[0]!])).rejects.toThrow('two units have the id "c/a"');
  });
});

describe('nothing is written when', () => {
  test.each<[string, Unit[], string]>([
    [
      'a path is absolute',
      [toyUnit('u', { path: '/etc/x.yaml', names: ['x'] })],
      'the path "/etc/x.yaml" of a file of u is absolute [unsafe-path]',
    ],
    [
      'a path leaves the folder',
      [toyUnit('u', { path: 'a/../../x.yaml', names: ['x'] })],
      'the path "a/../../x.yaml" of a file of u leaves the output folder by ".." [unsafe-path]',
    ],
    [
      'a path is of another system',
      [toyUnit('u', { path: 'a\\x.yaml', names: ['x'] })],
      'the path "a\\x.yaml" of a file of u has a backslash; folders are separated by "/" [unsafe-path]',
    ],
    [
      'two files have one path',
      [toyUnit('u', { path: 'a.yaml', names: ['x'] }), toyUnit('v', { path: 'A.yaml', names: ['y'] })],
      'u and v both write "A.yaml" [duplicate-path]',
    ],
    [
      'a file takes the place of the index',
      [toyUnit('u', { path: 'index.json', names: ['x'] })],
      'the index of the tree and u both write "index.json" [duplicate-path]',
    ],
    [
      'an object is twice',
      [toyUnit('u', { path: 'a.yaml', names: ['x'] }), toyUnit('v', { path: 'b.yaml', names: ['y', 'x'] })],
      'the object is in "a.yaml" and in "b.yaml" [duplicate-object]',
    ],
    [
      'an object is twice in a file',
      [toyUnit('u', { path: 'a.yaml', names: ['x', 'x'] })],
      'the object is twice in "a.yaml" [duplicate-object]',
    ],
    [
      'a number is none',
      [toyUnit('u', { path: 'a.yaml', names: ['x'], data: { n: Number.NaN } })],
      'ConfigMap x has a value that cannot be written: /data/n is NaN, which JSON does not have [unrepresentable-value]',
    ],
    [
      'a construct throws',
      [
        {
          ...units[0]!,
          id: 'bad',
          build: () => {
            throw new Error('no port');
          },
        },
      ],
      'bad cannot be built: no port [construct-failed]',
    ],
    [
      'a validation fails',
      [{ ...units[0]!, id: 'bad', build: (app) => app.node.addValidation({ validate: () => ['too big', 'too red'] }) }],
      'bad cannot be built: Validation failed with the following errors:\n  [] too big\n  [] too red [construct-failed]',
    ],
  ])('%s', async (_, bad, expected) => {
    await synthIn(folder, units);
    const before = readTree(outdir);
    const result = await synthIn(folder, bad);
    expect(messages(result)).toEqual([expected]);
    expect(result.summary).toBeUndefined();
    expect(readTree(outdir)).toEqual(before);
  });

  test('the same object stands in another cluster: that is right', async () => {
    const result = await synthIn(folder, [
      toyUnit('u', { path: 'a.yaml', names: ['x'] }, 'one'),
      toyUnit('v', { path: 'b.yaml', names: ['x'] }, 'two'),
    ]);
    expect(result.findings).toEqual([]);
  });

  test('the plan has an error', async () => {
    const finding = { code: 'bad', severity: 'error', place: {}, message: 'bad' } as const;
    const result = await synthesize({ units, findings: [finding] }, { outdir });
    expect(result).toMatchObject({ findings: [finding] });
    expect(existsSync(outdir)).toBe(false);
  });

  test('the output folder is a file', async () => {
    writeFileSync(outdir, '');
    expect(messages(await synthIn(folder, units))).toEqual([
      `the output folder cannot be written: ${outdir} is not a folder [output-not-writable]`,
    ]);
  });

  test.each(['.', '..', '/'])('the output folder "%s" holds the working directory', async (dir) => {
    expect((await synthesize({ units }, { outdir: dir })).findings.map(({ code }) => code)).toEqual([
      'unsafe-output-folder',
    ]);
  });
});

describe('a check', () => {
  const error = { code: 'bad', severity: 'error', place: {}, message: 'bad' } as const;
  const warning = { ...error, severity: 'warning' } as const;

  test('sees every object, cached ones too', async () => {
    await synthIn(folder, units);
    const seen: unknown[] = [];
    await synthIn(folder, toyUnits({ 'c/a': '1', 'c/b': '2', d: '1' }), {
      check: ({ objects }) => {
        for (const { object, unit, cluster, file } of objects()) seen.push([object.metadata.name, unit, cluster, file]);
        return { findings: [] };
      },
    });
    expect(seen).toEqual([
      ['c-a', 'c/a', 'test', 'c/a.yaml'],
      ['c-b', 'c/b', 'test', 'c/b.yaml'],
      ['d', 'd', 'test', 'd.yaml'],
    ]);
  });

  test('stops the run by an error', async () => {
    const result = await synthIn(folder, units, { check: () => ({ findings: [error] }) });
    expect(result.findings).toEqual([error]);
    expect(existsSync(outdir)).toBe(false);
  });

  test('that warned warns again when nothing has changed, without looking again', async () => {
    let calls = 0;
    const check = () => {
      calls++;
      return { findings: [warning] };
    };
    await synthIn(folder, units, { check, fingerprint: 'f' });
    expect((await synthIn(folder, units, { check, fingerprint: 'f' })).findings).toEqual([warning]);
    expect(calls).toBe(1);
  });

  test('is made up for when the last run had none', async () => {
    await synthIn(folder, units, { fingerprint: 'f' });
    expect((await synthIn(folder, units, { check: () => ({ findings: [error] }), fingerprint: 'f' })).findings).toEqual(
      [error],
    );
  });
});

describe('files that no synth wrote', () => {
  test('stop it, and all are named', async () => {
    await synthIn(folder, units);
    mkdirSync(path.join(outdir, 'notes'));
    writeFileSync(path.join(outdir, 'notes/todo.md'), 'mine');
    symlinkSync('/etc', path.join(outdir, 'link'));
    writeFileSync(path.join(outdir, 'new.yaml'), 'mine');
    const result = await synthIn(folder, [...units, ...toyUnits({ new: '1' })]);
    expect(messages(result)).toEqual([
      'no synth wrote these 3 files in the output folder: link, new.yaml, notes/todo.md [foreign-file]',
    ]);
    expect(readFileSync(path.join(outdir, 'new.yaml'), 'utf8')).toBe('mine');
  });

  test('go with force; links are not followed', async () => {
    const outside = path.join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(path.join(outside, 'a.yaml'), 'mine');
    mkdirSync(outdir);
    symlinkSync(outside, path.join(outdir, 'c'));
    expect((await synthIn(folder, units)).findings.map(({ code }) => code)).toEqual(['foreign-file']);
    expect((await synthIn(folder, units, { force: true })).summary).toMatchObject({ written: 4, removed: 1 });
    expect(readFileSync(path.join(outside, 'a.yaml'), 'utf8')).toBe('mine');
    expect(lstatSync(path.join(outdir, 'c')).isDirectory()).toBe(true);
  });

  test('are none when they hold what would be written', async () => {
    await synthIn(folder, units);
    rmSync(path.join(folder, 'cache'), { recursive: true });
    rmSync(path.join(outdir, 'index.json'));
    expect((await synthIn(folder, units)).summary).toMatchObject({ written: 1, unchanged: 3 });
  });

  test('never go when they are a git repository', async () => {
    mkdirSync(path.join(outdir, 'x/.git'), { recursive: true });
    expect(messages(await synthIn(folder, units, { force: true }))).toEqual([
      'the output folder holds a git repository (x/.git) [foreign-file]',
    ]);
  });
});

describe('the cache', () => {
  const cacheFiles = () => {
    const [name] = readdirSync(path.join(folder, 'cache'));
    return readdirSync(path.join(folder, 'cache', name!)).map((file) => path.join(folder, 'cache', name!, file));
  };

  test.each<[string, (file: string) => void]>([
    ['truncated', (file) => truncateSync(file, 20)],
    ['empty', (file) => truncateSync(file, 0)],
    [
      'garbled',
      (file) => {
        const bytes = readFileSync(file);
        bytes.fill(0x20, Math.floor(bytes.length / 2));
        writeFileSync(file, bytes);
      },
    ],
    ['removed', (file) => rmSync(file)],
  ])('%s anywhere: one line at most, and the right tree', async (_, damage) => {
    await synthIn(folder, units);
    const whole = readTree(outdir);
    for (let index = 0; index < 2; index++) {
      await synthIn(folder, units);
      damage(cacheFiles()[index]!);
      rmSync(path.join(outdir, 'd.yaml'));
      const notices: string[] = [];
      await synthIn(folder, units, { onNotice: (line) => notices.push(line) });
      expect(notices.length).toBeLessThanOrEqual(1);
      for (const notice of notices) expect(notice).toMatch(/^The cache is damaged \(.*\): everything is built anew\.$/);
      expect(readTree(outdir)).toEqual(whole);
    }
  });

  test('keeps what a plan wants to know again, for the same code', async () => {
    const seen: unknown[] = [];
    const plan = (text: string) => (last?: KeptPlan) => {
      seen.push(last);
      return { units, keep: { text, data: [text.length] } };
    };
    const options = { outdir, cacheDir: path.join(folder, 'cache'), codeDigest: 'code' };
    await synthesize(plan('one'), options);
    await synthesize(plan('zwei'), options);
    await synthesize(plan('drei'), { ...options, codeDigest: 'other' });
    await synthesize({ units }, options);
    await synthesize(plan(''), options);
    expect(seen).toEqual([undefined, { text: 'one', data: [3] }, undefined, undefined]);
    expect(cacheFiles().filter((file) => file.endsWith('.txt')).length).toBe(1);
  });

  test('a unit that the plan knows to be the same is not looked at', async () => {
    await synthIn(folder, units);
    const changed = units.map((unit) => ({ ...unit, input: { other: unit.id } }));
    const options = { outdir, cacheDir: path.join(folder, 'cache'), codeDigest: 'code' };
    const { work } = await synthesize({ units: changed, isSame: ({ id }) => id !== units[0]!.id }, options);
    expect(work.unitsBuilt).toBe(1);
    // Without a cache there is nothing that it could be the same as.
    const fresh = await synthesize({ units, isSame: () => true }, { ...options, cacheDir: path.join(folder, 'none') });
    expect(fresh.work.unitsBuilt).toBe(units.length);
  });

  test('does not grow with the number of runs', async () => {
    for (let run = 0; run < 40; run++) await synthIn(folder, toyUnits({ a: '1', b: '1', c: `${run}` }));
    expect(cacheFiles().length).toBeLessThan(16);
  });

  test('of a run whose state could not be written costs time only', async () => {
    await synthIn(folder, units);
    const notices: string[] = [];
    mkdirSync(`${cacheFiles().find((file) => file.endsWith('state.json'))}.draft`);
    const { summary } = await synthIn(folder, toyUnits({ d: '2' }), { onNotice: (line) => notices.push(line) });
    expect(summary?.written).toBe(2);
    expect(notices).toEqual([expect.stringMatching(/^The cache could not be written/)]);
  });
});

describe('after the cdk8s CLI deleted the output folder', () => {
  test('a failing run puts the last tree back', async () => {
    await synthIn(folder, units);
    const whole = readTree(outdir);
    rmSync(outdir, { recursive: true });
    const notices: string[] = [];
    const { summary } = await synthIn(folder, [toyUnit('u', { path: '/x', names: [] })], {
      restore: true,
      onNotice: (line) => notices.push(line),
    });
    expect(summary).toBeUndefined();
    expect(readTree(outdir)).toEqual(whole);
    expect(notices).toEqual([`The last tree (4 files) was put back into ${outdir}.`]);
  });

  test('a good run writes it without building', async () => {
    await synthIn(folder, units);
    rmSync(outdir, { recursive: true });
    expect((await synthIn(folder, units)).work.unitsBuilt).toBe(0);
    expect(readTree(outdir)).toBeDefined();
  });
});

test('the work grows with the units, not faster', async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      toyUnit(`u${index}`, { path: `${index}.yaml`, names: [`n${index}`, `m${index}`] }),
    );
  const work = async (count: number) => (await synthIn(temporaryFolder(), many(count))).work;
  const one = await work(1);
  expect(await work(50)).toEqual({
    unitsBuilt: 50,
    constructsVisited: 50 * one.constructsVisited,
    objectsRendered: 100,
    objectsChecked: 0,
  });
});
