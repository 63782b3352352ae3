import * as fc from 'fast-check';
import { type Catalog, loadCatalog } from '../../lib/catalog';
import { YamlEmitter } from '../../lib/synth';
import { catalogs, foreignCatalogs } from '../../test/arbitraries/catalog';
import { renderCatalog } from '../../test/render';
import { applyAll, type KubeClient } from '../lib/kube-client';
import { type FiledObject, objectName, sortForApply } from '../lib/manifests';
import type { Tier } from '../lib/tier';
import { ensureNamespaces } from './acceptance';

export const title = 'Random catalogs';

/** About a minute on two processors. */
const runs = 120;
/** Refusals that are told in full; a fault in what is written usually refuses many objects. */
const told = 10;

/**
 * No catalog passes our checks and fails those of the API server: random valid catalogs, by the generator that the project's own
 * property tests use, judged object by object with strict field validation. Preflight is left out: it refuses more than the API server.
 */
export async function runRandomCatalogs({ reporter, client }: Tier): Promise<void> {
  if (!reporter.isWanted(title)) return;
  // Fixed, so that a failure is the same everywhere; the variables look further.
  const seed = Number(process.env.AVIARY_SEED ?? 20261124);
  const numRuns = Number(process.env.AVIARY_E2E_RUNS ?? runs);
  await reporter.step(title, `every object of ${numRuns} random catalogs is accepted`, async (say) => {
    say(`seed ${seed} (AVIARY_SEED names another, AVIARY_E2E_RUNS another number)`);
    const accepted = new Set<string>();
    const problems = new Map<string, string>();
    const meshes: Record<string, number> = {};
    let folders = 0;
    let objects = 0;
    // Not shrunk: each case asks the API server some hundred times, and the object that is refused says enough.
    for (const [index, catalog] of fc.sample(fc.oneof(catalogs, foreignCatalogs), { seed, numRuns }).entries()) {
      const mesh = String(catalog.platform.provider ?? catalog.platform.mesh);
      meshes[mesh] = (meshes[mesh] ?? 0) + 1;
      for (const own of trees(catalog)) {
        folders += 1;
        objects += own.length;
        const unknown = own.filter(({ text }) => !accepted.has(text));
        const found = [...twice(own), ...(await judge(client, unknown))];
        // One example of each text is enough.
        for (const problem of found) if (!problems.has(problem)) problems.set(problem, `catalog ${index}: ${problem}`);
        if (found.length === 0) for (const { text } of unknown) accepted.add(text);
      }
    }
    say(
      `${objects} objects in ${folders} cluster folders, ${accepted.size} of them different; ${problems.size} problems`,
    );
    say(
      `meshes: ${Object.entries(meshes)
        .sort()
        .map(([mesh, number]) => `${mesh} ${number}`)
        .join(', ')}`,
    );
    if (problems.size > 0) throw new Error([...problems.values()].slice(0, told).join('\n'));
  });
}

/** The objects of each cluster, as the project writes them. */
function trees(catalog: Catalog): FiledObject[][] {
  const { catalog: loaded, findings } = loadCatalog(JSON.stringify(catalog), 'services.json');
  if (!loaded) throw new Error(`a catalog of the generator is refused: ${findings[0]?.message}`);
  const emitter = new YamlEmitter();
  const clusters = new Map<string, FiledObject[]>();
  for (const { cluster, path, objects } of renderCatalog(loaded)) {
    if (path.endsWith('kustomization.yaml')) continue;
    const filed = objects.map((object) => ({ object, text: emitter.document(object), file: path }));
    clusters.set(cluster, [...(clusters.get(cluster) ?? []), ...filed]);
  }
  return [...clusters.values()];
}

/** Names that one folder gives to two objects: dry runs don't meet each other, Flux would. */
function twice(objects: readonly FiledObject[]): string[] {
  const names = objects.map(({ object }) => `${object.apiVersion} ${objectName(object)}`);
  return names.filter((name, index) => names.indexOf(name) < index).map((name) => `${name} is there twice`);
}

/** Dry runs: nothing of one catalog is there when the next is judged. */
async function judge(client: KubeClient, objects: readonly FiledObject[]): Promise<string[]> {
  await ensureNamespaces(client, objects);
  const { refusals, warnings } = await applyAll(client, sortForApply(objects), { dryRun: true });
  return [
    ...refusals.map(({ object, message }) => `refused: ${object}: ${message}`),
    ...warnings
      // A patch may take what Pod Security asks for, and the namespace warns of it: what the project writes by itself is audited elsewhere.
      .filter(({ message }) => !message.startsWith('would violate PodSecurity'))
      .map(({ object, message }) => `warning: ${object}: ${message}`),
  ];
}
