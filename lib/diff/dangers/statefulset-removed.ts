import { workload } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'statefulset-removed',
  severity: 'error',
  since: '0.2.0',
  why: 'Pruning a StatefulSet stops its pods. The claims of its templates stay, unless persistentVolumeClaimRetentionPolicy says Delete, and nobody in Git knows them any more; a StatefulSet of another name begins with empty volumes.',
  cause:
    'what holds data stops; the claims of its templates are left to nobody, or deleted where the retention policy says so',
  source: ['kubernetes.io/docs/concepts/workloads/controllers/statefulset (PersistentVolumeClaim retention)'],
  check(diff, report) {
    for (const change of diff.of('StatefulSet'))
      if (change.isDeleted)
        report(change, {
          message: `StatefulSet "${change.name}" goes: its pods stop`,
          fix: 'take a copy of the data first, or keep the StatefulSet; a renamed one needs its claims renamed too',
        });
  },
  cases: {
    bad: [
      {
        name: 'a database is renamed',
        before: [workload('StatefulSet', 'db')],
        after: [workload('StatefulSet', 'database')],
        expect: [{ object: 'StatefulSet shop/db', message: 'StatefulSet "db" goes: its pods stop' }],
      },
    ],
    good: [
      {
        name: 'another image',
        before: [workload('StatefulSet', 'db')],
        after: [workload('StatefulSet', 'db', { containers: [{ name: 'server', image: 'db:v2.0.0' }] })],
      },
    ],
  },
});
