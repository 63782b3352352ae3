import type { Entry } from '../../world';
import { helmRelease } from '../case-objects';
import type { ObjectChange } from '../cluster-diff';
import { type Danger, danger } from '../danger';
import { reinstallReason } from '../helm-reinstall';

type View = Parameters<Danger['check']>[0];

export default danger({
  id: 'helm-release-made-anew',
  severity: 'error',
  since: '0.3.0',
  why: 'For helm-controller another name of a HelmRelease is another release, and so is another releaseName, targetNamespace, storageNamespace or chart in the same one: it uninstalls what was there, pods, Services and all, and installs it again. Meanwhile nothing of it runs; claims that the chart made itself go too, and of a StatefulSet new ones are made where its name is another one.',
  cause: 'helm-controller uninstalls the old release with all its objects, and installs a new one',
  source: [
    'fluxcd/helm-controller v1.6 internal/action/verify.go (ReleaseTargetChanged)',
    'fluxcd/helm-controller v1.6 internal/controller/helmrelease_controller.go (reconcileRelease, reconcileDelete)',
    'e2e, section Diff, applied by Flux',
  ],
  check(diff, report) {
    for (const change of diff.of('HelmRelease')) {
      const reason = reinstallReason(diff, change);
      if (reason)
        report(change, {
          pointer: reason.pointer,
          message: `HelmRelease "${change.name}" gets ${reason.text}: Helm uninstalls the release with all its objects, and installs it anew`,
          fix: 'keep what it was; or add a second HelmRelease, move to it, and remove this one when nobody uses it any more',
        });
    }
    for (const { was, is } of renamed(diff)) {
      const name = was.namespace === is.namespace ? is.name : `${is.namespace}/${is.name}`;
      report(is, {
        message: `HelmRelease "${was.name}" becomes "${name}": Helm uninstalls the one with all its objects, and installs the other, in no certain order`,
        fix: `keep the name; or add "${is.name}" in one commit, and remove "${was.name}" when it is no longer used`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'another name',
        before: [helmRelease('redis', 'redis', '19.6.0')],
        after: [helmRelease('cache', 'redis', '19.6.0')],
        expect: [
          {
            object: 'HelmRelease shop/cache',
            message:
              'HelmRelease "redis" becomes "cache": Helm uninstalls the one with all its objects, and installs the other, in no certain order',
          },
        ],
      },
      {
        name: 'another name of the release',
        before: [helmRelease('redis', 'redis', '19.6.0')],
        after: [released('cache')],
        expect: [
          {
            object: 'HelmRelease shop/redis',
            message:
              'HelmRelease "redis" gets releaseName "cache" in place of "redis": Helm uninstalls the release with all its objects, and installs it anew',
          },
        ],
      },
      {
        name: 'another chart',
        before: [helmRelease('cache', 'redis', '19.6.0')],
        after: [helmRelease('cache', 'valkey', '19.6.0')],
        expect: [
          {
            object: 'HelmRelease shop/cache',
            message:
              'HelmRelease "cache" gets chart "valkey" in place of "redis": Helm uninstalls the release with all its objects, and installs it anew',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the name of the release is written out',
        before: [helmRelease('redis', 'redis', '19.6.0')],
        after: [released('redis')],
      },
      {
        name: 'one goes, and another one of a chart that others have too comes',
        before: [helmRelease('radio', 'app-template', '3.1.0'), helmRelease('films', 'app-template', '3.1.0')],
        after: [helmRelease('films', 'app-template', '3.1.0'), helmRelease('books', 'app-template', '3.1.0')],
      },
    ],
  },
});

function released(releaseName: string) {
  const one = helmRelease('redis', 'redis', '19.6.0');
  return { ...one, spec: { ...(one.spec as object), releaseName } };
}

/** A release that goes, and one that comes with the same chart: by the same name elsewhere, or the only one of that chart. */
function renamed(diff: View): { readonly was: ObjectChange; readonly is: ObjectChange }[] {
  // What another operator makes of one of its own kind is not known here.
  const changes = diff.of('HelmRelease').filter(({ entry }) => entry.group === 'helm.toolkit.fluxcd.io');
  const goes = changes.filter((one) => one.isDeleted && !isSuspended(one.before!));
  if (goes.length === 0) return [];
  const [charts, chartsAfter] = [diff.before, diff.after].map(
    (world) => new Map(world.helmReleases().map(({ entry, chart }) => [entry, chart])),
  ) as [Map<Entry, string>, Map<Entry, string>];
  const count = (map: ReadonlyMap<Entry, string>, chart: string) =>
    [...map.values()].filter((one) => one === chart).length;
  return goes.flatMap((was) => {
    const chart = charts.get(was.before!);
    if (!chart) return [];
    const is = changes.find(
      (one) =>
        one.isAdded &&
        chartsAfter.get(one.after!) === chart &&
        (one.name === was.name || (count(charts, chart) === 1 && count(chartsAfter, chart) === 1)),
    );
    return is ? [{ was, is }] : [];
  });
}

const isSuspended = ({ object }: Entry): boolean =>
  (object.spec as { suspend?: boolean } | undefined)?.suspend === true;
