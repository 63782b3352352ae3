import { deploymentOf } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'pods-stop-first',
  severity: 'warning',
  since: '0.2.0',
  why: 'With the strategy Recreate, and in a StatefulSet of one pod, the pods that run are stopped before new ones start: nobody answers until the new ones are ready, and if they never are, nobody answers at all.',
  cause: 'the pods that run are stopped before new ones start: nobody answers until those are ready',
  source: ['kubernetes.io/docs/concepts/workloads/controllers/deployment (Recreate)'],
  check(diff, report) {
    for (const { workload, stopsFirst, reasons } of diff.rolling.rollouts)
      if (stopsFirst)
        report(workload.entry, {
          message: `${workload.kind} "${workload.name}" is down while it rolls out (${reasons.slice(0, 3).join(', ')})`,
          fix:
            workload.kind === 'StatefulSet'
              ? 'let it happen at a quiet hour; callers have to try again'
              : 'use RollingUpdate where two versions may run side by side, or let it happen at a quiet hour',
        });
  },
  cases: {
    bad: [
      {
        name: 'Recreate',
        before: [deploymentOf('cart', { image: 'cart:v1' }, { strategy: { type: 'Recreate' } })],
        after: [deploymentOf('cart', { image: 'cart:v2' }, { strategy: { type: 'Recreate' } })],
        expect: [
          {
            object: 'Deployment shop/cart',
            message: 'Deployment "cart" is down while it rolls out (containers[server].image)',
          },
        ],
      },
    ],
    good: [
      {
        name: 'one after the other',
        before: [deploymentOf('cart', { image: 'cart:v1' })],
        after: [deploymentOf('cart', { image: 'cart:v2' })],
      },
    ],
  },
});
