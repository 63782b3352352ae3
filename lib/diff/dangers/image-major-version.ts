import { changedImages, imageParts, versionOf } from '../ask';
import { deploymentOf, workload } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'image-major-version',
  severity: 'info',
  since: '0.2.0',
  why: 'A new major version may change interfaces or the form of stored data; for a StatefulSet the way back is often closed once the new version has written its data.',
  cause: 'interfaces and stored data may change their form, and the way back may be closed',
  source: ['semver.org'],
  check(diff, report) {
    for (const { workload, before, after, pointer } of changedImages(diff)) {
      const [was, is] = [imageParts(before), imageParts(after)];
      const [old, now] = [versionOf(was.tag), versionOf(is.tag)];
      if (was.repository !== is.repository || !old || !now || now.numbers[0]! <= old.numbers[0]!) continue;
      const holdsData = workload.kind === 'StatefulSet';
      report(workload.entry, {
        pointer,
        severity: holdsData ? 'warning' : 'info',
        message: `${workload.kind} "${workload.name}" goes to a new major version: ${was.tag} becomes ${is.tag}`,
        fix: holdsData
          ? 'take a copy of its data before, and read how the new version takes over the old one’s'
          : 'read the notes of the release: callers and stored data have to bear both versions during the rollout',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a database',
        before: [workload('StatefulSet', 'db', { containers: [{ name: 'db', image: 'postgres:16.4' }] })],
        after: [workload('StatefulSet', 'db', { containers: [{ name: 'db', image: 'postgres:17.0' }] })],
        expect: [
          {
            object: 'StatefulSet shop/db',
            severity: 'warning',
            message: 'StatefulSet "db" goes to a new major version: 16.4 becomes 17.0',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a patch release, and one of no version',
        before: [deploymentOf('cart', { image: 'cart:1.2.3' }), deploymentOf('web', { image: 'web:2024-01-01' })],
        after: [deploymentOf('cart', { image: 'cart:1.2.4' }), deploymentOf('web', { image: 'web:2025-01-01' })],
      },
    ],
  },
});
