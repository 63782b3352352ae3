import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectorCrds } from '../lib/crds';
import { applyAll, type KubeClient, type Refusal } from '../lib/kube-client';
import { type FiledObject, objectName, readTree, sortForApply } from '../lib/manifests';
import { type Say, Skip } from '../lib/report';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { variants } from '../variants';

const title = 'Acceptance';

/** Images that cannot run under Pod Security `restricted`, with the reason; each must be needed, or it is reported. */
const podSecurityExceptions: Readonly<Record<string, string>> = {};

/** Every object of every tree is created by the API server with strict field validation, without a warning. */
export async function runAcceptance({ root, folder, reporter, client, isForeign }: Tier): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const committed = join(root, 'dist');
  const catalog = JSON.parse(readFileSync(join(root, 'services.json'), 'utf8')) as CatalogData;
  const shop = existsSync(committed) ? committed : await synthTree(root, folder, 'online-boutique', catalog);
  for (const { name, objects } of clusterTrees(shop)) {
    await reporter.step(title, `Online Boutique, ${name}`, (say) => accept(client, objects, say, isForeign));
    await reporter.step(title, `Online Boutique, ${name}: workloads fit Pod Security restricted`, (say) =>
      auditPodSecurity(client, objects, say),
    );
  }
  for (const variant of variants) {
    let tree: string | undefined;
    await reporter.step(title, `variant ${variant.name}: synthesizes`, async () => {
      tree = await synthTree(root, folder, variant.name, variant.catalog);
    });
    if (!tree) continue;
    for (const { name, objects } of managementTrees(tree)) {
      await reporter.step(title, `variant ${variant.name}, ${name} by Config Connector`, (say) => {
        if (connectorCrds(root).length === 0) throw new Skip('its definitions are not beside the project');
        return accept(client, objects, say, true);
      });
    }
    for (const { name, objects } of clusterTrees(tree)) {
      await reporter.step(title, `variant ${variant.name}, cluster ${name}`, (say) =>
        accept(client, objects, say, true),
      );
      await reporter.step(title, `variant ${variant.name}, cluster ${name}: Pod Security restricted`, (say) =>
        auditPodSecurity(client, objects, say),
      );
    }
  }
}

/** The objects of each cluster's folder of a tree. */
export function clusterTrees(tree: string): { name: string; objects: FiledObject[] }[] {
  const clusters = join(tree, 'clusters');
  return readdirSync(clusters)
    .sort()
    .map((name) => ({ name, objects: readTree(join(clusters, name)) }));
}

/** The objects that make the clusters themselves. */
function managementTrees(tree: string): { name: string; objects: FiledObject[] }[] {
  const management = join(tree, 'management');
  if (!existsSync(management)) return [];
  return readdirSync(management)
    .sort()
    .map((name) => ({ name, objects: readTree(join(management, name)) }));
}

/** Namespaces that our tree expects to be there: Flux's own comes with `flux bootstrap` or Flux Operator. */
export async function ensureNamespaces(client: KubeClient, objects: readonly FiledObject[]): Promise<void> {
  const names = new Set(['flux-system']);
  for (const { object } of objects) if (object.metadata.namespace) names.add(object.metadata.namespace);
  for (const name of names) {
    await client.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      { fieldManager: 'aviary-e2e-setup' },
    );
  }
}

async function accept(client: KubeClient, objects: readonly FiledObject[], say: Say, dryRun: boolean): Promise<void> {
  await ensureNamespaces(client, objects);
  const { applied, refusals, warnings } = await applyAll(client, sortForApply(objects), { dryRun });
  say(`${applied} of ${objects.length} objects accepted with strict field validation, ${warnings.length} warnings`);
  const problems = [...lines('refused', refusals), ...lines('warning', warnings)];
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

const lines = (what: string, list: readonly Refusal[]): string[] =>
  list.map(({ object, message }) => `${what}: ${object}: ${message}`);

async function auditPodSecurity(client: KubeClient, objects: readonly FiledObject[], say: Say): Promise<void> {
  const workloads = objects.filter(({ object }) =>
    ['Deployment', 'DaemonSet', 'StatefulSet', 'Job'].includes(object.kind),
  );
  // The check itself asks for the strictest profile, whatever the tree's own namespaces ask for.
  const audited = 'pod-security-audit';
  await client.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: audited, labels: { 'pod-security.kubernetes.io/warn': 'restricted' } },
  });
  const moved = workloads.map(({ object }) => ({
    object: { ...object, metadata: { ...object.metadata, namespace: audited } },
  }));
  const { refusals, warnings } = await applyAll(client, moved, { dryRun: true });
  const violations = warnings.filter(({ object }) => !(object in podSecurityExceptions));
  const needless = Object.keys(podSecurityExceptions).filter(
    (name) =>
      workloads.some(({ object }) => objectName(object) === name) && !warnings.some(({ object }) => object === name),
  );
  say(
    `${workloads.length} workloads, ${violations.length} violations, ${warnings.length - violations.length} exceptions`,
  );
  const problems = [
    ...lines('refused', refusals),
    ...lines('violation', violations),
    ...needless.map((name) => `exception that excepts nothing: ${name}`),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
