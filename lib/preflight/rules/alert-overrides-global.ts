import { textAt } from '../../kube';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

const PROVIDER = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'slack', namespace: 'shop' },
  spec: { type: 'slack', secretRef: { name: 'slack' } },
};

export default rule({
  id: 'alert-overrides-global',
  severity: 'info',
  effect: 'no-alert',
  since: '0.1.0',
  why: "Alerts of a Canary replace Flagger's global notifier for it: what the values of Flagger name is not told any more.",
  cause: 'alerts of a Canary switch the global notifier off for it',
  source: ['fluxcd/flagger v1.44 pkg/controller/events.go'],
  codes: ['ALERT_OVERRIDES_GLOBAL'],
  each: 'canary',
  check(canary, report, world) {
    const { values } = world.flagger;
    const global = ['slack', 'msteams'].find((name) => textAt(values, name, 'url'));
    if (global === undefined || canary.alerts.length === 0) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/alerts`,
      message: `Canary "${canary.name}" has alerts of its own: Flagger's global ${global} channel hears nothing of it`,
      fix: `add an alert for the ${global} channel too, if it shall be told`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'both',
        manifests: [
          deployment('frontend'),
          PROVIDER,
          canary('frontend', {
            analysis: { alerts: [{ name: 'on-call', severity: 'info', providerRef: { name: 'slack' } }] },
          }),
          flaggerRelease({ slack: { url: 'https://hooks.example/x' } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/alerts',
            message: 'Canary "frontend" has alerts of its own: Flagger\'s global slack channel hears nothing of it',
          },
        ],
      },
    ],
    good: [
      {
        name: 'alerts alone',
        manifests: [
          deployment('frontend'),
          PROVIDER,
          canary('frontend', {
            analysis: { alerts: [{ name: 'on-call', severity: 'info', providerRef: { name: 'slack' } }] },
          }),
          flaggerRelease(),
        ],
      },
    ],
  }),
});
