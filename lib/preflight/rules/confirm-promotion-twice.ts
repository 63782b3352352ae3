import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'confirm-promotion-twice',
  severity: 'info',
  effect: 'wrong',
  since: '0.1.0',
  why: 'In Blue/Green the confirm-promotion gate is asked before all traffic moves to the canary and again before the promotion. A gate that opens once and closes leaves all users on the canary.',
  cause: 'Blue/Green asks before the switch and before the promotion',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (runBlueGreen)'],
  codes: ['CONFIRM_PROMOTION_TWICE'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (analysis.strategy !== 'blue/green' || canary.isKubernetes) return;
    const gate = canary.webhooks.find(({ type }) => type === 'confirm-promotion');
    if (!gate) return;
    report(canary, {
      pointer: gate.pointer,
      message: `the gate "${gate.name}" of Canary "${canary.name}" is asked twice: before all traffic goes to the canary, and before the promotion`,
      fix: 'keep the gate open until the rollout has ended',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'Blue/Green with a gate',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              webhooks: [{ name: 'gate', type: 'confirm-promotion', url: 'http://flagger-loadtester.test/gate/check' }],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0',
            message:
              'the gate "gate" of Canary "frontend" is asked twice: before all traffic goes to the canary, and before the promotion',
          },
        ],
      },
    ],
    good: [
      {
        name: 'weights',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [{ name: 'gate', type: 'confirm-promotion', url: 'http://flagger-loadtester.test/gate/check' }],
            },
          }),
        ],
      },
    ],
  }),
});
