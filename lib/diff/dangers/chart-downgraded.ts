import { compareVersions, versionOf } from '../ask';
import { helmRelease } from '../case-objects';
import { chartVersion, isExact } from '../chart-version';
import { danger } from '../danger';

export default danger({
  id: 'chart-downgraded',
  severity: 'warning',
  since: '0.3.0',
  why: 'An older version of a chart meets what the newer one has stored, and definitions that the newer one has brought. That is meant when a release is taken back, and a mistake when a branch was behind: the newer version of somebody else is undone.',
  cause: 'the release in between is undone, and the older version meets what the newer one has stored',
  source: ['semver.org'],
  check(diff, report) {
    for (const change of diff.of('HelmRelease', 'OCIRepository')) {
      const [was, is] = [chartVersion(change.before), chartVersion(change.after)];
      const [before, after] = [versionOf(was), versionOf(is)];
      if (!isExact(was) || !isExact(is) || !before || !after || compareVersions(after, before) >= 0) continue;
      // That is more, and said by chart-major-version.
      if (before.numbers[0] !== after.numbers[0]) continue;
      report(change, {
        message: `${change.kind} "${change.name}" goes back from ${was} to ${is}`,
        fix: `where it is not meant, bring the branch up to date: it was made before ${was} came`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a minor version is lost',
        before: [helmRelease('redis', 'redis', '19.7.0')],
        after: [helmRelease('redis', 'redis', '19.6.0')],
        expect: [{ object: 'HelmRelease shop/redis', message: 'HelmRelease "redis" goes back from 19.7.0 to 19.6.0' }],
      },
    ],
    good: [
      {
        name: 'a newer one',
        before: [helmRelease('redis', 'redis', '19.6.0')],
        after: [helmRelease('redis', 'redis', '19.7.0')],
      },
    ],
  },
});
