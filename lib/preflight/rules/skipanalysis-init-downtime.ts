import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'skipanalysis-init-downtime',
  severity: 'warning',
  effect: 'outage',
  since: '0.1.0',
  why: "With skipAnalysis Flagger does not wait for the primary's pods when it takes a workload over: it points the Service at them and scales the target down while they still start.",
  cause: 'with skipAnalysis nobody waits for the primary',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (Initialize)',
    'fluxcd/flagger v1.44 docs/gitbook/faq.md (Why is there a window of downtime)',
  ],
  codes: ['SKIPANALYSIS_INIT_DOWNTIME'],
  each: 'canary',
  check(canary, report) {
    if (!canary.skipAnalysis) return;
    report(canary, {
      pointer: '/spec/skipAnalysis',
      message: `Canary "${canary.name}" skips the analysis: when Flagger takes the workload over, callers meet a primary that still starts`,
      fix: 'leave skipAnalysis out until the Canary is Initialized',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'skipped',
        manifests: [deployment('frontend'), canary('frontend', { spec: { skipAnalysis: true } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/skipAnalysis',
            message:
              'Canary "frontend" skips the analysis: when Flagger takes the workload over, callers meet a primary that still starts',
          },
        ],
      },
    ],
    good: [{ name: 'analysed', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
