import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'ready-threshold-trunc',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'How many pods must be available is the share of the replicas, cut to a whole number. With few replicas and less than 100 percent that is 0: the analysis begins with no pod of the canary, or goes on with no primary.',
  cause: 'the share of the pods is cut to a whole number',
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_ready.go'],
  codes: ['READY_THRESHOLD_TRUNC'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const replicas = canary.target?.replicas ?? 1;
    for (const field of ['primaryReadyThreshold', 'canaryReadyThreshold'] as const) {
      const percent = analysis.raw[field];
      if (typeof percent !== 'number' || percent <= 0 || percent >= 100 || Math.floor((replicas * percent) / 100) >= 1)
        continue;
      if (canary.autoscaler !== undefined) continue;
      report(canary, {
        pointer: `${canary.analysisPointer}/${field}`,
        message: `${field} ${percent} of Canary "${canary.name}" with ${replicas} pod${replicas === 1 ? '' : 's'} asks for 0 ready pods`,
        edits: [{ value: 100 }],
        fix: `set ${field} to 100, or run at least ${Math.ceil(100 / percent)} pods`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'one pod, half of it',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { canaryReadyThreshold: 50 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/canaryReadyThreshold',
            message: 'canaryReadyThreshold 50 of Canary "frontend" with 1 pod asks for 0 ready pods',
          },
        ],
      },
    ],
    good: [
      {
        name: 'all pods',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { canaryReadyThreshold: 100 } })],
      },
    ],
  }),
});
