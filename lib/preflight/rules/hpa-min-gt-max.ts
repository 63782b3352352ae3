import { at, fieldsAt, isFields, numberAt } from '../../kube';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hpa-min-gt-max',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "The bounds of the primary's autoscaler are those of primaryScalerReplicas, and the target's where one is missing. With the least above the largest the API server refuses the copy, and the Canary does not go on; with a bound below 1 it refuses the Canary itself.",
  cause: 'the API server refuses an autoscaler whose least is above its largest, and bounds of the primary below 1',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go',
    'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml (primaryScalerReplicas)',
    'fluxcd/flagger issue 1869',
  ],
  codes: ['HPA_MIN_GT_MAX'],
  each: 'canary',
  check(canary, report) {
    const scaler = canary.autoscaler;
    const bounds = fieldsAt(canary.spec, 'autoscalerRef', 'primaryScalerReplicas');
    if (!isFields(at(canary.spec, 'autoscalerRef', 'primaryScalerReplicas'))) return;
    const low = ['minReplicas', 'maxReplicas'].find((bound) => (numberAt(bounds, bound) ?? 1) < 1);
    if (low !== undefined) {
      report(canary, {
        pointer: `/spec/autoscalerRef/primaryScalerReplicas/${low}`,
        message: `Canary "${canary.name}" has ${low} ${numberAt(bounds, low)} for the primary, and the API server takes 1 at least`,
        fix: `write ${low}: 1 or more`,
      });
      return;
    }
    const own = fieldsAt(scaler?.object, 'spec');
    const min = numberAt(bounds, 'minReplicas') ?? numberAt(own, 'minReplicas') ?? 1;
    const max = numberAt(bounds, 'maxReplicas') ?? numberAt(own, 'maxReplicas');
    if (max === undefined || min <= max) return;
    report(canary, {
      pointer: '/spec/autoscalerRef/primaryScalerReplicas',
      message: `the primary's autoscaler of Canary "${canary.name}" would have minReplicas ${min} and maxReplicas ${max}`,
      fix: 'set both in primaryScalerReplicas, minReplicas not above maxReplicas',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'least above largest',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend'),
          canary('frontend', {
            spec: {
              autoscalerRef: {
                apiVersion: 'autoscaling/v2',
                kind: 'HorizontalPodAutoscaler',
                name: 'frontend',
                primaryScalerReplicas: { minReplicas: 10 },
              },
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef/primaryScalerReplicas',
            message: 'the primary\'s autoscaler of Canary "frontend" would have minReplicas 10 and maxReplicas 5',
          },
        ],
      },
      {
        name: 'a primary of no pods',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend'),
          canary('frontend', {
            spec: {
              autoscalerRef: {
                apiVersion: 'autoscaling/v2',
                kind: 'HorizontalPodAutoscaler',
                name: 'frontend',
                primaryScalerReplicas: { minReplicas: 0 },
              },
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef/primaryScalerReplicas/minReplicas',
            message: 'Canary "frontend" has minReplicas 0 for the primary, and the API server takes 1 at least',
          },
        ],
      },
    ],
    good: [
      {
        name: 'both',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend'),
          canary('frontend', {
            spec: {
              autoscalerRef: {
                apiVersion: 'autoscaling/v2',
                kind: 'HorizontalPodAutoscaler',
                name: 'frontend',
                primaryScalerReplicas: { minReplicas: 3, maxReplicas: 9 },
              },
            },
          }),
        ],
      },
    ],
  }),
});
