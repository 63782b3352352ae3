import { fieldsAt, numberAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hpa-churn-halt',
  severity: 'info',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A rollout stands still while a pod of the primary or the canary is not ready, and with 100 percent required every scale-up of the autoscaler is such a moment. It goes on by itself, later.',
  cause: 'every scale-up leaves pods that are not ready for a while',
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_ready.go'],
  codes: ['HPA_CHURN_HALT'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (
      canary.autoscaler === undefined ||
      analysis.primaryReadyThresholdPercent < 100 ||
      analysis.raw.primaryReadyThreshold !== undefined
    )
      return;
    const max = numberAt(fieldsAt(canary.autoscaler.object, 'spec'), 'maxReplicas') ?? 1;
    if (max < 20) return;
    report(canary, {
      pointer: canary.analysisPointer,
      message: `Canary "${canary.name}" halts at every scale-up of up to ${max} pods: all pods of the primary must be ready`,
      edits: [{ pointer: `${canary.analysisPointer}/primaryReadyThreshold`, value: 90 }],
      fix: 'set primaryReadyThreshold to 90 or so',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'up to 50 pods',
        manifests: [
          deployment('frontend'),
          HPA(50),
          canary('frontend', {
            spec: {
              autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'frontend' },
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis',
            message:
              'Canary "frontend" halts at every scale-up of up to 50 pods: all pods of the primary must be ready',
          },
        ],
      },
    ],
    good: [
      {
        name: 'up to 5 pods',
        manifests: [
          deployment('frontend'),
          HPA(5),
          canary('frontend', {
            spec: {
              autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'frontend' },
            },
          }),
        ],
      },
    ],
  }),
});

function HPA(maxReplicas: number) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'frontend', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'frontend' },
      minReplicas: 2,
      maxReplicas,
    },
  };
}
