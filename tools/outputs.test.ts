import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onlineBoutique } from '../test/catalog';
import { outputs } from './outputs';

/** Making them takes a second: once. */
const all = outputs();
/** Who takes the checkout for a catalog of his own writes his pipeline when he wants it, and until then has ours. */
const ofOurs = outputs(onlineBoutique());

test.each([...all])('%s is what `npm run generate` writes', (path, content) => {
  const file = join(__dirname, '..', path);
  const written = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const isFresh = [content, ofOurs.get(path)].includes(written);
  expect(isFresh ? 'fresh' : `${path} is stale: run \`npm run generate\``).toBe('fresh');
});

test.each(['docs/rules', 'docs/dangers'])('%s holds nothing else', (folder) => {
  const pages = readdirSync(join(__dirname, '..', folder)).map((name) => `${folder}/${name}`);
  expect(pages.filter((path) => !all.has(path))).toEqual([]);
});

test('every page that a finding names is there', () => {
  const sources = ['lib/preflight', 'lib/manifests', 'lib/cli', 'lib/catalog', 'lib/synth'].flatMap((folder) =>
    readdirSync(join(__dirname, '..', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(__dirname, '..', folder, name), 'utf8')),
  );
  const named = sources.flatMap((text) => [...text.matchAll(/docs: '(docs\/[^']+)'/g)].map(([, page]) => page!));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((page) => !existsSync(join(__dirname, '..', page)))).toEqual([]);
});
