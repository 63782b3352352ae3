import { isConfigTrackingDisabled } from '../../flagger';
import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

/** @see fluxcd/flagger v1.44 pkg/canary/config_tracker.go (getRefFromSecret) */
const tracked = ['Opaque', 'kubernetes.io/basic-auth', 'kubernetes.io/ssh-auth', 'kubernetes.io/tls'];

const reading = deployment('cart', { pod: { volumes: [{ name: 'key', secret: { secretName: 'key' } }] } });
const secret = (type: string | undefined, annotations = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key', namespace: 'shop', annotations },
  ...(type === undefined ? {} : { type }),
});

export default rule({
  id: 'config-secret-type',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger tracks Secrets of four types: Opaque, kubernetes.io/basic-auth, kubernetes.io/ssh-auth and kubernetes.io/tls. It makes no copy of any other for the primary. A change of it starts no rollout and reaches the pods of the users without an analysis.',
  cause: 'Flagger leaves out Secrets of other types',
  source: ['fluxcd/flagger v1.44 pkg/canary/config_tracker.go (getRefFromSecret)'],
  codes: ['CONFIG_SECRET_TYPE'],
  each: 'canary',
  check(canary, report, world) {
    if (!world.flagger.configTracking) return;

    const { target } = canary;
    if (!target) return;
    const secrets = new Set(target.configReferences.flatMap(({ kind, entry }) => (kind === 'Secret' ? [entry] : [])));
    for (const secret of secrets) {
      const type = textAt(secret?.object, 'type') || 'Opaque';
      if (!secret || tracked.includes(type)) continue;
      // Then nobody expects Flagger to see it.
      if (isConfigTrackingDisabled(secret.annotations)) continue;
      report(secret, {
        pointer: '/type',
        about: canary,
        message: `Secret "${secret.name}" of type ${type} is not tracked: a change of it starts no rollout of Canary "${canary.name}" and reaches the pods of "${target.name}-primary" unchecked`,
        fix: `write type: Opaque in Secret "${secret.name}" if nothing needs the other type, or annotate it with flagger.app/config-tracking: disabled if that is what you want`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a type of your own',
        manifests: [reading, canary('cart'), secret('example.com/key')],
        expect: [
          {
            object: 'Secret shop/key',
            pointer: '/type',
            message:
              'Secret "key" of type example.com/key is not tracked: a change of it starts no rollout of Canary "cart" and reaches the pods of "cart-primary" unchecked',
          },
        ],
      },
    ],
    good: [
      { name: 'Opaque, the default', manifests: [reading, canary('cart'), secret(undefined)] },
      { name: 'tls', manifests: [reading, canary('cart'), secret('kubernetes.io/tls')] },
      {
        name: 'said to be left out',
        manifests: [reading, canary('cart'), secret('example.com/key', { 'flagger.app/config-tracking': 'disabled' })],
      },
    ],
  }),
});
