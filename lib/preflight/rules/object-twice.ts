import { isDeepStrictEqual } from 'node:util';
import { describeEntry } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

/** Kinds on which a rollout depends: of others two texts are common and harmless (a Namespace in each folder). */
const kinds = new Set(
  (
    'Canary MetricTemplate AlertProvider Deployment DaemonSet Service HorizontalPodAutoscaler ScaledObject VirtualService ' +
    'DestinationRule Gateway Ingress HTTPRoute GRPCRoute HTTPProxy TraefikService ApisixRoute'
  ).split(' '),
);

export default rule({
  id: 'object-twice',
  severity: 'warning',
  effect: 'wrong',
  since: '0.2.0',
  why: 'Two texts of one object: kubectl applies both, and the one that comes last wins; kustomize, and with it Flux, refuses two resources of one id. Which of them is in the cluster is a matter of the order of files. Preflight looks at both.',
  cause: 'kubectl leaves the one that it applies last, and kustomize refuses both',
  source: [
    'kubernetes-sigs/kustomize v5.7 api/resmap/reswrangler.go (Append)',
    'kubectl apply: one request for each document',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const { first, again } of world.duplicates()) {
      if (!kinds.has(again.kind) || isDeepStrictEqual(first.object, again.object)) continue;
      const { file, line } = first.place();
      report(again, {
        message: `${describeEntry(again)} is written twice, with different content: here and at ${file}${line === undefined ? '' : `:${line}`}`,
        fix: 'remove one of the two, or apply them to different clusters',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'two Canaries of one name',
        manifests: [
          deployment('cart'),
          canary('cart'),
          canary('cart', { spec: { analysis: { interval: '2m', threshold: 5, stepWeight: 10, maxWeight: 50 } } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            message: 'Canary shop/cart is written twice, with different content: here and at case.yaml',
          },
        ],
      },
    ],
    good: [{ name: 'the same text twice', manifests: [deployment('cart'), canary('cart'), canary('cart')] }],
  }),
});
