import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputs } from './outputs';

test.each([...outputs()])('%s is what `npm run generate` writes', (path, content) => {
  const file = join(__dirname, '..', path);
  expect(
    existsSync(file) && readFileSync(file, 'utf8') === content ? 'fresh' : `${path} is stale: run \`npm run generate\``,
  ).toBe('fresh');
});

test('docs/rules holds nothing else', () => {
  const pages = readdirSync(join(__dirname, '../docs/rules')).map((name) => `docs/rules/${name}`);
  expect(pages.filter((path) => !outputs().has(path))).toEqual([]);
});
