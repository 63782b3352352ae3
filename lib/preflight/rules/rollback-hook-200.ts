import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'rollback-hook-200',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A rollback hook that answers with success means `roll back`. An address that always does, such as a gate that is open or a health check, rolls back every rollout at its first check.',
  cause: 'success of a rollback hook means roll back',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (runRollbackHooks)'],
  codes: ['ROLLBACK_HOOK_200'],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
      if (
        hook.type !== 'rollback' ||
        !hook.service ||
        !/load-?tester/.test(hook.service.name) ||
        hook.path === '/rollback/check'
      )
        continue;
      report(canary, {
        pointer: `${hook.pointer}/url`,
        message: `the rollback webhook "${hook.name}" of Canary "${canary.name}" asks ${hook.path ?? '/'} of the load tester, which does not say whether to roll back`,
        ...(URL.canParse(hook.url) && { edits: [{ value: new URL('/rollback/check', hook.url).href }] }),
        fix: 'ask /rollback/check',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a health check',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'back', type: 'rollback', url: 'http://flagger-loadtester.test/healthz' }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/url',
            message:
              'the rollback webhook "back" of Canary "frontend" asks /healthz of the load tester, which does not say whether to roll back',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the check',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [{ name: 'back', type: 'rollback', url: 'http://flagger-loadtester.test/rollback/check' }],
            },
          }),
        ],
      },
    ],
  }),
});
