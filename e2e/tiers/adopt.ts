import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { adopt, adoptionReport } from '../../lib/adopt';
import type { KubeObject } from '../../lib/kube';
import { catalogObjects } from '../../lib/synth';
import { applyAll, type KubeClient } from '../lib/kube-client';
import { objectName, parseManifests, sortForApply } from '../lib/manifests';
import { type Say, Skip } from '../lib/report';
import type { Tier } from '../lib/tier';
import { ensureNamespaces } from './acceptance';

export const title = 'Adopted applications';

/** Public applications beside the project, as their authors publish them; each in a namespace of its own. */
const APPS = ['apps/sock-shop.yaml', 'apps/bookinfo.yaml', 'online-boutique.yaml', 'online-boutique-istio.yaml'];

/**
 * What `aviary adopt` makes of an application is applied over the application itself: the API server accepts all of it, so no
 * immutable field changes, and no pod template becomes another one that the report does not name.
 */
export async function runAdopt({ root, reporter, client }: Tier): Promise<void> {
  if (!reporter.isWanted(title)) return;
  for (const app of APPS)
    await reporter.step(title, `${app}: over what runs`, async (say) => {
      const file = join(root, '..', 'shared', 'reference', app);
      if (!existsSync(file)) throw new Skip('the application is not beside the project');
      const namespace = `adopt-${app.replace(/^.*\/|\.yaml$/g, '')}`;
      const objects = parseManifests(readFileSync(file, 'utf8'), app).map((object) => inNamespace(object, namespace));
      await moveIn(client, objects, say);
    });
}

/** Cluster-wide objects are none of these applications'. */
const inNamespace = (object: KubeObject, namespace: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});

const RUNS = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

async function moveIn(client: KubeClient, given: readonly KubeObject[], say: Say): Promise<void> {
  const objects = given.filter(({ kind }) => kind !== 'Namespace');
  await ensureNamespaces(client, filed(objects));
  await accepted(client, objects);
  const before = await templates(client, objects);
  const adoption = adopt(
    [{ objects: objects.map((object) => ({ object, origin: { file: 'app.yaml', document: 0 } })) }],
    {
      synthesize: (text) => catalogObjects(text, 'services.json'),
    },
  );
  const report = adoptionReport(adoption);
  if (report.lost.length > 0) throw new Error(`lost: ${report.lost.join(', ')}`);
  const { clusters } = catalogObjects(JSON.stringify(adoption.catalog), 'services.json');
  const made = (clusters?.[0]?.objects ?? [])
    .filter(({ origin }) => origin.unit?.includes('/apps/'))
    .map(({ object }) => object);
  await accepted(client, [...made, ...adoption.raw.map(({ object }) => object)]);
  const after = await templates(client, objects);
  const replaced = [...before].filter(([name, template]) => !isDeepStrictEqual(template, after.get(name)));
  const unnamed = replaced.map(([name]) => name).filter((name) => !report.firstApply.restarts.includes(name));
  say(
    `${objects.length} objects, ${made.length} made over them; ${report.counts.workloads.typed} of ${report.counts.workloads.all} workloads typed`,
  );
  say(`pods of ${replaced.length} workloads are replaced, ${report.firstApply.restarts.length} are named`);
  if (unnamed.length > 0) throw new Error(`replaced, and the report does not name them: ${unnamed.join(', ')}`);
}

const filed = (objects: readonly KubeObject[]) =>
  objects.map((object) => ({ object, text: JSON.stringify(object), file: 'app.yaml' }));

async function accepted(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  const { refusals } = await applyAll(client, sortForApply(filed(objects)));
  if (refusals.length > 0) throw new Error(refusals.map(({ object, message }) => `${object}: ${message}`).join('\n'));
}

/** As the API server holds them, by the name of their workload. */
async function templates(client: KubeClient, objects: readonly KubeObject[]): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const object of objects) {
    if (!RUNS.has(object.kind)) continue;
    const { apiVersion, kind, metadata } = object;
    const live = await client.get(apiVersion, kind, metadata.namespace ?? 'default', metadata.name);
    found.set(objectName(object), (live?.spec as { template?: unknown } | undefined)?.template);
  }
  return found;
}
