import { numberAt } from '../../kube';
import { autoscaler } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'autoscaler-lowered',
  severity: 'warning',
  since: '0.2.0',
  why: 'A lower maximum stops pods at once where more run than it allows; at the next peak the service cannot grow to where it was before.',
  cause: 'at the next peak it cannot grow to where it was before',
  source: ['kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale'],
  check(diff, report) {
    for (const change of diff.of('HorizontalPodAutoscaler')) {
      const [was, is] = [change.before, change.after].map((entry) => numberAt(entry?.object, 'spec', 'maxReplicas'));
      if (was === undefined || is === undefined || is * 2 > was) continue;
      report(change, {
        pointer: '/spec/maxReplicas',
        message: `HorizontalPodAutoscaler "${change.name}" may grow to ${is} pods in place of ${was}`,
        fix: 'look at how many it had at its last peaks',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'from ten to three',
        before: [autoscaler('cart', { maxReplicas: 10 })],
        after: [autoscaler('cart', { maxReplicas: 3 })],
        expect: [
          {
            object: 'HorizontalPodAutoscaler shop/cart',
            message: 'HorizontalPodAutoscaler "cart" may grow to 3 pods in place of 10',
          },
        ],
      },
    ],
    good: [
      {
        name: 'from ten to eight',
        before: [autoscaler('cart', { maxReplicas: 10 })],
        after: [autoscaler('cart', { maxReplicas: 8 })],
      },
    ],
  },
});
