import { textAt } from '../../kube';
import { autoscaler, deployment, object } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'autoscaler-removed',
  severity: 'warning',
  since: '0.2.0',
  why: 'Without its autoscaler a Deployment keeps the number of pods that it has at that moment; where the manifest says `replicas`, it goes to that number at once.',
  cause: 'the number of pods no longer follows the load; a manifest with `replicas` sets it at once',
  source: ['kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale'],
  check(diff, report) {
    for (const change of diff.of('HorizontalPodAutoscaler', 'ScaledObject')) {
      if (!change.isDeleted) continue;
      const name = textAt(change.entry.object, 'spec', 'scaleTargetRef', 'name') ?? '';
      const target = diff.after.writtenWorkload('Deployment', change.namespace, name);
      // It goes with its target, or another one takes over.
      if (!target || diff.after.writtenAutoscalersOf(target).length > 0) continue;
      const { replicas } = target;
      report(change, {
        message: `${change.kind} "${change.name}" goes: Deployment "${name}" ${replicas === undefined ? 'stays at the number of pods that it has then' : `gets ${replicas} ${replicas === 1 ? 'pod' : 'pods'} at once`}`,
        fix: `keep the autoscaler, or set \`replicas\` of Deployment "${name}" to what its peak needs`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'the Deployment stays',
        before: [deployment('cart'), autoscaler('cart')],
        after: [deployment('cart', {}, { replicas: 1 })],
        expect: [
          {
            object: 'HorizontalPodAutoscaler shop/cart',
            message: 'HorizontalPodAutoscaler "cart" goes: Deployment "cart" gets 1 pod at once',
          },
        ],
      },
    ],
    good: [
      {
        name: 'under another name',
        before: [deployment('cart'), autoscaler('cart')],
        after: [
          deployment('cart'),
          autoscaler('cart-cpu', { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' } }),
        ],
      },
      {
        name: 'KEDA takes over',
        before: [deployment('cart'), autoscaler('cart')],
        after: [
          deployment('cart'),
          object('keda.sh/v1alpha1', 'ScaledObject', 'cart', { spec: { scaleTargetRef: { name: 'cart' } } }),
        ],
      },
    ],
  },
});
