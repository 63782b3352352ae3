import { nearest } from '../../findings';
import { providers } from '../../flagger';
import { textAt } from '../../kube';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'provider-unknown',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger takes a mesh provider that it does not know as Istio for routes, and as application metrics for queries where it begins with `gatewayapi`: two halves that do not fit. The definition of Canary refuses such a value, the chart does not.',
  cause: 'an unknown provider falls back to Istio, with a line in the log',
  source: ['fluxcd/flagger v1.44 pkg/router/factory.go', 'fluxcd/flagger v1.44 pkg/metrics/observers/factory.go'],
  codes: ['PROVIDER_UNKNOWN'],
  each: 'world',
  check(world, report) {
    const { meshProvider, entry, valuesPointer } = world.flagger;
    if (meshProvider.value !== '' && !(providers as readonly string[]).includes(meshProvider.value) && entry) {
      const near = nearest(meshProvider.value, providers);
      report(entry, {
        pointer: `${valuesPointer ?? ''}/meshProvider`,
        message: `Flagger's meshProvider "${meshProvider.value}" does not exist: it routes as for Istio`,
        ...(near ? { nearest: near } : {}),
        fix: `write ${near ? `"${near}"` : `one of ${providers.join(', ')}`}`,
      });
    }
    for (const canary of world.canaries()) {
      const own = textAt(canary.spec, 'provider');
      if (own === undefined || own === '' || (providers as readonly string[]).includes(own)) continue;
      const near = nearest(own, providers);
      report(canary, {
        pointer: '/spec/provider',
        message: `Canary "${canary.name}" has the provider "${own}", which does not exist`,
        ...(near ? { nearest: near } : {}),
        fix: `write ${near ? `"${near}"` : `one of ${providers.join(', ')}`}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'without a version',
        manifests: [deployment('frontend'), canary('frontend'), flaggerRelease({ meshProvider: 'gatewayapi' })],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            message: 'Flagger\'s meshProvider "gatewayapi" does not exist: it routes as for Istio',
          },
        ],
      },
      {
        name: 'in the Canary',
        manifests: [deployment('frontend'), canary('frontend', { spec: { provider: 'isto' } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/provider',
            message: 'Canary "frontend" has the provider "isto", which does not exist',
          },
        ],
      },
    ],
    good: [{ name: 'istio', manifests: [deployment('frontend'), canary('frontend'), flaggerRelease()] }],
  }),
});
