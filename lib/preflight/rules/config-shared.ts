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
  check(world, report) {
    if (!world.flagger.configTracking) return;
    const users = new Map<string, { kind: string; namespace: string; name: string; canaries: string[] }>();
    const counted = new Set<unknown>();
    for (const canary of world.canaries()) {
      // Two Canaries of one target are another rule's.
      if (canary.target && counted.has(canary.target)) continue;
      counted.add(canary.target);
      const own = new Set(
        (canary.target?.configReferences ?? []).map(({ kind, name }) => `${kind} ${canary.namespace} ${name}`),
      );
      for (const key of own) {
        const [kind = '', namespace = '', name = ''] = key.split(' ');
        const user = users.get(key) ?? { kind, namespace, name, canaries: [] };
        user.canaries.push(canary.name);
        users.set(key, user);
      }
    }
    for (const { kind, namespace, name, canaries } of users.values()) {
      const config = world.given(kind, namespace, name);
      if (canaries.length < 2 || !config || config.annotations['flagger.app/config-tracking'] === 'disabled') continue;
      report(config, {
        message: `a change of ${kind} "${name}" starts ${canaries.length} rollouts at once: ${canaries.slice(0, 5).join(', ')}${canaries.length > 5 ? ' …' : ''}`,
        fix: 'give each workload its own, or annotate it with flagger.app/config-tracking: disabled',
      });
    }
  },
  cases: {
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
  },
});
