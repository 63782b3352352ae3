import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'strategy-oneof',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'The definition of a Canary wants exactly one of iterations, stepWeight and stepWeights beside interval and threshold. With none or with two the API server refuses the object, and Flux cannot apply the folder that it is in.',
  cause: 'the definition of Canary takes exactly one strategy',
  source: ['fluxcd/flagger v1.44 artifacts/flagger/crd.yaml (analysis, oneOf)'],
  codes: ['STRATEGY_ONEOF'],
  echoOf: ['analysis-nil-panic'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    // The API server drops a null before it validates.
    const isGiven = (field: string) => analysis.raw[field] !== undefined && analysis.raw[field] !== null;
    const given = ['iterations', 'stepWeight', 'stepWeights'].filter(isGiven);
    const missing = ['interval', 'threshold'].filter((field) => !isGiven(field));
    if (given.length === 1 && missing.length === 0) return;
    report(canary, {
      pointer: canary.analysisPointer,
      message:
        given.length === 1
          ? `the analysis of Canary "${canary.name}" has no ${missing.join(' and no ')}`
          : `the analysis of Canary "${canary.name}" has ${given.length === 0 ? 'no strategy' : given.join(' and ')}`,
      fix:
        given.length === 1
          ? `add ${missing.map((field) => (field === 'interval' ? 'interval: 1m' : 'threshold: 5')).join(' and ')}`
          : 'keep exactly one of iterations, stepWeight (with maxWeight) and stepWeights',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'two strategies',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { iterations: 5 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis',
            message: 'the analysis of Canary "frontend" has iterations and stepWeight',
          },
        ],
      },
      {
        name: 'no interval',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { interval: undefined } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis',
            message: 'the analysis of Canary "frontend" has no interval',
          },
        ],
      },
    ],
    good: [
      { name: 'one strategy', manifests: [deployment('frontend'), canary('frontend')] },
      {
        name: 'a null is none',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { iterations: 5, stepWeight: null, maxWeight: null } }),
        ],
      },
    ],
  }),
});
