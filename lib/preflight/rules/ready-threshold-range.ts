import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'ready-threshold-range',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'The thresholds are percentages of pods. Above 100 no workload is ever ready, and the rollout waits until its deadline; at 0 it does not wait for any pod.',
  cause: 'the threshold is a percentage of the pods',
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_ready.go'],
  codes: ['READY_THRESHOLD_RANGE'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    for (const field of ['primaryReadyThreshold', 'canaryReadyThreshold'] as const) {
      const percent = analysis.raw[field];
      if (typeof percent !== 'number' || (percent > 0 && percent <= 100)) continue;
      report(canary, {
        pointer: `${canary.analysisPointer}/${field}`,
        severity: percent > 100 ? 'error' : 'warning',
        message: `${field} ${percent} of Canary "${canary.name}" is not a percentage from 1 to 100: ${percent > 100 ? 'the pods are never ready' : 'no pod is waited for'}`,
        fix: `set ${field} to 100, or remove it`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: '150',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { primaryReadyThreshold: 150 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/primaryReadyThreshold',
            message:
              'primaryReadyThreshold 150 of Canary "frontend" is not a percentage from 1 to 100: the pods are never ready',
          },
        ],
      },
    ],
    good: [
      {
        name: '90',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { primaryReadyThreshold: 90 } })],
      },
    ],
  }),
});
