import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'match-without-iterations',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'With match and without iterations Flagger runs a weighted canary whose weights apply to the matched requests only: all others stay on the primary, and few requests are measured.',
  cause: 'without iterations a match only narrows which requests are weighed',
  source: ['fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go (DeploymentStrategy)'],
  codes: ['MATCH_WITHOUT_ITERATIONS'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (analysis.strategy !== 'canary' || analysis.match.length === 0) return;
    if (canary.provider.value === 'nginx') {
      report(canary, {
        pointer: `${canary.analysisPointer}/match`,
        severity: 'error',
        message: `Canary "${canary.name}" has a match beside its weights, and for nginx Flagger then writes the match alone: the weight of the canary Ingress stays 0, and the revision is promoted after one check`,
        cause:
          'the router of nginx writes weights only where there is no match, and reads the weight that it has not written',
        fix: 'replace stepWeight and maxWeight by iterations, or remove match',
      });
      return;
    }
    report(canary, {
      pointer: `${canary.analysisPointer}/match`,
      message: `Canary "${canary.name}" has a match and no iterations: it is no A/B test, its weights count for matched requests only`,
      fix: 'replace stepWeight and maxWeight by iterations, or remove match',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a match with weights on nginx',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            spec: { provider: 'nginx', ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'x' } },
            analysis: { match: [{ headers: { 'x-canary': { exact: 'yes' } } }] },
          }),
        ],
        expect: [{ object: 'Canary shop/frontend', severity: 'error' }],
      },
      {
        name: 'a match with weights',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { match: [{ headers: { 'x-canary': { exact: 'yes' } } }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match',
            message:
              'Canary "frontend" has a match and no iterations: it is no A/B test, its weights count for matched requests only',
          },
        ],
      },
    ],
    good: [
      {
        name: 'an A/B test',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { 'x-canary': { exact: 'yes' } } }],
            },
          }),
        ],
      },
    ],
  }),
});
