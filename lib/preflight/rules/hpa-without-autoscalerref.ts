import { numberAt } from '../../kube';
import type { CanaryView, Entry } from '../../world';
import { canary, deployment, hpa } from '../case-manifests';
import { type ReportFinding, rule } from '../rule';

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
      if (scaler.kind !== 'ScaledObject') {
        reportOverwritten(canary, scaler, byHand, report);
        return;
      }
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
      {
        name: 'an autoscaler for each, of different sizes',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend', { minReplicas: 1, maxReplicas: 10 }),
          hpa('frontend-primary', 'frontend-primary', { minReplicas: 100, maxReplicas: 200 }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef',
            message:
              'each promotion of Canary "frontend" writes the canary\'s number of pods (1 to 10, HorizontalPodAutoscaler "frontend") over the primary\'s (100 to 200, HorizontalPodAutoscaler "frontend-primary"), because there is no autoscalerRef',
          },
        ],
        mended: [
          deployment('frontend'),
          hpa('frontend', 'frontend', { minReplicas: 1, maxReplicas: 10 }),
          canary('frontend', {
            spec: {
              autoscalerRef: {
                apiVersion: 'autoscaling/v2',
                kind: 'HorizontalPodAutoscaler',
                name: 'frontend',
                primaryScalerReplicas: { minReplicas: 100, maxReplicas: 200 },
              },
            },
          }),
        ],
      },
    ],
    good: [
      {
        name: 'two autoscalers of one fixed size',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend', { minReplicas: 3, maxReplicas: 3 }),
          hpa('frontend-primary', 'frontend-primary', { minReplicas: 3, maxReplicas: 3 }),
          canary('frontend'),
        ],
      },
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

/**
 * Without autoscalerRef the promotion copies spec.replicas of the target to the primary; the primary's own autoscaler mends
 * that after its next look, and until then the users have the canary's pods.
 */
function reportOverwritten(canary: CanaryView, scaler: Entry, byHand: Entry, report: ReportFinding): void {
  const [own, primary] = [scaler, byHand].map(({ object }) => ({
    least: numberAt(object, 'spec', 'minReplicas') ?? 1,
    most: numberAt(object, 'spec', 'maxReplicas'),
  }));
  if (!own || !primary || own.most === undefined || primary.most === undefined || own.least >= primary.most) return;
  report(canary, {
    pointer: '/spec/autoscalerRef',
    message: `each promotion of Canary "${canary.name}" writes the canary's number of pods (${own.least} to ${own.most}, ${scaler.kind} "${scaler.name}") over the primary's (${primary.least} to ${primary.most}, ${byHand.kind} "${byHand.name}"), because there is no autoscalerRef`,
    cause: 'without autoscalerRef the promotion copies spec.replicas from the target to the primary',
    fix: `add spec.autoscalerRef: {apiVersion: ${scaler.object.apiVersion}, kind: ${scaler.kind}, name: ${scaler.name}, primaryScalerReplicas: {minReplicas: ${primary.least}, maxReplicas: ${primary.most}}}, and remove ${byHand.kind} "${byHand.name}": Flagger makes the one of the primary`,
  });
}
