import { at, fieldsAt, isFields, listAt, textAt } from '../../kube';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hpa-no-requests',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Utilization is a percentage of what the containers request. Without a request the autoscaler cannot compute, and stays at its present number of pods.',
  cause: 'utilization is a percentage of the request',
  source: [
    'kubernetes v1.36 pkg/controller/podautoscaler/metrics/utilization.go',
    'fluxcd/flagger v1.44 docs/gitbook/tutorials/zero-downtime-deployments.md (Autoscaling)',
  ],
  codes: ['HPA_NO_REQUESTS'],
  each: 'canary',
  check(canary, report, world) {
    const target = canary.target;
    if (!target) return;
    for (const scaler of world.writtenAutoscalersOf(target)) {
      // Equal bounds are a fixed number: nothing is computed.
      const { minReplicas, maxReplicas } = fieldsAt(scaler.object, 'spec');
      if (minReplicas !== undefined && minReplicas === maxReplicas) continue;
      for (const [index, metric] of listAt(fieldsAt(scaler.object, 'spec'), 'metrics').filter(isFields).entries()) {
        const resource = textAt(metric, 'resource', 'name');
        if (resource === undefined || textAt(metric, 'resource', 'target', 'type') !== 'Utilization') continue;
        const bare = target.containers.filter(
          ({ init, fields }) =>
            !init &&
            at(fields, 'resources', 'requests', resource) === undefined &&
            at(fields, 'resources', 'limits', resource) === undefined,
        );
        if (bare.length === 0) continue;
        report(scaler, {
          about: canary,
          pointer: `/spec/metrics/${index}`,
          message: `${scaler.kind} "${scaler.name}" scales by ${resource} utilization, and ${bare.map(({ name }) => `container "${name}"`).join(', ')} of "${target.name}" requests none`,
          fix: `add resources.requests.${resource}`,
        });
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'no request',
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
        expect: [
          {
            object: 'HorizontalPodAutoscaler shop/frontend',
            pointer: '/spec/metrics/0',
            message:
              'HorizontalPodAutoscaler "frontend" scales by cpu utilization, and container "server" of "frontend" requests none',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a request',
        manifests: [
          deployment('frontend', { container: { resources: { requests: { cpu: '100m' } } } }),
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
