import { fieldsAt, isFields, listAt, textMapAt } from '../../kube';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hpa-podmetric-selector',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'The autoscaler is copied to the primary as it is. A pods, object or external metric that selects the target by its label measures the canary for the primary too: with no pods between rollouts it scales the primary down.',
  cause: 'selectors inside an autoscaler are copied unchanged',
  source: ['fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go'],
  codes: ['HPA_PODMETRIC_SELECTOR'],
  each: 'canary',
  check(canary, report) {
    const scaler = canary.autoscaler;
    const label = canary.selectorLabel;
    if (!scaler || !label) return;
    for (const [index, metric] of listAt(fieldsAt(scaler.object, 'spec'), 'metrics').filter(isFields).entries()) {
      const selected = ['external', 'object', 'pods'].some(
        (kind) => textMapAt(fieldsAt(metric, kind, 'metric', 'selector'), 'matchLabels')[label.key] === label.value,
      );
      if (!selected) continue;
      report(scaler, {
        about: canary,
        pointer: `/spec/metrics/${index}`,
        message: `metric ${index} of ${scaler.kind} "${scaler.name}" selects ${label.key}: ${label.value}: its copy for the primary of Canary "${canary.name}" measures the canary`,
        fix: `use a resource metric, or an autoscaler of its own for "${canary.targetRef.name}-primary" instead of autoscalerRef`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'an external metric',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend', {
            metrics: [
              {
                type: 'External',
                external: { metric: { name: 'queue', selector: { matchLabels: { app: 'frontend' } } } },
              },
            ],
          }),
          canary('frontend', {
            spec: {
              autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'frontend' },
            },
          }),
        ],
        expect: [
          {
            object: 'HorizontalPodAutoscaler shop/frontend',
            pointer: '/spec/metrics/0',
            message:
              'metric 0 of HorizontalPodAutoscaler "frontend" selects app: frontend: its copy for the primary of Canary "frontend" measures the canary',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a resource metric',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend', {
            metrics: [
              { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
            ],
          }),
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
