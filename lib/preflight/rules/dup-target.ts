import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'dup-target',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Two Canaries of one target both scale it, both promote into the same primary and both write the routes. Flagger logs "Bad things will happen! Found more than one canary with the same target" and runs both.',
  cause: 'both Canaries scale the same target and write the same primary and routes',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (scheduleCanaries)'],
  codes: ['DUP_TARGET'],
  check(world, report) {
    const firsts = new Map<string, string>();
    for (const canary of world.canaries()) {
      const { kind, name } = canary.targetRef;
      // The API server refuses a target without a name.
      if (name === '') continue;
      const key = `${kind}/${canary.namespace}/${name}`;
      const first = firsts.get(key);
      if (first === undefined) {
        firsts.set(key, canary.name);
        continue;
      }
      report(canary, {
        pointer: '/spec/targetRef',
        message: `Canary "${canary.name}" has the same target as Canary "${first}": ${kind} "${name}" of namespace "${canary.namespace}"`,
        fix: `remove Canary "${canary.name}" or Canary "${first}", or write another target in one of them`,
      });
    }
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
