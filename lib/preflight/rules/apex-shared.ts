import type { CanaryView } from '../../world';
import { canary, deployment } from '../case-manifests';
import { firstBy } from '../first-by';
import { rule } from '../rule';

export default rule({
  id: 'apex-shared',
  severity: 'error',
  effect: 'outage',
  since: '0.3.0',
  why: 'Flagger makes the Service of spec.service.name (or of the target), and with it -primary, -canary and the route of that name. Two Canaries with one name write the same objects in turn: the Service leads to the pods of the one and then of the other, and the weights of one rollout stand in the route of both.',
  cause: 'both Canaries write the Services and the route of that name',
  source: [
    'fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go (GetServiceNames)',
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)',
  ],
  codes: [],
  echoOf: ['dup-target', 'object-twice'],
  each: 'canary',
  shared: (world) => firstBy(world.canaries(), (canary) => [apexOf(canary)]),
  check(canary, report, _world, firsts) {
    const first = firsts.get(apexOf(canary));
    if (canary.apexName === '' || first === undefined || first === canary || first.name === canary.name) return;
    // One target of both is the root, and has its own finding.
    if (first.targetRef.name === canary.targetRef.name && first.targetRef.kind === canary.targetRef.kind) return;
    report(canary, {
      pointer: canary.service.name === undefined ? '/spec/service' : '/spec/service/name',
      message: `Canary "${canary.name}" and Canary "${first.name}" both make Service "${canary.apexName}" with its -primary and -canary: each writes over the other`,
      fix: `give one of them another spec.service.name, or make one workload of the two: a Canary rolls out one`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'one Service of two workloads',
        manifests: [
          deployment('cart-v1'),
          deployment('cart-v2'),
          canary('cart-v1', { service: { name: 'cart' } }),
          canary('cart-v2', { service: { name: 'cart' } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart-v2',
            pointer: '/spec/service/name',
            message:
              'Canary "cart-v2" and Canary "cart-v1" both make Service "cart" with its -primary and -canary: each writes over the other',
          },
        ],
        mended: [
          deployment('cart-v1'),
          deployment('cart-v2'),
          canary('cart-v1', { service: { name: 'cart' } }),
          canary('cart-v2', { service: { name: 'cart-next' } }),
        ],
      },
    ],
    good: [
      {
        name: 'names of their own',
        manifests: [deployment('cart'), deployment('web'), canary('cart'), canary('web')],
      },
    ],
  }),
});

const apexOf = ({ namespace, apexName }: CanaryView): string => `${namespace}/${apexName}`;
