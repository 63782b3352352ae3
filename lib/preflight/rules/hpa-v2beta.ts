import { fieldsAt, textAt } from '../../kube';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hpa-v2beta',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Flagger 1.44 reads autoscalers of autoscaling/v2 only. An autoscalerRef of an older version finds nothing.',
  cause: 'only autoscaling/v2 is read',
  source: ['fluxcd/flagger v1.44 CHANGELOG.md (1.44.0)', 'fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go'],
  codes: ['HPA_V2BETA'],
  check(world, report) {
    for (const canary of world.canaries()) {
      const ref = fieldsAt(canary.spec, 'autoscalerRef');
      const version = textAt(ref, 'apiVersion') ?? '';
      if (textAt(ref, 'kind') !== 'HorizontalPodAutoscaler' || version === 'autoscaling/v2') continue;
      report(canary, {
        pointer: '/spec/autoscalerRef/apiVersion',
        message: `autoscalerRef of Canary "${canary.name}" is of ${version || 'no version'}`,
        fix: 'write autoscaling/v2, there and in the HorizontalPodAutoscaler',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'v2beta2',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            spec: {
              autoscalerRef: { apiVersion: 'autoscaling/v2beta2', kind: 'HorizontalPodAutoscaler', name: 'frontend' },
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef/apiVersion',
            message: 'autoscalerRef of Canary "frontend" is of autoscaling/v2beta2',
          },
        ],
      },
    ],
    good: [
      {
        name: 'v2',
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
  },
});
