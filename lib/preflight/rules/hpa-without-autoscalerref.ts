import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hpa-without-autoscalerref',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: "An autoscaler of the target scales the canary only. The primary, which has the users, is not scaled, and each promotion copies the canary's number of pods over it.",
  cause: 'the autoscaler is copied to the primary only by autoscalerRef',
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (Promote)'],
  codes: ['HPA_WITHOUT_AUTOSCALERREF'],
  each: 'canary',
  check(canary, report, world) {
    const target = canary.target;
    if (!target || canary.spec.autoscalerRef !== undefined) return;
    const scalers = world.writtenAutoscalersOf(target);
    const scaler = scalers[0];
    if (!scaler) return;
    const byHand = canary.primary ? world.autoscalersOf(canary.primary)[0] : undefined;
    if (byHand) {
      // An HPA leaves a Deployment of no pods alone; KEDA wakes it.
      if (scaler.kind !== 'ScaledObject') return;
      report(canary, {
        pointer: '/spec/autoscalerRef',
        message: `ScaledObject "${scaler.name}" scales ${target.kind} "${target.name}", and Canary "${canary.name}" has no autoscalerRef: nobody pauses it, so it brings back the pods of the target that Flagger takes away between rollouts`,
        cause: 'Flagger pauses the ScaledObject that autoscalerRef names, and no other',
        fix: `add spec.autoscalerRef: {apiVersion: ${scaler.object.apiVersion}, kind: ScaledObject, name: ${scaler.name}}, and remove ${byHand.kind} "${byHand.name}": Flagger makes the one of the primary`,
      });
      return;
    }
    report(canary, {
      pointer: '/spec/autoscalerRef',
      message: `${scaler.kind} "${scaler.name}" scales ${target.kind} "${target.name}", and Canary "${canary.name}" has no autoscalerRef: the primary is not scaled`,
      fix: `add spec.autoscalerRef: {apiVersion: ${scaler.object.apiVersion}, kind: ${scaler.kind}, name: ${scaler.name}}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no reference',
        manifests: [deployment('frontend'), hpa('frontend', 'frontend'), canary('frontend')],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef',
            message:
              'HorizontalPodAutoscaler "frontend" scales Deployment "frontend", and Canary "frontend" has no autoscalerRef: the primary is not scaled',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a reference',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend'),
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
