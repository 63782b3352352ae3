import { fieldsAt } from '../../kube';
import { canary, deployment, loadTest } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'ab-no-matched-traffic',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: "In an A/B test only requests that match reach the canary. If nobody is known to send the header (no load test that carries it or calls the canary's own Service), the metrics have no values and the rollout is rolled back.",
  cause: 'only matched requests reach the canary of an A/B test',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (runAB)', 'fluxcd/flagger v1.44 test/istio/test-ab.sh'],
  codes: ['AB_NO_MATCHED_TRAFFIC'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (analysis.strategy !== 'a/b' || canary.metrics.length === 0 || canary.skipAnalysis) return;
    const headers = analysis.match.flatMap((match) =>
      Object.keys(fieldsAt(match, 'headers')).map((name) => name.toLowerCase()),
    );
    if (headers.length === 0) return;
    const sends = canary.loadTests.some(
      ({ hits, webhook }) =>
        hits === 'canary' || headers.some((name) => (webhook.command ?? '').toLowerCase().includes(name)),
    );
    if (sends) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/match`,
      message: `the A/B test of Canary "${canary.name}" measures requests with the header ${headers.map((name) => `"${name}"`).join(' or ')}, and no load test sends one: unless users do, there are no values`,
      fix: `add a rollout webhook such as \`hey -z 1m -q 5 -c 2 -H '${headers[0]}: …' http://${canary.apexName}.${canary.namespace}:${canary.port}/\`, or call ${canary.canaryName}.${canary.namespace}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'nobody sends it',
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
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match',
            message:
              'the A/B test of Canary "frontend" measures requests with the header "x-canary", and no load test sends one: unless users do, there are no values',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the load test calls the canary',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { 'x-canary': { exact: 'yes' } } }],
              webhooks: [loadTest('frontend-canary.shop')],
            },
          }),
        ],
      },
    ],
  }),
});
