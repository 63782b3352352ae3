import { canary, deployment } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'canary-removed-with-its-service',
  severity: 'error',
  since: '0.2.0',
  why: 'With `revertOnDeletion` a Canary has a finalizer: Flagger scales its Deployment up again before it lets the Canary go. When both leave in one commit, the Deployment is gone first; the Canary waits for it for ever, and the primary runs on with all its Services.',
  cause: 'with revertOnDeletion Flagger scales the Deployment up again before it lets the Canary go',
  source: ['fluxcd/flagger v1.44 pkg/controller/finalizer.go', 'docs/decisions/0001-service-of-a-canaried-workload.md'],
  check(diff, report) {
    for (const change of diff.of('Canary')) {
      const was = change.isDeleted ? diff.before.canary(change.namespace, change.name) : undefined;
      if (was?.spec.revertOnDeletion !== true || !was.target) continue;
      const { kind, name } = was.targetRef;
      if (diff.after.writtenWorkload(kind, change.namespace, name)) continue;
      report(change, {
        message: `Canary "${change.name}" goes together with its ${kind} "${name}": its finalizer waits for a ${kind} that is gone, and its primary runs on`,
        fix: `set revertOnDeletion of Canary "${change.name}" to false in a commit before, let Flux apply it, then remove both`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'the whole service goes',
        before: [deployment('cart'), canary('cart', { revertOnDeletion: true })],
        after: [],
        expect: [
          {
            object: 'Canary shop/cart',
            message:
              'Canary "cart" goes together with its Deployment "cart": its finalizer waits for a Deployment that is gone, and its primary runs on',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a commit before has said that nothing is reverted',
        before: [deployment('cart'), canary('cart', { revertOnDeletion: false })],
        after: [],
      },
    ],
  },
});
