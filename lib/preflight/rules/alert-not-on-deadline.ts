import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const PROVIDER = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'slack', namespace: 'shop' },
  spec: { type: 'slack', secretRef: { name: 'slack' } },
};

export default rule({
  id: 'alert-not-on-deadline',
  severity: 'info',
  effect: 'no-alert',
  since: '0.1.0',
  why: 'A rollback because pods did not become ready in time sends no alert, whatever alerts say, when the failed checks are below the threshold.',
  cause: 'the rollback by deadline sends no alert',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary)', 'fluxcd/flagger issues 1663, 1816'],
  codes: ['ALERT_NOT_ON_DEADLINE'],
  each: 'canary',
  check(canary, report) {
    if (
      canary.alerts.length === 0 ||
      canary.spec.progressDeadlineSeconds === undefined ||
      canary.progressDeadlineSeconds >= 120
    )
      return;
    if (canary.webhooks.some(({ type }) => type === 'event' || type === 'post-rollout')) return;
    report(canary, {
      pointer: '/spec/progressDeadlineSeconds',
      message: `Canary "${canary.name}" is rolled back after ${canary.progressDeadlineSeconds} s without ready pods, and its alerts do not tell`,
      fix: 'raise progressDeadlineSeconds, or add a webhook of type event or post-rollout',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a minute',
        manifests: [
          deployment('frontend'),
          PROVIDER,
          canary('frontend', {
            analysis: { alerts: [{ name: 'on-call', severity: 'info', providerRef: { name: 'slack' } }] },
            spec: { progressDeadlineSeconds: 60 },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/progressDeadlineSeconds',
            message: 'Canary "frontend" is rolled back after 60 s without ready pods, and its alerts do not tell',
          },
        ],
      },
    ],
    good: [
      {
        name: 'ten minutes',
        manifests: [
          deployment('frontend'),
          PROVIDER,
          canary('frontend', {
            analysis: { alerts: [{ name: 'on-call', severity: 'info', providerRef: { name: 'slack' } }] },
          }),
        ],
      },
    ],
  }),
});
