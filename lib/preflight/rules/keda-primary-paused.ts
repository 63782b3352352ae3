import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'keda-primary-paused',
  severity: 'info',
  effect: 'outage',
  since: '0.1.0',
  why: "Flagger pauses the target's ScaledObject between rollouts by an annotation. When it has to make the primary's copy again later, the annotation is copied along, and the primary stays at zero (Flagger 1.44 and before).",
  cause: 'annotations are copied from a paused ScaledObject',
  source: ['fluxcd/flagger v1.44 pkg/canary/scaled_object_reconciler.go'],
  codes: ['KEDA_PRIMARY_PAUSED'],
  each: 'canary',
  check(canary, report) {
    if (textAt(canary.spec, 'autoscalerRef', 'kind') !== 'ScaledObject') return;
    report(canary, {
      pointer: '/spec/autoscalerRef',
      message: `the primary of Canary "${canary.name}" is scaled by a copy of a ScaledObject: if that copy is ever deleted, the new one is paused at zero`,
      fix: `never delete ScaledObject "${textAt(canary.spec, 'autoscalerRef', 'name')}-primary"; after a loss remove its annotation autoscaling.keda.sh/paused-replicas`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'KEDA',
        manifests: [
          deployment('frontend'),
          scaledObject(),
          canary('frontend', {
            spec: { autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'frontend' } },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef',
            message:
              'the primary of Canary "frontend" is scaled by a copy of a ScaledObject: if that copy is ever deleted, the new one is paused at zero',
          },
        ],
      },
    ],
    good: [{ name: 'a HorizontalPodAutoscaler', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});

function scaledObject(triggers: readonly Record<string, unknown>[] = []) {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'frontend', namespace: 'shop' },
    spec: { scaleTargetRef: { name: 'frontend' }, triggers },
  };
}
