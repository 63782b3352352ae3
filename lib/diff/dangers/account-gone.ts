import { deployment, object } from '../case-objects';
import { danger } from '../danger';

const reader = deployment('cart', { serviceAccountName: 'cart' });

export default danger({
  id: 'account-gone',
  severity: 'error',
  since: '0.2.0',
  why: 'Pods keep running when their ServiceAccount is deleted, but their tokens end with it, and no pod can be made again: the API server refuses pods of an account that does not exist.',
  cause: 'the tokens of its pods end, and no new pod can be made',
  source: ['kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin'],
  check(diff, report) {
    for (const change of diff.of('ServiceAccount')) {
      if (!change.isDeleted) continue;
      const user = diff.after
        .writtenWorkloads()
        .find(
          ({ namespace, serviceAccountName }) => namespace === change.namespace && serviceAccountName === change.name,
        );
      if (!user) continue;
      report(change, {
        message: `ServiceAccount "${change.name}" goes, and ${user.kind} "${user.name}" still runs as it`,
        fix: `keep it, or give ${user.kind} "${user.name}" another one first`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'its workload stays',
        before: [reader, object('v1', 'ServiceAccount', 'cart')],
        after: [reader],
        expect: [
          {
            object: 'ServiceAccount shop/cart',
            message: 'ServiceAccount "cart" goes, and Deployment "cart" still runs as it',
          },
        ],
      },
    ],
    good: [{ name: 'both go', before: [reader, object('v1', 'ServiceAccount', 'cart')], after: [] }],
  },
});
