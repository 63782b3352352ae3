import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Yaml } from 'cdk8s';
import { GENERATED_LINE } from '../lib/synth';
import { catalogInUse } from './catalog';
import { renderCatalog } from './render';

/** dist/ is committed and made by the engine; here the stock last mile of cdk8s makes the same, byte for byte. */
const root = join(__dirname, '..', 'dist');
const STALE = 'dist/ is stale: run `npx cdk8s synth` and commit what it writes';

const walk = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [relative(root, join(folder, entry.name))],
  );

test('dist/ is what services.json and the code make', () => {
  const expected = new Map(
    renderCatalog(catalogInUse()).map(({ path, objects }) => [path, GENERATED_LINE + Yaml.stringify(...objects)]),
  );
  const found = new Map(
    walk(root)
      .filter((path) => path !== 'index.json')
      .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );
  const different = [...new Set([...expected.keys(), ...found.keys()])].filter(
    (path) => expected.get(path) !== found.get(path),
  );
  expect({ [STALE]: different.sort() }).toEqual({ [STALE]: [] });
});

test('index.json names every file and the digest of every release', () => {
  const { clusters } = JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) as {
    clusters: Record<string, { files: string[]; releases: Record<string, string> }>;
  };
  expect(
    Object.values(clusters)
      .flatMap(({ files }) => files)
      .sort(),
  ).toEqual(
    walk(root)
      .filter((path) => path !== 'index.json')
      .sort(),
  );
  for (const { releases } of Object.values(clusters)) {
    expect(Object.keys(releases)).toEqual(expect.arrayContaining(catalogInUse().services.map(({ name }) => name)));
    for (const digest of Object.values(releases)) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  }
});
