import { fieldsAt, numberAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'deadline-deploy-vs-canary',
  severity: 'info',
  effect: 'fails',
  since: '0.1.0',
  why: "Two deadlines end a rollout: the Canary's while no pod is available (scaling up from zero), the Deployment's (600 s unless set) in all other cases, such as the promotion of the primary. When they differ, the time until a failure depends on where it happens.",
  cause: "the Canary's deadline ends the start from zero, the Deployment's everything else",
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_ready.go'],
  codes: ['DEADLINE_DEPLOY_VS_CANARY'],
  each: 'canary',
  check(canary, report) {
    const target = canary.target;
    if (target?.entry.object.kind !== 'Deployment' || canary.spec.progressDeadlineSeconds === undefined) return;
    const own = numberAt(fieldsAt(target.entry.object, 'spec'), 'progressDeadlineSeconds') ?? 600;
    if (own === canary.progressDeadlineSeconds) return;
    report(canary, {
      pointer: '/spec/progressDeadlineSeconds',
      message: `Canary "${canary.name}" waits ${canary.progressDeadlineSeconds} s for pods, its Deployment ${own} s`,
      edits: [{ subject: target, pointer: '/spec/progressDeadlineSeconds', value: canary.progressDeadlineSeconds }],
      fix: `set progressDeadlineSeconds of the Deployment to ${canary.progressDeadlineSeconds} too`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: '60 and 600',
        manifests: [deployment('frontend'), canary('frontend', { spec: { progressDeadlineSeconds: 60 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/progressDeadlineSeconds',
            message: 'Canary "frontend" waits 60 s for pods, its Deployment 600 s',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the same',
        manifests: [
          deployment('frontend', { spec: { progressDeadlineSeconds: 60 } }),
          canary('frontend', { spec: { progressDeadlineSeconds: 60 } }),
        ],
      },
    ],
  }),
});
