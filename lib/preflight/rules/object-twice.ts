import { haveSameContent } from '../../kube';
import { describeEntry, type Entry } from '../../world';
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
      if (!kinds.has(again.kind)) continue;
      const [one, other] = [first.place(), again.place()];
      const isOneText = one.line !== undefined && one.file === other.file && one.line === other.line;
      const refuser = isOneText ? undefined : refusedBy(first, again);
      if (!refuser && haveSameContent(first.object, again.object)) continue;
      const what = describeEntry(again);
      const at = `${one.file}${one.line === undefined ? '' : `:${one.line}`}`;
      const [by, byOther] = [first, again].map(({ appliedBy }) => appliedBy && `${appliedBy.kind} "${appliedBy.name}"`);
      if (refuser)
        report(again, {
          severity: 'error',
          message: `${what} is written here and at ${at}, and Kustomization "${refuser}" applies both: kustomize refuses two objects of one id, and nothing of the Kustomization is applied`,
          cause: 'Flux puts the files of a folder without a kustomization.yaml into one, and kustomize builds it',
          fix: 'remove one of the two, or write a kustomization.yaml that lists what is meant',
        });
      else if (isOneText && by && byOther)
        report(again, {
          message: `${what} is applied twice, with different content: by ${by} and by ${byOther}`,
          cause: 'each of them puts back what the other one writes',
          fix: 'let one of them apply it',
        });
      else if (!isOneText)
        report(again, {
          message: `${what} is written twice, with different content: here and at ${at}`,
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

/**
 * The Kustomization of Flux that applies both files of a folder as they are. What kustomize itself lists has failed to build.
 * @see fluxcd/pkg kustomize v1.39 kustomize_generator.go (scanManifests)
 */
function refusedBy(first: Entry, again: Entry): string | undefined {
  const [one, other] = [first.appliedBy, again.appliedBy];
  if (one?.kind !== 'Kustomization' || one.name !== other?.name || one.namespace !== other.namespace) return undefined;
  return first.file === again.file ? undefined : one.name;
}
