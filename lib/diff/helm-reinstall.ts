import { textAt } from '../kube';
import type { ClusterDiff, ObjectChange } from './cluster-diff';

/** Why helm-controller uninstalls a release that stays in the tree, and installs it anew. */
export interface ReinstallReason {
  readonly pointer: string;
  /** `releaseName "b" in place of "a"`. */
  readonly text: string;
}

/**
 * Undefined where it upgrades the release.
 *
 * @see fluxcd/helm-controller v1.6 internal/action/verify.go (ReleaseTargetChanged)
 */
export function reinstallReason(diff: ClusterDiff, change: ObjectChange): ReinstallReason | undefined {
  if (!change.before || !change.after || change.waitsFor) return undefined;
  const [was, is] = [diff.before, diff.after].map((world, index) =>
    world.helmReleases().find(({ entry }) => entry === (index === 0 ? change.before : change.after)),
  );
  if (!was || !is) return undefined;
  const storage = (one: typeof was) => textAt(one.entry.object, 'spec', 'storageNamespace') ?? one.entry.namespace;
  const chart = (one: typeof was) => textAt(one.entry.object, 'spec', 'chart', 'spec', 'chart');
  const isUpgraded = textAt(is.entry.object, 'spec', 'upgrade', 'chartNameChangeStrategy') === 'InPlaceUpdate';
  const fields: readonly (readonly [string, string, string | undefined, string | undefined])[] = [
    ['storageNamespace', '/spec/storageNamespace', storage(was), storage(is)],
    ['targetNamespace', '/spec/targetNamespace', was.targetNamespace, is.targetNamespace],
    ['releaseName', '/spec/releaseName', was.releaseName, is.releaseName],
    // The name of a file or of an artifact need not be the chart's.
    ...(isUpgraded || !isNamed(chart(was)) || !isNamed(chart(is))
      ? []
      : [['chart', '/spec/chart/spec/chart', chart(was), chart(is)] as const]),
  ];
  const moved = fields.find(([, , before, after]) => before !== undefined && after !== undefined && before !== after);
  if (!moved) return undefined;
  const [name, pointer, before, after] = moved;
  return { pointer, text: `${name} "${after}" in place of "${before}"` };
}

const isNamed = (chart: string | undefined): boolean => chart !== undefined && !chart.includes('/');
