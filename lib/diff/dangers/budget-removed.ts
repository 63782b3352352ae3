import { labelSelectorOf } from '../../kube';
import { deployment, object } from '../case-objects';
import { danger } from '../danger';

const budget = object('policy/v1', 'PodDisruptionBudget', 'cart', {
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'cart' } } },
});

export default danger({
  id: 'budget-removed',
  severity: 'info',
  since: '0.2.0',
  why: 'Without a PodDisruptionBudget the drain of nodes (an upgrade of the cluster, an autoscaler that takes nodes away) may stop all pods of a service at once.',
  cause: 'a drain of nodes may stop all its pods at once',
  source: ['kubernetes.io/docs/concepts/workloads/pods/disruptions'],
  check(diff, report) {
    for (const change of diff.of('PodDisruptionBudget')) {
      if (!change.isDeleted) continue;
      const selector = labelSelectorOf((change.entry.object.spec as { selector?: unknown } | undefined)?.selector);
      const [first] = diff.after.workloadsMatching(change.namespace, selector);
      if (!first) continue;
      report(change, {
        message: `PodDisruptionBudget "${change.name}" goes, and ${first.kind} "${first.name}" stays`,
        fix: 'keep the budget, or write another one for the same pods',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'the pods stay',
        before: [deployment('cart'), budget],
        after: [deployment('cart')],
        expect: [
          {
            object: 'PodDisruptionBudget shop/cart',
            message: 'PodDisruptionBudget "cart" goes, and Deployment "cart" stays',
          },
        ],
      },
    ],
    good: [{ name: 'both go', before: [deployment('cart'), budget], after: [] }],
  },
});
