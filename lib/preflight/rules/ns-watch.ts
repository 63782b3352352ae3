import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'ns-watch',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'With the value namespace Flagger watches that namespace only. Canaries elsewhere are never looked at.',
  cause: 'Flagger watches one namespace only',
  source: ['fluxcd/flagger v1.44 cmd/flagger/main.go (namespace)'],
  codes: ['NS_WATCH'],
  each: 'canary',
  check(canary, report, world) {
    const watched = world.flagger.watchedNamespace;
    if (!watched || watched === canary.namespace) return;
    report(canary, {
      message: `Canary "${canary.name}" is in namespace "${canary.namespace}", and Flagger watches "${watched}" only`,
      fix: 'remove namespace from the values of Flagger, or move the Canary',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'another namespace',
        manifests: [deployment('frontend'), canary('frontend'), flaggerRelease({ namespace: 'prod' })],
        expect: [
          {
            object: 'Canary shop/frontend',
            message: 'Canary "frontend" is in namespace "shop", and Flagger watches "prod" only',
          },
        ],
      },
    ],
    good: [{ name: 'all namespaces', manifests: [deployment('frontend'), canary('frontend'), flaggerRelease()] }],
  }),
});
