import { textAt } from '../../kube';
import { versionOf } from '../ask';
import { helmRelease } from '../case-objects';
import type { ObjectChange } from '../cluster-diff';
import { danger } from '../danger';

/** Charts of Istio, whose versions are those of the mesh. */
const CHARTS = ['base', 'istiod', 'gateway', 'cni', 'ztunnel'];

export default danger({
  id: 'mesh-skips-minor',
  severity: 'error',
  since: '0.2.0',
  why: 'Istio supports an upgrade in place by one minor version at a time (two with care from 1.22 on are not tested); sidecars may be two minor versions older than istiod. A longer step, or a step back, may leave proxies that no longer understand their configuration.',
  cause: 'Istio is tested for upgrades in place by one minor version, and not for downgrades',
  source: [
    'istio.io/latest/docs/setup/upgrade/in-place',
    'istio.io/latest/docs/releases/supported-releases (control plane/data plane skew)',
  ],
  check(diff, report) {
    // The charts of a mesh go together: one step, one report.
    const steps = new Map<
      string,
      { readonly change: ObjectChange; readonly charts: string[]; readonly minors: number; readonly next: string }
    >();
    for (const change of diff.of('HelmRelease')) {
      const release = diff.after.helmReleases().find(({ entry }) => entry === change.after);
      if (!release || !CHARTS.includes(release.chart)) continue;
      const [was, is] = [change.before, change.after].map((entry) =>
        textAt(entry?.object, 'spec', 'chart', 'spec', 'version'),
      );
      const [before, after] = [versionOf(was), versionOf(is)];
      if (!before || !after || before.numbers[0] !== after.numbers[0]) continue;
      const minors = after.numbers[1]! - before.numbers[1]!;
      if (minors === 0 || minors === 1) continue;
      const step = `${was} to ${is}`;
      const known = steps.get(step);
      if (known) known.charts.push(`"${release.chart}"`);
      else
        steps.set(step, {
          change,
          charts: [`"${release.chart}"`],
          minors,
          next: `${before.numbers[0]}.${before.numbers[1]! + 1}`,
        });
    }
    for (const [step, { change, charts, minors, next }] of steps)
      report(change, {
        pointer: '/spec/chart/spec/version',
        message: `Istio (${charts.join(', ')}) goes from ${step}: ${minors > 0 ? `${minors} minor versions in one step` : 'back'}`,
        fix:
          minors > 0
            ? `go by way of ${next}, and start all pods with sidecars again after each step`
            : 'bring the older version up beside the newer one as a revision (istio.io/rev), and move the namespaces',
      });
  },
  cases: {
    bad: [
      {
        name: 'three at once',
        before: [helmRelease('istiod', 'istiod', '1.28.1')],
        after: [helmRelease('istiod', 'istiod', '1.31.0')],
        expect: [
          {
            object: 'HelmRelease shop/istiod',
            message: 'Istio ("istiod") goes from 1.28.1 to 1.31.0: 3 minor versions in one step',
          },
        ],
      },
    ],
    good: [
      {
        name: 'one',
        before: [helmRelease('istiod', 'istiod', '1.30.1')],
        after: [helmRelease('istiod', 'istiod', '1.31.0')],
      },
    ],
  },
});
