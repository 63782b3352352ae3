import { isConfigTrackingDisabled } from '../../flagger';
import type { Entry } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'config-shared',
  severity: 'warning',
  effect: 'cost',
  since: '0.1.0',
  why: 'A change of a tracked ConfigMap or Secret starts a rollout of every Canary whose target uses it, all at once.',
  cause: 'each Canary tracks the configuration of its target',
  source: ['fluxcd/flagger v1.44 pkg/canary/config_tracker.go (HasConfigChanged)'],
  codes: ['CONFIG_SHARED'],
  each: 'world',
  check(world, report) {
    if (!world.flagger.configTracking) return;
    const users = new Map<Entry, string[]>();
    const counted = new Set<unknown>();
    for (const canary of world.canaries()) {
      // Two Canaries of one target are another rule's.
      if (canary.target && counted.has(canary.target)) continue;
      counted.add(canary.target);
      for (const { kind, name } of canary.target?.configReferences ?? []) {
        const config = world.given(kind, canary.namespace, name);
        const names = config && users.get(config);
        if (config && !names) users.set(config, [canary.name]);
        else if (names && names.at(-1) !== canary.name) names.push(canary.name);
      }
    }
    for (const [config, canaries] of users) {
      if (canaries.length < 2 || isConfigTrackingDisabled(config.annotations)) continue;
      report(config, {
        message: `a change of ${config.kind} "${config.name}" starts ${canaries.length} rollouts at once: ${canaries.slice(0, 5).join(', ')}${canaries.length > 5 ? ' …' : ''}`,
        fix: 'give each workload its own, or annotate it with flagger.app/config-tracking: disabled',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'two of them',
        manifests: [
          deployment('frontend', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
          deployment('cart', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'settings', namespace: 'shop' },
            data: { mode: 'x' },
          },
          canary('frontend'),
          canary('cart'),
        ],
        expect: [
          {
            object: 'ConfigMap shop/settings',
            message: 'a change of ConfigMap "settings" starts 2 rollouts at once: frontend, cart',
          },
        ],
      },
    ],
    good: [
      {
        name: 'two Canaries of one target',
        manifests: [
          deployment('frontend', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'settings', namespace: 'shop' },
            data: { mode: 'x' },
          },
          canary('frontend'),
          canary('frontend-ab', {
            spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'frontend' } },
          }),
        ],
      },
      {
        name: 'not tracked: every value that begins with disable counts',
        manifests: [
          deployment('frontend', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
          deployment('cart', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: {
              name: 'settings',
              namespace: 'shop',
              annotations: { 'flagger.app/config-tracking': 'disable' },
            },
            data: { mode: 'x' },
          },
          canary('frontend'),
          canary('cart'),
        ],
      },
      {
        name: 'one of them',
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
