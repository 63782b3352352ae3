import { annotated, claim, deployment } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'claim-removed',
  severity: 'error',
  since: '0.2.0',
  why: 'A PersistentVolumeClaim that leaves the tree is pruned by Flux. With the reclaim policy Delete, which most storage classes have, its volume and all data on it go with it.',
  cause: 'with the reclaim policy Delete the volume is deleted with its claim, and no commit brings the data back',
  source: ['kubernetes.io/docs/concepts/storage/persistent-volumes (Reclaiming)'],
  check(diff, report) {
    for (const change of diff.of('PersistentVolumeClaim'))
      if (change.isDeleted)
        report(change, {
          message: `PersistentVolumeClaim "${change.name}" goes, and its volume with it`,
          fix: 'keep the claim, or give it the annotation kustomize.toolkit.fluxcd.io/prune: disabled (helm.sh/resource-policy: keep in a chart) in a commit before; take a snapshot if the data may go',
        });
  },
  cases: {
    bad: [
      {
        name: 'a word of Helm, and Flux applies it',
        before: [annotated(claim('cart-data'), { 'helm.sh/resource-policy': 'keep' })],
        after: [],
        expect: [
          {
            object: 'PersistentVolumeClaim shop/cart-data',
            message: 'PersistentVolumeClaim "cart-data" goes, and its volume with it',
          },
        ],
      },
      {
        name: 'a claim leaves with its service',
        before: [deployment('cart'), claim('cart-data')],
        after: [],
        expect: [
          {
            object: 'PersistentVolumeClaim shop/cart-data',
            message: 'PersistentVolumeClaim "cart-data" goes, and its volume with it',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a claim that grows',
        before: [claim('cart-data')],
        after: [claim('cart-data', '16Gi')],
      },
      {
        name: 'Flux is told to leave it',
        before: [annotated(claim('cart-data'), { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' })],
        after: [],
      },
    ],
  },
});
