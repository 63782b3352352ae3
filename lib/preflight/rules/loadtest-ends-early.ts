import { caller, canary, deployment, service } from '../case-manifests';
import { hasOrganicTraffic } from '../cold-start';
import { rule } from '../rule';

const hey = (duration: string) => ({
  name: 'load-test',
  type: 'rollout',
  url: 'http://flagger-loadtester.test/',
  metadata: { cmd: `hey -z ${duration} -q 5 -c 2 http://cart-canary.shop/` },
});

export default rule({
  id: 'loadtest-ends-early',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger calls a rollout webhook once a check. A load test that is shorter than analysis.interval leaves silence until the next check, and the metrics are asked at the end of that silence. If the window of the metric is shorter than the silence it has no values at all.',
  cause: 'the load starts at one check, and the metrics judge it at the next',
  source: ['fluxcd/flagger v1.44 pkg/loadtester/runner.go', 'fluxcd/flagger v1.44 pkg/controller/scheduler.go'],
  codes: ['LOADTEST_ENDS_EARLY'],
  check(world, report) {
    for (const canary of world.canaries()) {
      // Where the requests of users reach the canary, the load test is not all of the traffic.
      if (canary.skipAnalysis || canary.metrics.length === 0 || hasOrganicTraffic(canary)) continue;
      const interval = canary.analysis.intervalSeconds;
      const tests = canary.loadTests.filter(
        ({ webhook, test, hits }) =>
          webhook.type === 'rollout' && hits !== 'other' && test.durationSeconds !== undefined,
      );
      const longest = Math.max(...tests.map(({ test }) => test.durationSeconds ?? 0));
      const first = tests[0];
      if (!first || longest >= interval) continue;
      const silence = interval - longest;
      const blind = canary.metrics.find(({ intervalSeconds = Number.POSITIVE_INFINITY }) => intervalSeconds <= silence);
      report(canary, {
        pointer: `${first.webhook.pointer}/metadata/cmd`,
        severity: blind ? 'error' : 'warning',
        message: `the load of webhook "${first.webhook.name}" of Canary "${canary.name}" ends after ${longest} s, and the next check comes after ${interval} s: ${blind ? `the metric "${blind.name}" looks back ${blind.interval} and sees none of it` : `${silence} s of every window are silent`}`,
        edits: [
          {
            value: first.webhook.command?.replace(
              /(\s(?:-z|-d|-t|--duration)(?:=|\s+))(?:[\d.]+[a-zµ]+)+/,
              (_all, flag: string) => `${flag}${2 * interval}s`,
            ),
          },
        ],
        fix: `let it run for ${interval}s or longer (better ${2 * interval}s) in the command of webhook "${first.webhook.name}"`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'half of the interval is silent',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [hey('30s')] } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            severity: 'warning',
            message:
              'the load of webhook "load-test" of Canary "cart" ends after 30 s, and the next check comes after 60 s: 30 s of every window are silent',
          },
        ],
      },
      {
        name: 'the window lies in the silence',
        manifests: [deployment('cart'), canary('cart', { analysis: { interval: '5m', webhooks: [hey('1m')] } })],
        expect: [{ object: 'Canary shop/cart', severity: 'error' }],
      },
      {
        name: 'users call it, but none of them reaches a Blue/Green canary',
        manifests: [
          deployment('cart'),
          service('cart'),
          caller('frontend', 'cart:80'),
          canary('cart', {
            analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5, webhooks: [hey('30s')] },
          }),
        ],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'load until the next check',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [hey('1m')] } })],
      },
      {
        name: 'users call it too',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [hey('30s')] } })],
        facts: { requestsPerSecond: { 'shop/cart': 50 } },
      },
    ],
  },
});
