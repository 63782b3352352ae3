import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const root = path.resolve(__dirname, '..');
jest.setTimeout(120_000);

/** A project in small: the launcher itself, and three entries that print what they are made of. */
function project(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'aviary-launcher-'));
  folders.push(folder);
  cpSync(path.join(root, 'bin'), path.join(folder, 'bin'), { recursive: true });
  mkdirSync(path.join(folder, 'node_modules/dep'), { recursive: true });
  symlinkSync(path.join(root, 'node_modules/esbuild'), path.join(folder, 'node_modules/esbuild'));
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  write('package.json', '{}');
  write('node_modules/dep/package.json', '{"main": "a.js"}');
  write('node_modules/dep/a.js', 'exports.dep = "dep a";');
  write('node_modules/dep/b.js', 'exports.dep = "dep b";');
  write(
    'main.ts',
    "import { value } from './lib/value'; import { dep } from 'dep'; import data from './data.json'; console.log(value, dep, data.text, process.env.AVIARY_CODE_DIGEST);",
  );
  write('data.json', '{"text": "data 1"}');
  write('lib/value/index.ts', "export const value = 'value 1';");
  write('lib/app/start.ts', 'export function startMain(load: () => unknown) { load(); }');
  write('lib/cli/start.ts', "export function startCli() { console.log('cli', process.argv.slice(2).join()); }");
  write('lib/synth/build-worker.ts', 'export function runBuildWorker() {}');
  return folder;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function run(folder: string, script = 'bin/app.js', ...args: string[]): string {
  const env = { ...process.env, AVIARY_CACHE_DIR: undefined, AVIARY_CODE_DIGEST: undefined };
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim();
}

const withoutDigest = (line: string): string => line.replace(/ [0-9a-f]{64}$/, '');

test('a bundle is never stale', () => {
  const folder = project();
  const edit = (file: string, text: string): void => writeFileSync(path.join(folder, file), text);
  const seen = [run(folder)];
  expect(run(folder)).toBe(seen[0]);
  const steps: [string, () => void, string][] = [
    ['a source is edited', () => edit('lib/value/index.ts', "export const value = 'value 2';"), 'value 2 dep a data 1'],
    [
      'a source is edited to the same length and its time is put back',
      () => {
        const time = new Date(2020, 1, 1);
        edit('lib/value/index.ts', "export const value = 'value 3';");
        utimesSync(path.join(folder, 'lib/value/index.ts'), time, time);
      },
      'value 3 dep a data 1',
    ],
    ['data is edited', () => edit('data.json', '{"text": "data 2"}'), 'value 3 dep a data 2'],
    [
      'main.ts is edited',
      () => edit('main.ts', `${readFileSync(path.join(folder, 'main.ts'), 'utf8')}//`),
      'value 3 dep a data 2',
    ],
    ['a dependency is edited', () => edit('node_modules/dep/a.js', 'exports.dep = "dep A";'), 'value 3 dep A data 2'],
    [
      'a dependency has another entry',
      () => edit('node_modules/dep/package.json', '{"main": "b.js"}'),
      'value 3 dep b data 2',
    ],
    [
      'a new file comes before the one that was imported',
      () => edit('lib/value.ts', "export const value = 'value 4';"),
      'value 4 dep b data 2',
    ],
    ['and goes again', () => rmSync(path.join(folder, 'lib/value.ts')), 'value 3 dep b data 2'],
    [
      'a file is replaced by another one that is older',
      () => {
        edit('old.ts', "export const value = 'value 5';");
        utimesSync(path.join(folder, 'old.ts'), new Date(2000, 1, 1), new Date(2000, 1, 1));
        renameSync(path.join(folder, 'old.ts'), path.join(folder, 'lib/value/index.ts'));
      },
      'value 5 dep b data 2',
    ],
    [
      'a dependency comes nearer',
      () => {
        mkdirSync(path.join(folder, 'lib/node_modules/dep'), { recursive: true });
        edit('lib/node_modules/dep/index.js', 'exports.dep = "near";');
        edit('lib/value/index.ts', "export { dep as value } from 'dep';");
      },
      'near dep b data 2',
    ],
  ];
  for (const [name, change, expected] of steps) {
    change();
    expect([name, withoutDigest(run(folder))]).toEqual([name, expected]);
  }
});

test('the digest is that of the code, not of its times', () => {
  const folder = project();
  const first = run(folder);
  utimesSync(path.join(folder, 'main.ts'), new Date(), new Date());
  expect(run(folder)).toBe(first);
  writeFileSync(path.join(folder, 'lib/value/index.ts'), "export const value = 'value 2';");
  expect(run(folder).slice(-64)).not.toBe(first.slice(-64));
});

test('a damaged cache is made again', () => {
  const folder = project();
  const first = run(folder);
  const cache = path.join(folder, 'node_modules/.cache/aviary');
  expect(existsSync(cache)).toBe(true);
  const damage: ((file: string) => void)[] = [(file) => writeFileSync(file, 'x'), (file) => rmSync(file)];
  for (const harm of damage) {
    for (const kind of ['code', 'bundle']) {
      const { stdout } = spawnSync('find', [path.join(cache, kind), '-type', 'f'], { encoding: 'utf8' });
      for (const file of stdout.trim().split('\n')) {
        run(folder);
        harm(file);
        expect(run(folder)).toBe(first);
      }
    }
  }
});

test('the command line gets its arguments', () => {
  expect(run(project(), 'bin/aviary.js', 'a', 'b')).toBe('cli a,b');
});
