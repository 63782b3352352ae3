import { booleanAt, fieldsAt, parseGoDuration, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const AUTOMATION = {
  apiVersion: 'image.toolkit.fluxcd.io/v1',
  kind: 'ImageUpdateAutomation',
  metadata: { name: 'images', namespace: 'shop' },
  spec: { interval: '5m', sourceRef: { kind: 'GitRepository', name: 'flux-system' } },
};

export default rule({
  id: 'long-rollout-vs-release',
  severity: 'warning',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A new revision in the middle of an analysis starts it again from the beginning. When images are updated more often than a rollout lasts, it never ends.',
  cause: 'a new revision starts the analysis again',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (hasCanaryRevisionChanged)'],
  codes: ['LONG_ROLLOUT_VS_RELEASE'],
  each: 'canary',
  shared: (world) =>
    world.ofKind('ImageUpdateAutomation').filter(({ object }) => booleanAt(object, 'spec', 'suspend') !== true),
  check(canary, report, _world, automations) {
    if (canary.skipAnalysis) return;
    const { successSeconds } = canary.rollout;
    for (const automation of automations) {
      const parsed = parseGoDuration(textAt(fieldsAt(automation.object, 'spec'), 'interval') ?? '');
      const interval = parsed.ok ? parsed.value / 1000 : Number.POSITIVE_INFINITY;
      if (interval * 2 > successSeconds || successSeconds < 3600) continue;
      report(canary, {
        pointer: canary.analysisPointer,
        message: `a rollout of Canary "${canary.name}" takes ${Math.round(successSeconds / 60)} min, and ImageUpdateAutomation "${automation.name}" looks for new images every ${Math.round(interval / 60)} min: with frequent builds it never ends`,
        fix: 'take larger steps or a shorter interval, or release less often',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'hours against minutes',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { interval: '10m', stepWeight: 5, maxWeight: 50 } }),
          AUTOMATION,
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis',
            message:
              'a rollout of Canary "frontend" takes 140 min, and ImageUpdateAutomation "images" looks for new images every 5 min: with frequent builds it never ends',
          },
        ],
      },
      {
        name: 'an automation of an older version of the API',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { interval: '10m', stepWeight: 5, maxWeight: 50 } }),
          { ...AUTOMATION, apiVersion: 'image.toolkit.fluxcd.io/v1beta1' },
        ],
        expect: [{ object: 'Canary shop/frontend', pointer: '/spec/analysis' }],
      },
    ],
    good: [
      { name: 'minutes', manifests: [deployment('frontend'), canary('frontend'), AUTOMATION] },
      {
        name: 'the automation is suspended',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { interval: '10m', stepWeight: 5, maxWeight: 50 } }),
          { ...AUTOMATION, spec: { ...AUTOMATION.spec, suspend: true } },
        ],
      },
    ],
  }),
});
