import { at, fieldsAt, isFields, numberAt } from '../../kube';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hpa-min-gt-max',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "The bounds of the primary's autoscaler are those of primaryScalerReplicas, and the target's where one is missing. With the least above the largest the API server refuses the copy, and the Canary does not go on.",
  cause: 'the API server refuses an autoscaler whose least is above its largest',
  source: ['fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go'],
  codes: ['HPA_MIN_GT_MAX'],
  check(world, report) {
    for (const canary of world.canaries()) {
      const scaler = canary.autoscaler;
      const bounds = fieldsAt(canary.spec, 'autoscalerRef', 'primaryScalerReplicas');
      if (!isFields(at(canary.spec, 'autoscalerRef', 'primaryScalerReplicas'))) continue;
      const own = fieldsAt(scaler?.object, 'spec');
      const min = numberAt(bounds, 'minReplicas') ?? numberAt(own, 'minReplicas') ?? 1;
      const max = numberAt(bounds, 'maxReplicas') ?? numberAt(own, 'maxReplicas');
      if (max === undefined || min <= max) continue;
      report(canary, {
        pointer: '/spec/autoscalerRef/primaryScalerReplicas',
        message: `the primary's autoscaler of Canary "${canary.name}" would have minReplicas ${min} and maxReplicas ${max}`,
        fix: 'set both in primaryScalerReplicas, minReplicas not above maxReplicas',
      });
    }
  },
  cases: {
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
  },
});
