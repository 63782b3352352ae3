import { isConfigTrackingDisabled } from '../../flagger';
import { fieldsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'config-binarydata-lost',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: "Flagger copies ConfigMaps for the primary, but only their data. binaryData is left out: the primary's pods start without those files.",
  cause: 'binaryData is not copied',
  source: ['fluxcd/flagger v1.44 pkg/canary/config_tracker.go (CreatePrimaryConfigs)'],
  codes: ['CONFIG_BINARYDATA_LOST'],
  each: 'canary',
  check(canary, report, world) {
    const target = canary.target;
    if (!target || !world.flagger.configTracking) return;
    for (const { kind, name } of target.configReferences) {
      const config = kind === 'ConfigMap' ? world.given('ConfigMap', canary.namespace, name) : undefined;
      if (!config || Object.keys(fieldsAt(config.object, 'binaryData')).length === 0) continue;
      if (isConfigTrackingDisabled(config.annotations)) continue;
      report(config, {
        about: canary,
        pointer: '/binaryData',
        message: `ConfigMap "${name}" has binaryData, which the copy for the primary of Canary "${canary.name}" does not get`,
        fix: 'annotate it with flagger.app/config-tracking: disabled',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'binary data',
        manifests: [
          deployment('frontend', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'settings', namespace: 'shop' },
            binaryData: { logo: 'AAAA' },
          },
          canary('frontend'),
        ],
        expect: [
          {
            object: 'ConfigMap shop/settings',
            pointer: '/binaryData',
            message:
              'ConfigMap "settings" has binaryData, which the copy for the primary of Canary "frontend" does not get',
          },
        ],
      },
    ],
    good: [
      {
        name: 'not tracked: every value that begins with disable counts',
        manifests: [
          deployment('frontend', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: {
              name: 'settings',
              namespace: 'shop',
              annotations: { 'flagger.app/config-tracking': 'disable' },
            },
            binaryData: { logo: 'AAAA' },
          },
          canary('frontend'),
        ],
      },
      {
        name: 'data',
        manifests: [
          deployment('frontend', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'settings', namespace: 'shop' },
            data: { mode: 'x' },
          },
          canary('frontend'),
        ],
      },
    ],
  }),
});
