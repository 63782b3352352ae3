import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const PROVIDER = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'slack', namespace: 'shop' },
  spec: { type: 'slack', secretRef: { name: 'slack' } },
};

export default rule({
  id: 'alert-severity-empty',
  severity: 'warning',
  effect: 'no-alert',
  since: '0.1.0',
  why: 'The documentation says that an alert without severity is of info. Flagger compares the text, and the empty one equals none: nothing is ever sent.',
  cause: 'an empty severity matches no event',
  source: ['fluxcd/flagger v1.44 pkg/controller/events.go'],
  codes: ['ALERT_SEVERITY_EMPTY'],
  each: 'canary',
  check(canary, report) {
    for (const { raw, pointer } of canary.alerts) {
      if (textAt(raw, 'severity')) continue;
      report(canary, {
        pointer,
        message: `the alert "${textAt(raw, 'name') ?? ''}" of Canary "${canary.name}" has no severity: nothing is sent`,
        fix: 'add severity: info (everything), warn or error',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'none',
        manifests: [
          deployment('frontend'),
          PROVIDER,
          canary('frontend', { analysis: { alerts: [{ name: 'on-call', providerRef: { name: 'slack' } }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/alerts/0',
            message: 'the alert "on-call" of Canary "frontend" has no severity: nothing is sent',
          },
        ],
      },
    ],
    good: [
      {
        name: 'info',
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
