import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Finding } from '../findings';

/** kustomize's own lists: they configure a build, and no cluster knows their kind. */
const LIST = /^kustomization\.ya?ml$/;

/**
 * Whether the cdk8s CLI was told `--stdout`: it then names a temporary folder and prints the files in it, each as it is and all at
 * once.
 * @see cdk8s-cli 2.207 lib/cli/cmds/synth.js, lib/util.js mkdtemp
 */
export function isStandardOutput(outdir: string): boolean {
  const folder = path.resolve(outdir);
  return path.basename(folder).startsWith('cdk8s-') && path.dirname(folder) === path.resolve(os.tmpdir());
}

/** A folder for the tree whose objects are printed. */
export function printedTree(): string {
  return path.join(mkdtempSync(path.join(os.tmpdir(), 'aviary-stdout-')), 'tree');
}

/** Puts the objects of one cluster into one file of the folder that the CLI prints. */
export function printTree(tree: string, outdir: string, cluster: string | undefined): Finding | undefined {
  const clusters = existsSync(path.join(tree, 'clusters')) ? readdirSync(path.join(tree, 'clusters')).sort() : [];
  if (cluster !== undefined && !clusters.includes(cluster)) return refused(`no cluster "${cluster}"`, clusters);
  if (cluster === undefined && clusters.length > 1) return refused(`${clusters.length} clusters`, clusters);
  const from = cluster === undefined ? tree : path.join(tree, 'clusters', cluster);
  const files = (readdirSync(from, { recursive: true }) as string[])
    .filter((file) => /\.ya?ml$/.test(file) && !LIST.test(path.basename(file)))
    .sort();
  const texts = files.map((file) => readFileSync(path.join(from, file), 'utf8'));
  writeFileSync(path.join(outdir, 'objects.yaml'), texts.map((text) => `---\n${text}`).join(''));
  return undefined;
}

/** Also what is beside it. */
export function removeTree(tree: string): void {
  rmSync(path.dirname(tree), { recursive: true, force: true });
}

function refused(what: string, clusters: readonly string[]): Finding {
  return {
    code: 'stdout-needs-cluster',
    severity: 'error',
    place: {},
    message: `--stdout prints the objects of one cluster, and there ${what === '1 cluster' ? 'is' : 'are'} ${what}`,
    cause: 'One list of the objects of several clusters could be applied to none.',
    fix: `Name one: AVIARY_CLUSTER=${clusters[0] ?? 'production'} npx cdk8s synth --stdout${clusters.length > 1 ? ` (there are ${clusters.join(', ')})` : ''}`,
  };
}
