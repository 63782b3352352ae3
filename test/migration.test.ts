import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../lib/cli';
import { memoryIo } from '../lib/cli/memory-io';
import { synthCatalog } from '../lib/testing';

const root = join(__dirname, '..');
const examples = join(root, 'examples', 'old-world');

/** The table of docs/migration.md: a folder for each step, and what preflight finds there. */
const steps = [
  ...readFileSync(join(root, 'docs', 'migration.md'), 'utf8').matchAll(/^\| .* \| `(\d-[a-z]+)` \| (.*) \|$/gm),
].map(([, folder = '', codes = '']) => [folder, codes === '–' ? [] : codes.split(', ')] as const);

interface Found {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

async function preflight(folder: string): Promise<Found[]> {
  const io = memoryIo({ cwd: examples });
  await runProgram(['preflight', '--manifests', folder, '--format', 'json'], io);
  return (JSON.parse(io.out) as { findings: Found[] }).findings;
}

test('the page has a row for every folder', () => {
  expect(steps.map(([folder]) => folder)).toEqual(readdirSync(examples).sort());
});

test.each(steps.slice(0, -1))('%s: preflight finds what the page says', async (folder, codes) => {
  const findings = await preflight(folder);
  expect([...new Set(findings.map(({ code }) => code))].sort()).toEqual(codes);
});

test('each step takes away what it names, and nothing of a later one', async () => {
  const removed = await Promise.all(
    steps
      .slice(0, -1)
      .map(async ([folder]) => (await preflight(folder)).filter(({ code }) => code === 'api-removed').length),
  );
  expect(removed).toEqual([8, 7, 4, 1, 0]);
});

test('the last one is a catalog that passes, with the names of the releases that run', async () => {
  const tree = await synthCatalog(join(examples, '5-catalog', 'services.json'));
  expect(tree).toPassPreflight('info');
  for (const name of ['frontend', 'cart', 'redis']) {
    expect(readFileSync(join(examples, '2-flux', 'releases.yaml'), 'utf8')).toContain(`  releaseName: ${name}\n`);
    expect(tree.service(name)).toContain(`  releaseName: ${name}\n`);
  }
});
