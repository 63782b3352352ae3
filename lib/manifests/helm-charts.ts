import { basename, dirname, join } from 'node:path';
import type { Finding } from '../findings';
import { textAt } from '../kube';
import { isWithin, type ManifestTree } from './manifest-tree';

/** A folder that is Helm's: its files are no manifests. */
export interface Chart {
  readonly folder: string;
  /** Whether its templates make Canaries or the like. */
  readonly concernsFlagger: boolean;
}

/** The charts of the tree; those inside another one are a part of it. */
export function chartsIn(tree: ManifestTree): readonly Chart[] {
  const folders = tree.paths.filter((path) => basename(path) === 'Chart.yaml').map((path) => dirname(path));
  const outer = folders.filter((one) => !folders.some((other) => other !== one && isWithin(one, other)));
  return outer.map((folder) => ({
    folder,
    concernsFlagger: tree.paths.some((path) => isWithin(path, folder) && tree.mentions(path, 'flagger.app/')),
  }));
}

/** One line a chart: how to check it. */
export function chartFindings(charts: readonly Chart[], tree: ManifestTree): Finding[] {
  return charts
    .filter(({ concernsFlagger }) => concernsFlagger)
    .map(({ folder }) => {
      const file = tree.fileOf(join(folder, 'Chart.yaml')) ?? join(folder, 'Chart.yaml');
      const shown = dirname(file);
      return {
        code: 'manifest-is-template',
        severity: 'info',
        place: { file },
        message: `${shown} is a Helm chart with objects of Flagger: its templates are not checked`,
        cause: `what it makes depends on its values${valuesOf(folder, tree)}`,
        fix: `check what Helm makes of it: helm template ${shown} | aviary preflight --manifests -`,
        docs: 'docs/rules/manifest-is-template.md',
      };
    });
}

/** The HelmReleases and Applications of the tree that install the chart. */
function valuesOf(folder: string, tree: ManifestTree): string {
  const name = basename(folder);
  for (const path of tree.paths) {
    if (isWithin(path, folder) || !tree.mentions(path, 'kind: HelmRelease')) continue;
    for (const { object } of tree.inputs(path)) {
      const chart = textAt(object, 'spec', 'chart', 'spec', 'chart');
      if (object.kind === 'HelmRelease' && chart !== undefined && basename(chart) === name && chart.includes('/'))
        return `, which HelmRelease ${object.metadata.name} gives`;
    }
  }
  return '';
}
