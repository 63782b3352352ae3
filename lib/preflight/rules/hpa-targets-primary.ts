import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hpa-targets-primary',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'With autoscalerRef Flagger makes an autoscaler for the primary. A second one in Git for the same Deployment, or under the same name, fights it: the number of pods jumps.',
  cause: "Flagger makes the primary's autoscaler itself",
  source: ['fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go'],
  codes: ['HPA_TARGETS_PRIMARY'],
  each: 'canary',
  check(canary, report, world) {
    const { targetRef, namespace } = canary;
    if (canary.spec.autoscalerRef === undefined || !canary.target) return;
    const primary = { kind: targetRef.kind, namespace, name: `${targetRef.name}-primary` };
    for (const scaler of world.writtenAutoscalersOf(primary)) {
      report(scaler, {
        about: canary,
        pointer: '/spec/scaleTargetRef',
        message: `${scaler.kind} "${scaler.name}" scales the primary of Canary "${canary.name}", which autoscalerRef does too`,
        fix: `remove it, or remove autoscalerRef from the Canary`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'two autoscalers',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend'),
          hpa('mine', 'frontend-primary'),
          canary('frontend', {
            spec: {
              autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'frontend' },
            },
          }),
        ],
        expect: [
          {
            object: 'HorizontalPodAutoscaler shop/mine',
            pointer: '/spec/scaleTargetRef',
            message:
              'HorizontalPodAutoscaler "mine" scales the primary of Canary "frontend", which autoscalerRef does too',
          },
        ],
      },
    ],
    good: [
      {
        name: 'one',
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
