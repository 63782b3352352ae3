import { textAt } from '../../kube';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'scaler-kind-unknown',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: "autoscalerRef takes HorizontalPodAutoscaler and KEDA's ScaledObject. The API server refuses another kind.",
  cause: 'the definition of Canary knows two kinds of autoscaler',
  source: ['fluxcd/flagger v1.44 artifacts/flagger/crd.yaml', 'fluxcd/flagger v1.44 pkg/canary/factory.go'],
  codes: ['SCALER_KIND_UNKNOWN'],
  each: 'canary',
  check(canary, report) {
    const kind = textAt(canary.spec, 'autoscalerRef', 'kind');
    if (kind === undefined || kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject') return;
    report(canary, {
      pointer: '/spec/autoscalerRef/kind',
      message: `autoscalerRef of Canary "${canary.name}" has the kind "${kind}"`,
      fix: 'write HorizontalPodAutoscaler or ScaledObject',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a vertical one',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            spec: { autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'VerticalPodAutoscaler', name: 'frontend' } },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef/kind',
            message: 'autoscalerRef of Canary "frontend" has the kind "VerticalPodAutoscaler"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a horizontal one',
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
