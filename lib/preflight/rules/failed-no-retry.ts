import { fieldsAt, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'failed-no-retry',
  severity: 'info',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A failed revision is not tried again: Flagger compares the pod template with the one that failed. Only a change of the template starts a rollout, and an annotation must be on spec.template, not on the Deployment.',
  cause: 'the same pod template is not tried twice',
  source: ['fluxcd/flagger v1.44 pkg/canary/spec.go (hasSpecChanged)'],
  codes: ['FAILED_NO_RETRY'],
  each: 'canary',
  check(canary, report) {
    if (textAt(fieldsAt(canary.entry.object, 'status'), 'phase') !== 'Failed') return;
    report(canary, {
      message: `Canary "${canary.name}" is Failed: its revision is not tried again`,
      fix: `change the pod template of ${canary.targetRef.kind} "${canary.targetRef.name}", for instance an annotation in spec.template.metadata`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a failed Canary',
        manifests: [deployment('frontend'), { ...canary('frontend'), status: { phase: 'Failed' } }],
        expect: [
          { object: 'Canary shop/frontend', message: 'Canary "frontend" is Failed: its revision is not tried again' },
        ],
      },
    ],
    good: [{ name: 'a Canary without status', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
