import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Catalog, loadCatalog } from '../lib/catalog';
import { onlineBoutique } from './catalog';
import { renderCatalog } from './render';

const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');

/** The service of the README's first change, as it stands there. */
const service = JSON.parse(/```json\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf('## A first change')))![1]!);

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
});
