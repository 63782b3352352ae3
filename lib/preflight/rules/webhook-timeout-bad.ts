import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'webhook-timeout-bad',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The pattern of the definition is not anchored, so `10min` passes it. Go cannot read that, and the webhook fails at every call.',
  cause: 'Go cannot read the timeout',
  source: ['fluxcd/flagger v1.44 pkg/controller/webhook.go', 'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml'],
  codes: ['WEBHOOK_TIMEOUT_BAD'],
  echoOf: ['field-wrong-type'],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
      if (hook.timeoutMilliseconds !== undefined) continue;
      report(canary, {
        pointer: `${hook.pointer}/timeout`,
        message: `the timeout "${String(hook.raw.timeout)}" of webhook "${hook.name}" of Canary "${canary.name}" is not a duration`,
        fix: 'write a duration such as 30s or 2m',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: '10min',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  timeout: '10min',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/timeout',
            message: 'the timeout "10min" of webhook "load" of Canary "frontend" is not a duration',
          },
        ],
      },
    ],
    good: [
      {
        name: '10m',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  timeout: '10m',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});
