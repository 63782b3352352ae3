import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'webhook-timeout-sum',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Webhooks are called one after the other within a check. When their timeouts together reach the interval, slow ones make Flagger skip checks, and the rollout takes longer than computed.',
  cause: 'checks that fall into a running one are dropped',
  source: ['fluxcd/flagger v1.44 docs/gitbook/usage/webhooks.md', 'fluxcd/flagger v1.44 pkg/controller/job.go'],
  codes: ['WEBHOOK_TIMEOUT_SUM'],
  check(world, report) {
    for (const canary of world.canaries()) {
      const { analysis } = canary;
      const hooks = canary.webhooks.filter(({ type }) => type === 'rollout');
      const sum =
        hooks.reduce(
          (total, { timeoutMilliseconds, retries }) => total + (timeoutMilliseconds ?? 0) * (1 + retries),
          0,
        ) / 1000;
      if (hooks.length === 0 || sum < analysis.intervalSeconds) continue;
      report(canary, {
        pointer: `${canary.analysisPointer}/webhooks`,
        message: `the rollout webhooks of Canary "${canary.name}" may take ${sum} s together, and it checks every ${analysis.intervalSeconds} s`,
        fix: 'shorten their timeouts and retries, or lengthen the interval',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a minute in a minute',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  timeout: '60s',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks',
            message: 'the rollout webhooks of Canary "frontend" may take 60 s together, and it checks every 60 s',
          },
        ],
      },
    ],
    good: [
      {
        name: 'five seconds',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  timeout: '5s',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  },
});
