import type { CanaryView } from '../../world';
import { canary, deployment } from '../case-manifests';
import { firstBy } from '../first-by';
import { prefixedTarget } from '../prefixed-target';
import { rule } from '../rule';

const targetOf = ({ namespace, targetRef: { kind, name } }: CanaryView): string => `${kind}/${namespace}/${name}`;

export default rule({
  id: 'dup-target',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Two Canaries of one target both scale it, both promote into the same primary and both write the routes. Flagger logs "Bad things will happen! Found more than one canary with the same target" and runs both.',
  cause: 'both Canaries scale the same target and write the same primary and routes',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (scheduleCanaries)'],
  codes: ['DUP_TARGET'],
  each: 'canary',
  shared: (world) => firstBy(world.canaries(), (canary) => [targetOf(canary)]),
  check(canary, report, world, firsts) {
    const { kind, name } = canary.targetRef;
    const first = firsts.get(targetOf(canary));
    // The API server refuses a target without a name.
    if (name === '' || first === undefined || first === canary) return;
    // Overlays of one base that share a namespace: each means a target of its own, and does not name it.
    if (prefixedTarget(world, canary)) return;
    report(canary, {
      pointer: '/spec/targetRef',
      message: `Canary "${canary.name}" has the same target as Canary "${first.name}": ${kind} "${name}" of namespace "${canary.namespace}"`,
      fix: `remove Canary "${canary.name}" or Canary "${first.name}", or write another target in one of them`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'two Canaries of one Deployment',
        manifests: [
          deployment('cart'),
          canary('cart'),
          canary('cart-ab', { spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart-ab',
            pointer: '/spec/targetRef',
            message: 'Canary "cart-ab" has the same target as Canary "cart": Deployment "cart" of namespace "shop"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'overlays with a prefix: another rule says that neither names its target',
        manifests: [
          ...['dev', 'stage'].flatMap((prefix) => [
            deployment(`${prefix}-cart`),
            canary(`${prefix}-cart`, {
              spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' } },
            }),
          ]),
        ],
      },
      {
        name: 'targets of one name in two namespaces',
        manifests: [
          deployment('cart'),
          canary('cart'),
          deployment('cart', { metadata: { namespace: 'test' } }),
          canary('cart', { metadata: { namespace: 'test' } }),
        ],
      },
    ],
  }),
});
