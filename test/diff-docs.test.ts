import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalog } from '../lib/catalog';
import { planUnits } from '../lib/charts';
import { diffClusters, diffText, reportDiff } from '../lib/diff';
import type { ClusterObjects, KubeObject } from '../lib/kube';
import { renderUnit } from '../lib/synth/render';
import { BOUTIQUE } from './catalog';

const PAGE = join(__dirname, '../docs/diff.md');

type Editable = Record<string, any>;

/** What one cluster gets from Online Boutique's catalog after an edit. */
function production(edit: (catalog: Editable, service: (name: string) => Editable) => void): ClusterObjects[] {
  const json = JSON.parse(readFileSync(BOUTIQUE, 'utf8')) as Editable;
  json.clusters = json.clusters.filter(({ name }: Editable) => name === 'production');
  edit(json, (name) => json.services.find((one: Editable) => one.name === name));
  const { catalog, findings } = loadCatalog(JSON.stringify(json), 'services.json');
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const objects = planUnits(catalog!).flatMap((unit) =>
    renderUnit(unit).files.flatMap(({ path: file, documents }) =>
      (documents as KubeObject[])
        .filter((object) => object.metadata && !object.apiVersion.startsWith('kustomize.config.k8s.io/'))
        .map((object, document) => ({ object, origin: { file, document } })),
    ),
  );
  return [{ cluster: 'production', objects }];
}

const unchanged = () => production(() => undefined);

const examples: Readonly<Record<string, () => readonly [ClusterObjects[], ClusterObjects[]]>> = {
  image: () => [
    unchanged(),
    production((_, service) => {
      service('cartservice').image = { tag: 'v0.10.7' };
    }),
  ],
  port: () => [
    unchanged(),
    production((_, service) => {
      service('cartservice').ports[0].port = 7071;
    }),
  ],
  canary: () => [
    production((_, service) => {
      service('emailservice').canary = false;
    }),
    unchanged(),
  ],
  removed: () => [
    unchanged(),
    production((catalog, service) => {
      catalog.services = catalog.services.filter(({ name }: Editable) => name !== 'adservice');
      const { env } = service('frontend');
      for (const [name, value] of Object.entries<any>(env)) if (value?.service === 'adservice') delete env[name];
    }),
  ],
  wave: () => [
    unchanged(),
    production((_, service) => {
      service('emailservice').wave = 2;
    }),
  ],
};

/** The page with each example behind its mark. `UPDATE_DOCS=1` writes it. */
function made(page: string): string {
  return page.replace(/<!-- example: (\w+) -->\n(?:\n```text\n[\s\S]*?\n```\n)?/g, (_, name: string) => {
    const [before, after] = examples[name]!();
    const text = diffText(reportDiff(diffClusters(before, after))).trimEnd();
    return `<!-- example: ${name} -->\n\n\`\`\`text\n${text}\n\`\`\`\n`;
  });
}

test('the examples of docs/diff.md are what it prints (UPDATE_DOCS=1 writes them)', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(Object.keys(examples).filter((name) => !page.includes(`<!-- example: ${name} -->`))).toEqual([]);
  const fresh = made(page);
  if (process.env.UPDATE_DOCS) writeFileSync(PAGE, fresh);
  else expect(fresh).toBe(page);
});
