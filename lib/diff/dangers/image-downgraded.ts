import { changedImages, compareVersions, imageParts, versionOf } from '../ask';
import { deploymentOf } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'image-downgraded',
  severity: 'warning',
  since: '0.2.0',
  why: 'An older version meets data and callers of the newer one. That is meant when a release is taken back, and a mistake when a branch was behind: the newer release of somebody else is undone.',
  cause: 'the release in between is undone, and the older version meets what the newer one has stored',
  source: ['semver.org'],
  check(diff, report) {
    for (const { workload, before, after, pointer } of changedImages(diff)) {
      const [was, is] = [imageParts(before), imageParts(after)];
      const [old, now] = [versionOf(was.tag), versionOf(is.tag)];
      if (was.repository !== is.repository || !old || !now || compareVersions(now, old) >= 0) continue;
      report(workload.entry, {
        pointer,
        message: `${workload.kind} "${workload.name}" goes back from ${was.tag} to ${is.tag}`,
        fix: `where it is not meant, bring the branch up to date: it was made before ${was.tag} came`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a patch release is lost',
        before: [deploymentOf('cart', { image: 'cart:v1.2.4' })],
        after: [deploymentOf('cart', { image: 'cart:v1.2.3' })],
        expect: [{ object: 'Deployment shop/cart', message: 'Deployment "cart" goes back from v1.2.4 to v1.2.3' }],
      },
    ],
    good: [
      {
        name: 'from a candidate to the release',
        before: [deploymentOf('cart', { image: 'cart:1.2.4-rc.1' })],
        after: [deploymentOf('cart', { image: 'cart:1.2.4' })],
      },
    ],
  },
});
