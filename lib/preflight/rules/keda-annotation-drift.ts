import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'keda-annotation-drift',
  severity: 'info',
  effect: 'cost',
  since: '0.1.0',
  why: "Flagger pauses the ScaledObject by an annotation. A tool that applies the object from Git and owns its annotations takes that away again: the canary's pods stay.",
  cause: 'the pause is an annotation on an object from Git',
  source: ['fluxcd/flagger v1.44 pkg/canary/scaled_object_reconciler.go', 'fluxcd/flagger issue 1798'],
  codes: ['KEDA_ANNOTATION_DRIFT'],
  each: 'canary',
  check(canary, report) {
    const scaler = canary.autoscaler;
    if (
      scaler?.kind !== 'ScaledObject' ||
      Object.keys(scaler.annotations).every((name) => !name.startsWith('autoscaling.keda.sh/paused'))
    )
      return;
    report(scaler, {
      about: canary,
      message: `ScaledObject "${scaler.name}" carries KEDA's pause annotation in its manifest, which Flagger sets and removes for Canary "${canary.name}"`,
      fix: 'remove the annotation from the manifest',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the annotation in Git',
        manifests: [
          deployment('frontend'),
          paused(),
          canary('frontend', {
            spec: { autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'frontend' } },
          }),
        ],
        expect: [
          {
            object: 'ScaledObject shop/frontend',
            message:
              'ScaledObject "frontend" carries KEDA\'s pause annotation in its manifest, which Flagger sets and removes for Canary "frontend"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'no annotation',
        manifests: [
          deployment('frontend'),
          scaledObject(),
          canary('frontend', {
            spec: { autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'frontend' } },
          }),
        ],
      },
    ],
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

function paused() {
  const object = scaledObject();
  return { ...object, metadata: { ...object.metadata, annotations: { 'autoscaling.keda.sh/paused-replicas': '0' } } };
}
