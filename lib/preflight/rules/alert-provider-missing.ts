import { nearest } from '../../findings';
import { textAt } from '../../kube';
import { canary, deployment, namespace } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

const PROVIDER = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'slack', namespace: 'shop' },
  spec: { type: 'slack', secretRef: { name: 'slack' } },
};

export default rule({
  id: 'alert-provider-missing',
  severity: 'warning',
  effect: 'no-alert',
  since: '0.1.0',
  why: 'An alert names an AlertProvider. When that does not exist, Flagger writes a line into its log, and nobody is told of a rollback.',
  cause: 'the AlertProvider is not there',
  source: ['fluxcd/flagger v1.44 pkg/controller/events.go'],
  codes: ['ALERT_PROVIDER_MISSING'],
  comesLast: true,
  each: 'canary',
  check(canary, report, world) {
    for (const { raw, pointer, providerRef } of canary.alerts) {
      const { namespace, name } = providerRef;
      if (world.given('AlertProvider', namespace, name) || world.mayExist('AlertProvider', namespace, name)) continue;
      const known = world.ofKind('AlertProvider').map((entry) => entry.name);
      const near = nearest(name, known);
      report(canary, {
        pointer: `${pointer}/providerRef`,
        message: `the alert "${textAt(raw, 'name') ?? ''}" of Canary "${canary.name}" names AlertProvider ${namespace}/${name}, which does not exist`,
        ...(near ? { nearest: near } : {}),
        fix: near
          ? `write "${near}", with its namespace`
          : `make the AlertProvider, name one that exists with its namespace, or ${stateThatItExists('AlertProvider', namespace, name)}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'none',
        manifests: [
          deployment('frontend'),
          namespace('shop'),
          canary('frontend', {
            analysis: { alerts: [{ name: 'on-call', severity: 'info', providerRef: { name: 'slack' } }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/alerts/0/providerRef',
            message: 'the alert "on-call" of Canary "frontend" names AlertProvider shop/slack, which does not exist',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it exists',
        manifests: [
          deployment('frontend'),
          namespace('shop'),
          PROVIDER,
          canary('frontend', {
            analysis: { alerts: [{ name: 'on-call', severity: 'info', providerRef: { name: 'slack' } }] },
          }),
        ],
      },
    ],
  }),
});
