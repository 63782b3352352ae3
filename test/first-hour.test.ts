import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Catalog, loadCatalog } from '../lib/catalog';
import { YamlEmitter } from '../lib/synth';
import { onlineBoutique } from './catalog';
import { renderCatalog } from './render';

const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');

/** The service of the README, as it stands there, and what the README shows of its Canary. */
const shown = readme.slice(readme.indexOf('## Before and after'));
const service = { ...JSON.parse(/```json\n([\s\S]*?)```/.exec(shown)![1]!), canary: false };
const analysis = /```yaml\n([\s\S]*?)```/.exec(shown)![1]!.replace(/^(?=.)/gm, '  ');

const filesOf = (catalog: Catalog): Map<string, string> => {
  const loaded = loadCatalog(JSON.stringify(catalog, null, 2), 'services.json');
  expect(loaded.findings).toEqual([]);
  return new Map(renderCatalog(catalog).map(({ path, objects }) => [path, JSON.stringify(objects)]));
};

test('the first change of the README makes what it says: one file a cluster, and a line in the list of its wave', () => {
  const catalog: any = onlineBoutique();
  const before = filesOf(onlineBoutique());
  catalog.services.push(service);
  const production = catalog.clusters.find(({ name }: { name: string }) => name === 'production');
  production.services = { ...production.services, [service.name]: { canary: {} } };
  const after = filesOf(catalog);
  const [first, second] = ['production', 'staging'].map((cluster) => `clusters/${cluster}/apps/wave-1`);
  expect([...after.keys()].filter((path) => !before.has(path)).sort()).toEqual([
    `${first}/giftservice.yaml`,
    `${second}/giftservice.yaml`,
  ]);
  expect([...before.keys()].filter((path) => before.get(path) !== after.get(path)).sort()).toEqual([
    `${first}/kustomization.yaml`,
    `${second}/kustomization.yaml`,
  ]);
  expect(after.get(`${first}/giftservice.yaml`)).toContain('"kind":"Canary"');
  expect(after.get(`${second}/giftservice.yaml`)).not.toContain('"kind":"Canary"');
  const objects = JSON.parse(after.get(`${first}/giftservice.yaml`)!) as object[];
  expect(new YamlEmitter().file(objects)).toContain(analysis);
});

test("the user's files are not held to our style: npm test would turn red by a blank", () => {
  const settings = readFileSync(join(__dirname, '..', 'biome.jsonc'), 'utf8');
  for (const file of ['services.json', 'images.lock.json', 'main.ts']) expect(settings).toContain(`"!${file}"`);
});

test('the links of README and docs lead to what is there; those of README and docs pages to what the package brings', () => {
  const root = join(__dirname, '..');
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
  const brought = [...files, 'README.md', 'LICENSE'];
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
  const dead: string[] = [];
  for (const page of pages.filter((name) => name.endsWith('.md')))
    for (const [, link = ''] of readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|#)/.test(link)) continue;
      const path = posix.join(posix.dirname(page), link.replace(/#.*$/, ''));
      if (!existsSync(join(root, path))) dead.push(`${page}: ${link} is not there`);
      else if (!brought.some((one) => path === one || path.startsWith(`${one}/`)))
        dead.push(`${page}: ${link} is not in the package`);
    }
  expect(dead).toEqual([]);
});
