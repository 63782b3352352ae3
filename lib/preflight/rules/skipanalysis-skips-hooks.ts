import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const hook = (type: string) => ({ name: 'report', type, url: 'http://ci.tools/report' });

export default rule({
  id: 'skipanalysis-skips-hooks',
  severity: 'warning',
  effect: 'wrong',
  since: '0.3.0',
  why: 'With skipAnalysis Flagger promotes a new revision as soon as its pods are ready. It asks confirm-rollout before, and sends events; every other webhook, a confirm-promotion gate and the post-rollout hook too, is never called.',
  cause: 'with skipAnalysis only confirm-rollout hooks are asked',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (shouldSkipAnalysis)', 'fluxcd/flagger issue 1195'],
  codes: [],
  each: 'canary',
  check(canary, report) {
    if (!canary.skipAnalysis) return;
    const unasked = canary.webhooks.filter(({ type }) => type === 'confirm-promotion' || type === 'post-rollout');
    const [first] = unasked;
    if (!first) return;
    const names = unasked.map(({ name, type }) => `"${name}" (${type})`).join(', ');
    report(canary, {
      pointer: first.pointer,
      message: `Canary "${canary.name}" skips the analysis, so its webhook${unasked.length === 1 ? '' : 's'} ${names} will not be called`,
      fix: 'set skipAnalysis to false; for a message at the end use a webhook of type event or an alert',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a hook after the rollout',
        manifests: [
          deployment('frontend'),
          canary('frontend', { spec: { skipAnalysis: true }, analysis: { webhooks: [hook('post-rollout')] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0',
            message: 'Canary "frontend" skips the analysis, so its webhook "report" (post-rollout) will not be called',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a gate before it, and events',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            spec: { skipAnalysis: true },
            analysis: { webhooks: [hook('confirm-rollout'), hook('event')] },
          }),
        ],
      },
      {
        name: 'with an analysis',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { webhooks: [hook('post-rollout')] } })],
      },
    ],
  }),
});
