import { caller, canary, deployment, loadTest, service } from '../case-manifests';
import { coldStart } from '../cold-start';
import { rule } from '../rule';

const warmUp = { ...loadTest('cart-canary.shop'), name: 'warm-up', type: 'pre-rollout' };

export default rule({
  id: 'loadtest-starts-late',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger calls the rollout webhooks and asks for the metrics in one tick, one after the other. The load tester answers before the command has run. So when the load test is the only traffic, the first check finds no sample at all and counts as failed. A load test of type pre-rollout begins one tick earlier.',
  cause: 'the load starts in the same tick in which Flagger first asks for the metric',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (runAnalysis)',
    'fluxcd/flagger v1.44 pkg/loadtester/server.go (a task of type cmd is answered with 202)',
  ],
  codes: ['LOADTEST_STARTS_LATE'],
  comesLast: true,
  each: 'canary',
  check(canary, report, world) {
    const start = coldStart(world, canary);
    if (!start?.lateLoad) return;
    const { webhook } = start.lateLoad;
    report(canary, {
      pointer: webhook.pointer,
      message: `webhook "${webhook.name}" starts the only traffic of Canary "${canary.name}" in the tick in which "${start.metric.name}" is first asked: the first check of each rollout has no values and counts as 1 of ${canary.analysis.threshold} failed checks`,
      fix: `add a webhook of type pre-rollout with the same command (${webhook.command}) before webhook "${webhook.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a load test during the rollout only',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')] } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0',
            message:
              'webhook "load-test" starts the only traffic of Canary "cart" in the tick in which "request-success-rate" is first asked: the first check of each rollout has no values and counts as 1 of 5 failed checks',
          },
        ],
      },
      {
        name: 'a single request before the rollout leaves no rate',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: {
              webhooks: [
                { ...warmUp, metadata: { type: 'bash', cmd: 'curl -sf http://cart-canary.shop/' } },
                loadTest('cart-canary.shop'),
              ],
            },
          }),
        ],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/analysis/webhooks/1' }],
      },
      {
        name: 'the load before the rollout goes to the primary: the weight is 0',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: {
              webhooks: [{ ...warmUp, metadata: loadTest('cart.shop').metadata }, loadTest('cart-canary.shop')],
            },
          }),
        ],
        expect: [{ object: 'Canary shop/cart' }],
      },
    ],
    good: [
      {
        name: 'the load begins before the rollout',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [warmUp, loadTest('cart-canary.shop')] } }),
        ],
      },
      {
        name: 'another workload calls it too',
        manifests: [
          deployment('cart'),
          service('cart'),
          caller('frontend', 'cart:80'),
          canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')] } }),
        ],
      },
      {
        name: 'Flagger waits for a load test of type bash',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: {
              webhooks: [
                {
                  ...loadTest('cart-canary.shop'),
                  timeout: '1m',
                  metadata: { type: 'bash', cmd: 'hey -z 45s -q 5 -c 2 http://cart-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});
