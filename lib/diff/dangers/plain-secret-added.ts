import { fieldsAt, isFields } from '../../kube';
import { object } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'plain-secret-added',
  severity: 'error',
  since: '0.2.0',
  why: 'A Secret that is not encrypted is readable for everybody who can read the repository, now and for ever: its history keeps it.',
  cause: 'base64 is no encryption, and the history of the repository keeps the values for ever',
  source: ['fluxcd.io/flux/guides/mozilla-sops'],
  check(diff, report) {
    for (const change of diff.of('Secret')) {
      if (!change.after || !isPlain(change.after.object) || (change.before && isPlain(change.before.object))) continue;
      const keys = Object.keys({
        ...fieldsAt(change.after.object, 'data'),
        ...fieldsAt(change.after.object, 'stringData'),
      });
      report(change, {
        message: `Secret "${change.name}" stands in the tree with readable values (${keys.slice(0, 3).join(', ')})`,
        fix: 'encrypt it with SOPS, or refer to it with an ExternalSecret; change the values, as they have been published',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a new Secret',
        before: [object('v1', 'ConfigMap', 'a')],
        after: [object('v1', 'ConfigMap', 'a'), object('v1', 'Secret', 'db', { stringData: { password: 'x' } })],
        expect: [
          { object: 'Secret shop/db', message: 'Secret "db" stands in the tree with readable values (password)' },
        ],
      },
    ],
    good: [
      {
        name: 'the cluster fills it in',
        before: [object('v1', 'ServiceAccount', 'ci')],
        after: [
          object('v1', 'ServiceAccount', 'ci'),
          object('v1', 'Secret', 'ci-token', {
            metadata: { annotations: { 'kubernetes.io/service-account.name': 'ci' } },
            type: 'kubernetes.io/service-account-token',
          }),
        ],
      },
      {
        name: 'encrypted',
        before: [object('v1', 'ConfigMap', 'a')],
        after: [
          object('v1', 'ConfigMap', 'a'),
          object('v1', 'Secret', 'db', { data: { password: 'ENC[AES256_GCM,data:x]' }, sops: { version: '3.9' } }),
        ],
      },
    ],
  },
});

/** SOPS leaves a field `sops`; a Secret without values, or of a token that the cluster fills in, holds nothing. */
function isPlain(secret: unknown): boolean {
  if (isFields((secret as { sops?: unknown }).sops)) return false;
  const values = Object.values({ ...fieldsAt(secret, 'data'), ...fieldsAt(secret, 'stringData') });
  return values.some((value) => typeof value === 'string' && value !== '' && !value.startsWith('ENC['));
}
