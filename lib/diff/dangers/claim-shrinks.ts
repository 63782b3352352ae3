import { compareQuantities, parseQuantity, textAt } from '../../kube';
import { claim } from '../case-objects';
import { danger } from '../danger';

const sizeOf = (object: unknown) => textAt(object, 'spec', 'resources', 'requests', 'storage');

export default danger({
  id: 'claim-shrinks',
  severity: 'error',
  since: '0.2.0',
  why: 'Kubernetes grows volumes and never shrinks them. The API server refuses the smaller request, and the Kustomization that applies it fails with all that it holds.',
  cause: 'the API server refuses a claim that asks for less than before, and the whole Kustomization fails',
  source: ['kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidatePersistentVolumeClaimUpdate)'],
  check(diff, report) {
    for (const change of diff.of('PersistentVolumeClaim')) {
      const [was, is] = [sizeOf(change.before?.object), sizeOf(change.after?.object)];
      const [before, after] = [parseQuantity(was ?? ''), parseQuantity(is ?? '')];
      if (!before.ok || !after.ok || compareQuantities(after.value, before.value) >= 0) continue;
      report(change, {
        pointer: '/spec/resources/requests/storage',
        message: `PersistentVolumeClaim "${change.name}" shrinks from ${was} to ${is}`,
        fix: `write ${was} again; for a smaller volume make a claim of another name and copy the data`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'half the size',
        before: [claim('cart-data', '8Gi')],
        after: [claim('cart-data', '4Gi')],
        expect: [
          {
            object: 'PersistentVolumeClaim shop/cart-data',
            message: 'PersistentVolumeClaim "cart-data" shrinks from 8Gi to 4Gi',
          },
        ],
      },
    ],
    good: [{ name: 'the same size in other words', before: [claim('a', '8Gi')], after: [claim('a', '8192Mi')] }],
  },
});
