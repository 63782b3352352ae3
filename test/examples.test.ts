import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../lib/cli';
import { memoryIo } from '../lib/cli/memory-io';

const examples = join(__dirname, '..', 'examples');
const causes = join(examples, 'nine-causes');

/** Codes of what preflight finds in a folder, errors only, in its order. */
async function errors(folder: string): Promise<string[]> {
  const io = memoryIo({ cwd: examples });
  await runProgram(['preflight', '--manifests', folder, '--format', 'json', '--severity', 'error'], io);
  return (JSON.parse(io.out) as { findings: { code: string }[] }).findings.map(({ code }) => code);
}

/** The table of the README: folder and first finding. */
const promised = [
  ...readFileSync(join(causes, 'README.md'), 'utf8').matchAll(/^\| (\d-[a-z-]+) .*\| ([a-z0-9-]+) +\|$/gm),
].map(([, folder = '', code = '']) => [folder, code] as const);

test('the README has a row for every folder', () => {
  const folders = readdirSync(causes, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(promised.map(([folder]) => folder)).toEqual(folders.map(({ name }) => name).sort());
  expect(new Set(promised.map(([, code]) => code)).size).toBe(promised.length);
});

test.each(promised)('%s: %s comes first', async (folder, code) => {
  expect((await errors(join('nine-causes', folder)))[0]).toBe(code);
});

test("the first user's failure is named first, and its cure is clean", async () => {
  expect((await errors('seed-failure/manifests'))[0]).toBe('ingress-bypasses-vs');
  const io = memoryIo({ cwd: join(examples, '..') });
  await runProgram(['preflight', '--manifests', 'examples/seed-failure/cured'], io);
  const readme = readFileSync(join(examples, 'seed-failure/README.md'), 'utf8');
  expect(readme).toContain(`npx aviary preflight --manifests examples/seed-failure/cured\n${io.out}`);
  expect(io.out).toMatch(/^no findings\n/);
});
