import { fieldsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const PDB = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'frontend', namespace: 'shop' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'frontend' } } },
};

export default rule({
  id: 'replicas-omitted-no-hpa',
  severity: 'info',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Without spec.replicas and without an autoscaler the primary starts with one pod and keeps it: Flagger copies the number from rollout to rollout.',
  cause: 'one pod is what Kubernetes gives, and Flagger keeps the number',
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (createPrimaryDeployment)'],
  codes: ['REPLICAS_OMITTED_NO_HPA'],
  each: 'canary',
  check(canary, report, world) {
    const target = canary.target;
    if (
      target?.kind !== 'Deployment' ||
      canary.spec.autoscalerRef !== undefined ||
      'replicas' in fieldsAt(target.entry.object, 'spec')
    )
      return;
    if (world.writtenAutoscalersOf(target).length > 0) return;
    if (world.selecting('PodDisruptionBudget', target).length === 0) return;
    report(canary, {
      pointer: '/spec/autoscalerRef',
      message: `the primary of Canary "${canary.name}" has one pod, and a PodDisruptionBudget that counts on more`,
      fix: 'add a HorizontalPodAutoscaler (minReplicas equal to maxReplicas for a fixed number) and autoscalerRef',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a budget for one pod',
        manifests: [deployment('frontend'), PDB, canary('frontend')],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef',
            message: 'the primary of Canary "frontend" has one pod, and a PodDisruptionBudget that counts on more',
          },
        ],
      },
    ],
    good: [{ name: 'no budget', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
