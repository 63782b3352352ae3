import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'suspended',
  severity: 'warning',
  effect: 'stuck',
  since: '0.1.0',
  why: "A suspended Canary is not looked at: new revisions wait, and the Deployment's pods run beside the primary's without traffic.",
  cause: 'Flagger skips suspended Canaries',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary)'],
  codes: ['SUSPENDED'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isSuspended) return;
    report(canary, {
      pointer: '/spec/suspend',
      message: `Canary "${canary.name}" is suspended: nothing of it is rolled out`,
      fix: 'remove spec.suspend when it shall go on',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'suspended',
        manifests: [deployment('frontend'), canary('frontend', { spec: { suspend: true } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/suspend',
            message: 'Canary "frontend" is suspended: nothing of it is rolled out',
          },
        ],
      },
    ],
    good: [
      { name: 'not suspended', manifests: [deployment('frontend'), canary('frontend', { spec: { suspend: false } })] },
    ],
  }),
});
