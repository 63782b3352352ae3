import { parseGoDuration } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'interval-clamped',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: "Flagger runs no faster than every 10 s, and takes what Go cannot read as a minute. The definition's pattern is not anchored, so `1mm` passes it.",
  cause: 'Flagger replaces an interval that it cannot use',
  source: [
    'fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go (GetAnalysisInterval)',
    'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml',
  ],
  codes: ['INTERVAL_CLAMPED'],
  echoOf: ['session-bad-interval', 'field-wrong-type'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const text = analysis.raw.interval;
    if (typeof text !== 'string') return;
    const parsed = parseGoDuration(text);
    if (parsed.ok && parsed.value >= 10_000) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/interval`,
      message: `the interval "${text}" of Canary "${canary.name}" becomes ${analysis.intervalSeconds} s: ${parsed.ok ? 'Flagger checks every 10 s at most' : 'Go cannot read it'}`,
      fix: 'write a duration of at least 10s, such as 30s or 1m',
    });
  },
  cases: () => ({
    bad: [
      {
        name: '5s',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { interval: '5s' } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/interval',
            message: 'the interval "5s" of Canary "frontend" becomes 10 s: Flagger checks every 10 s at most',
          },
        ],
      },
      {
        name: 'not a duration',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { interval: '1mm' } })],
        expect: [{ object: 'Canary shop/frontend', pointer: '/spec/analysis/interval' }],
      },
    ],
    good: [{ name: '30s', manifests: [deployment('frontend'), canary('frontend', { analysis: { interval: '30s' } })] }],
  }),
});
