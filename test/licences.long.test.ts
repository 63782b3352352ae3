import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const { licencesPage, licenceTexts } = require('../tools/licences') as Record<string, (folder: string) => string>;

test('docs/licences.md lists all that the bundles carry (npm run generate), under licences that go together with Apache-2.0', () => {
  const page = licencesPage!(root);
  expect(readFileSync(join(root, 'docs/licences.md'), 'utf8') === page ? 'fresh' : 'stale: npm run generate').toBe(
    'fresh',
  );
  const rows = [...page.matchAll(/^\| (?!library|file|---)(.+) \|$/gm)].map(([, cells = '']) => cells.split(' | '));
  expect(rows.length).toBeGreaterThan(10);
  const allowed = ['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];
  expect(rows.filter((cells) => !allowed.includes(cells.at(-1)!))).toEqual([]);
});

test('each of them comes with its text', () => {
  const parts = licenceTexts!(root).split(`\n${'-'.repeat(80)}\n\n`);
  expect(parts.filter((part) => part.split('\n').length < 8).map((part) => part.split('\n')[0])).toEqual([]);
});
