import { canary, deployment, namespace, service } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'loadtester-absent',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger calls the webhook at every check. When the Service of its address does not exist, each call fails and counts: the rollout is rolled back.',
  cause: 'a hook that cannot be reached counts as failed',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (runAnalysis)',
    'fluxcd/flagger v1.44 pkg/controller/webhook.go',
  ],
  codes: ['LOADTESTER_ABSENT'],
  check(world, report) {
    for (const canary of world.canaries()) {
      for (const hook of canary.webhooks) {
        if (hook.type.startsWith('confirm-') || !hook.service) continue;
        const { namespace, name } = hook.service;
        if (world.service(namespace, name) || world.mayExist('Service', namespace, name)) continue;
        const soft = hook.type === 'post-rollout' || hook.type === 'event' || hook.type === 'rollback';
        report(canary, {
          pointer: `${hook.pointer}/url`,
          severity: soft ? 'warning' : 'error',
          message: `the webhook "${hook.name}" of Canary "${canary.name}" calls ${namespace}/${name}, which does not exist`,
          fix: 'install the load tester there, or name the Service that exists',
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'no such Service',
        manifests: [
          deployment('frontend'),
          namespace('shop'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://tester.shop/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/url',
            message: 'the webhook "load" of Canary "frontend" calls shop/tester, which does not exist',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it exists',
        manifests: [
          deployment('frontend'),
          namespace('shop'),
          service('tester'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://tester.shop/',
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
