import { textAt } from '../../kube';
import type { Entry, World } from '../../world';
import { annotated, claim, deployment, object } from '../case-objects';
import { danger } from '../danger';

const KEEPS =
  'keep the claim, or give it the annotation kustomize.toolkit.fluxcd.io/prune: disabled (helm.sh/resource-policy: keep in a chart) in a commit before';

/** A volume that somebody made by hand. */
const RETAINED = object(
  'v1',
  'PersistentVolume',
  'cart-data',
  {
    spec: {
      capacity: { storage: '8Gi' },
      accessModes: ['ReadWriteOnce'],
      nfs: { server: 'nfs.example.com', path: '/cart' },
    },
  },
  '',
);
const CLASS = object(
  'storage.k8s.io/v1',
  'StorageClass',
  'kept',
  { provisioner: 'csi.example.com', reclaimPolicy: 'Retain' },
  '',
);

export default danger({
  id: 'claim-removed',
  severity: 'error',
  since: '0.2.0',
  why: 'A PersistentVolumeClaim that leaves the tree is pruned by Flux. With the reclaim policy Delete, which most storage classes have, its volume and all data on it go with it.',
  cause: 'with the reclaim policy Delete the volume is deleted with its claim, and no commit brings the data back',
  source: ['kubernetes.io/docs/concepts/storage/persistent-volumes (Reclaiming)'],
  check(diff, report) {
    for (const change of diff.of('PersistentVolumeClaim'))
      if (change.isDeleted) {
        const kept = keptBy(diff.before, change.entry);
        if (kept === undefined)
          report(change, {
            message: `PersistentVolumeClaim "${change.name}" goes, and its volume with it`,
            fix: `${KEEPS}; take a snapshot if the data may go`,
          });
        else
          report(change, {
            severity: 'warning',
            message: `PersistentVolumeClaim "${change.name}" goes; ${kept} keeps the data`,
            cause:
              'a volume that is retained is no longer bound, and no new claim gets it until somebody frees it by hand',
            fix: KEEPS,
          });
      }
  },
  cases: {
    bad: [
      {
        name: 'its volume is retained',
        before: [
          RETAINED,
          object('v1', 'PersistentVolumeClaim', 'cart-data', {
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '8Gi' } },
              storageClassName: '',
              volumeName: 'cart-data',
            },
          }),
        ],
        after: [RETAINED],
        expect: [
          {
            object: 'PersistentVolumeClaim shop/cart-data',
            severity: 'warning',
            message: 'PersistentVolumeClaim "cart-data" goes; PersistentVolume "cart-data" keeps the data',
          },
        ],
      },
      {
        name: 'its class retains volumes',
        before: [
          CLASS,
          object('v1', 'PersistentVolumeClaim', 'cart-data', {
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '8Gi' } },
              storageClassName: 'kept',
            },
          }),
        ],
        after: [CLASS],
        expect: [
          {
            object: 'PersistentVolumeClaim shop/cart-data',
            severity: 'warning',
            message: 'PersistentVolumeClaim "cart-data" goes; StorageClass "kept" keeps the data',
          },
        ],
      },
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

/**
 * What of the tree says that the data stays. A volume that somebody made by hand is retained by default, one that a class makes is not.
 * @see kubernetes.io/docs/concepts/storage/persistent-volumes (Reclaim Policy)
 */
function keptBy(world: World, { object: one }: Entry): string | undefined {
  const volume = textAt(one, 'spec', 'volumeName');
  const named = (kind: string, name: string | undefined) =>
    name ? world.ofKind(kind).find((entry) => entry.name === name) : undefined;
  const own = named('PersistentVolume', volume);
  if (own)
    return (textAt(own.object, 'spec', 'persistentVolumeReclaimPolicy') ?? 'Retain') === 'Retain'
      ? `PersistentVolume "${volume}"`
      : undefined;
  const storageClass = named('StorageClass', textAt(one, 'spec', 'storageClassName'));
  return storageClass && textAt(storageClass.object, 'reclaimPolicy') === 'Retain'
    ? `StorageClass "${storageClass.name}"`
    : undefined;
}
