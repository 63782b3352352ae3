import { deployment } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'replicas-to-zero',
  severity: 'error',
  since: '0.2.0',
  why: 'A workload that is set to zero pods answers nobody. Autoscalers do not touch it either: they leave zero alone.',
  cause: 'no pod is left to answer, and autoscalers leave zero alone',
  source: [
    'kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale (implicit maintenance-mode deactivation)',
  ],
  check(diff, report) {
    for (const change of diff.of('Deployment', 'StatefulSet')) {
      if (!change.before || !change.after) continue;
      const [was, is] = [diff.before, diff.after].map((world) =>
        world.writtenWorkload(change.kind, change.namespace, change.name),
      );
      if (is?.replicas !== 0 || was?.replicas === 0 || diff.after.canaryOfTarget(is.entry)) continue;
      report(change, {
        pointer: '/spec/replicas',
        message: `${change.kind} "${change.name}" goes to zero pods`,
        fix: 'write the number of pods, or remove the service where it is meant to go',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'from three',
        before: [deployment('cart', {}, { replicas: 3 })],
        after: [deployment('cart', {}, { replicas: 0 })],
        expect: [{ object: 'Deployment shop/cart', message: 'Deployment "cart" goes to zero pods' }],
      },
    ],
    good: [
      {
        name: 'fewer',
        before: [deployment('cart', {}, { replicas: 3 })],
        after: [deployment('cart', {}, { replicas: 1 })],
      },
    ],
  },
});
