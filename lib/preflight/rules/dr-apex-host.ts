import { fieldsAt, listAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'dr-apex-host',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger routes to `-primary` and `-canary` and makes DestinationRules for these. One for the apex Service (outlier detection, TLS, subsets) is not used any more.',
  cause: 'the routes of the Canary go to -primary and -canary',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (reconcileDestinationRule)'],
  codes: ['DR_APEX_HOST', 'DR_SUBSETS'],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isIstio) return;
    for (const destinationRule of world.writtenDestinationRulesOf(canary.namespace, canary.apexName)) {
      const subsets = listAt(fieldsAt(destinationRule.object, 'spec'), 'subsets').length;
      report(destinationRule, {
        about: canary,
        pointer: '/spec/host',
        message: `DestinationRule "${destinationRule.name}" is for "${canary.apexName}", and Canary "${canary.name}" routes to "${canary.primaryName}" and "${canary.canaryName}": ${subsets > 0 ? `its ${subsets} subsets and its policy are` : 'its policy is'} not used`,
        fix: 'move its trafficPolicy to service.trafficPolicy of the Canary, and remove it',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a policy for the apex',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'networking.istio.io/v1',
            kind: 'DestinationRule',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { host: 'frontend', trafficPolicy: { outlierDetection: { consecutive5xxErrors: 3 } } },
          },
          canary('frontend'),
        ],
        expect: [
          {
            object: 'DestinationRule shop/rule',
            pointer: '/spec/host',
            message:
              'DestinationRule "rule" is for "frontend", and Canary "frontend" routes to "frontend-primary" and "frontend-canary": its policy is not used',
          },
        ],
      },
    ],
    good: [
      {
        name: 'another host',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'networking.istio.io/v1',
            kind: 'DestinationRule',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { host: 'cart' },
          },
          canary('frontend'),
        ],
      },
    ],
  }),
});
