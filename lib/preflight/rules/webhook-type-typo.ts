import { nearest } from '../../findings';
import { webhookTypes } from '../../flagger';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'webhook-type-typo',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'The API server refuses a webhook type that the definition does not list, and with it the Canary.',
  cause: 'the definition does not know the type',
  source: ['fluxcd/flagger v1.44 artifacts/flagger/crd.yaml'],
  codes: ['WEBHOOK_TYPE_TYPO'],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
      if ((webhookTypes as readonly string[]).includes(hook.type)) continue;
      const near = nearest(hook.type, webhookTypes);
      report(canary, {
        pointer: `${hook.pointer}/type`,
        message: `the webhook "${hook.name}" of Canary "${canary.name}" has the type "${hook.type}"`,
        ...(near ? { nearest: near } : {}),
        fix: near ? `write "${near}"` : `write one of ${webhookTypes.join(', ')}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'rolout',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rolout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/type',
            message: 'the webhook "load" of Canary "frontend" has the type "rolout"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'rollout',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
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
