import { listed } from '../ask';
import { deploymentOf, object } from '../case-objects';
import { danger } from '../danger';

const reader = deploymentOf('cart', { envFrom: [{ configMapRef: { name: 'settings' } }] });

export default danger({
  id: 'config-gone',
  severity: 'error',
  since: '0.2.0',
  why: 'Pods that run do not notice that a ConfigMap or Secret is gone. The next one that starts (a rollout, a node that goes, an autoscaler) waits for it for ever.',
  cause: 'pods that run stay, and every pod that starts from then on waits for it for ever',
  source: ['kubernetes.io/docs/concepts/configuration/configmap'],
  check(diff, report) {
    for (const change of diff.of('ConfigMap', 'Secret')) {
      if (!change.isDeleted) continue;
      const readers = diff.after
        .writtenWorkloads()
        .filter(({ namespace }) => namespace === change.namespace)
        .filter(({ configReferences }) =>
          configReferences.some(
            ({ kind, name, optional }) => kind === change.kind && name === change.name && !optional,
          ),
        )
        .map(({ kind, name }) => `${kind} "${name}"`);
      if (readers.length === 0) continue;
      report(change, {
        message: `${change.kind} "${change.name}" goes, and ${listed(readers)} still ${readers.length === 1 ? 'reads' : 'read'} it`,
        fix: `keep it, or take it out of ${listed(readers)} first`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'its reader stays',
        before: [reader, object('v1', 'ConfigMap', 'settings')],
        after: [reader],
        expect: [
          {
            object: 'ConfigMap shop/settings',
            message: 'ConfigMap "settings" goes, and Deployment "cart" still reads it',
          },
        ],
      },
    ],
    good: [
      {
        name: 'its reader takes another one',
        before: [reader, object('v1', 'ConfigMap', 'settings')],
        after: [
          deploymentOf('cart', { envFrom: [{ configMapRef: { name: 'settings-2' } }] }),
          object('v1', 'ConfigMap', 'settings-2'),
        ],
      },
    ],
  },
});
