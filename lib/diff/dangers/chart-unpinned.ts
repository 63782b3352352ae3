import { textAt } from '../../kube';
import type { Entry } from '../../world';
import { helmRelease, object } from '../case-objects';
import { chartVersion, isExact } from '../chart-version';
import { danger } from '../danger';

const oci = (ref: Readonly<Record<string, string>>) =>
  object('source.toolkit.fluxcd.io/v1', 'OCIRepository', 'redis', { spec: { ref } });
const DIGEST = 'sha256:94ee4a431b3e4a1bee67897e086ff23604acc0c3ea4515faf63590ee5bf0e657';

export default danger({
  id: 'chart-unpinned',
  severity: 'warning',
  since: '0.3.0',
  why: 'A range of versions lets Flux take a newer chart whenever somebody publishes one: without a commit, without a review, in all clusters at once, and Git does not say what runs. A digest that goes lets whoever can write the tag decide what is installed.',
  cause: 'what is installed changes without a commit from now on',
  source: [
    'fluxcd.io/flux/components/source/ocirepositories (reference)',
    'fluxcd.io/flux/components/source/helmcharts (version)',
  ],
  check(diff, report) {
    for (const change of diff.of('HelmRelease', 'OCIRepository')) {
      if (!change.before || !change.after) continue;
      const [was, is] = [pinOf(change.before), pinOf(change.after)];
      if (was === undefined || is !== undefined) continue;
      const now = chartVersion(change.after);
      // The version of another source is another question.
      if (change.kind === 'HelmRelease' && textAt(change.after.object, 'spec', 'chartRef', 'name')) continue;
      report(change, {
        message: `${change.kind} "${change.name}" was pinned to ${was}, and takes ${now === undefined ? 'the newest' : `whatever fits ${now}`} from now on`,
        fix: 'write the version, and for an OCIRepository its digest; let a bot that makes merge requests raise it',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a range in place of a version',
        before: [helmRelease('redis', 'redis', '19.6.0')],
        after: [helmRelease('redis', 'redis', '19.x')],
        expect: [
          {
            object: 'HelmRelease shop/redis',
            message: 'HelmRelease "redis" was pinned to 19.6.0, and takes whatever fits 19.x from now on',
          },
        ],
      },
      {
        name: 'any version in place of a digest',
        before: [oci({ digest: DIGEST })],
        after: [oci({ semver: '*' })],
        expect: [
          {
            object: 'OCIRepository shop/redis',
            message: `OCIRepository "redis" was pinned to ${DIGEST}, and takes whatever fits * from now on`,
          },
        ],
      },
    ],
    good: [
      { name: 'a digest in place of a tag', before: [oci({ tag: '1.9.0' })], after: [oci({ digest: DIGEST })] },
      {
        name: 'another version',
        before: [helmRelease('redis', 'redis', '19.6.0')],
        after: [helmRelease('redis', 'redis', '19.7.0')],
      },
    ],
  },
});

/** The version or the digest that does not move by itself. */
function pinOf(entry: Entry): string | undefined {
  const digest = textAt(entry.object, 'spec', 'ref', 'digest');
  const version = chartVersion(entry);
  return digest ?? (isExact(version) ? version : undefined);
}
