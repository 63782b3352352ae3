import { textAt } from '../../kube';
import type { Entry, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { controlledSecrets } from '../controlled-secrets';
import { type Report, rule } from '../rule';

const provider = (spec: object) => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'slack', namespace: 'shop' },
  spec: { type: 'slack', ...spec },
});
const secret = (stringData: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'slack-url', namespace: 'shop' },
  stringData,
});
const alerted = canary('web', {
  analysis: { alerts: [{ name: 'on-call', severity: 'error', providerRef: { name: 'slack' } }] },
});

export default rule({
  id: 'alert-address-missing',
  severity: 'error',
  effect: 'no-alert',
  since: '0.3.0',
  why: 'An AlertProvider has its address in spec.address, or under the key address of the Secret that spec.secretRef names, in its own namespace. Without one Flagger writes a line into its log and tells nobody that a rollout has failed.',
  cause: 'Flagger takes the address from spec.address or from the key address of the Secret, and from nowhere else',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/events.go (alert)',
    'fluxcd/flagger v1.44 docs/gitbook/usage/alerting.md',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    for (const { providerRef } of canary.alerts) {
      const entry = world.given('AlertProvider', providerRef.namespace, providerRef.name);
      const words = entry && fault(world, entry);
      if (words) report(entry, { about: canary, once: true, ...words });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'no address at all',
        manifests: [deployment('web'), alerted, provider({ channel: 'general' })],
        expect: [
          {
            object: 'AlertProvider shop/slack',
            pointer: '/spec',
            message: 'AlertProvider "slack" has neither address nor secretRef: nobody is told anything',
          },
        ],
      },
      {
        name: 'a Secret with another key',
        manifests: [deployment('web'), alerted, provider({ secretRef: { name: 'slack-url' } }), secret({ url: 'x' })],
        expect: [
          {
            object: 'AlertProvider shop/slack',
            pointer: '/spec/secretRef/name',
            message:
              'Secret "slack-url" of AlertProvider "slack" has no key address (it has url): nobody is told anything',
          },
        ],
        mended: [
          deployment('web'),
          alerted,
          provider({ secretRef: { name: 'slack-url' } }),
          secret({ address: 'https://chat.example/hook' }),
        ],
      },
      {
        name: 'an address, and a Secret without one, which counts',
        manifests: [
          deployment('web'),
          alerted,
          provider({ address: 'https://chat.example/hook', secretRef: { name: 'slack-url' } }),
          secret({ token: 'x' }),
        ],
        expect: [{ object: 'AlertProvider shop/slack', pointer: '/spec/secretRef/name' }],
        mended: [deployment('web'), alerted, provider({ address: 'https://chat.example/hook' })],
      },
    ],
    good: [
      {
        name: 'a Secret that is not in the manifests',
        manifests: [deployment('web'), alerted, provider({ secretRef: { name: 'slack-url' } })],
      },
      {
        name: 'an address',
        manifests: [deployment('web'), alerted, provider({ address: 'https://chat.example/hook' })],
      },
    ],
  }),
});

function fault(world: World, { object, name, namespace }: Entry): Omit<Report, 'about'> | undefined {
  const secretName = textAt(object, 'spec', 'secretRef', 'name');
  if (secretName === undefined)
    return textAt(object, 'spec', 'address')
      ? undefined
      : {
          pointer: '/spec',
          message: `AlertProvider "${name}" has neither address nor secretRef: nobody is told anything`,
          fix: 'write the address of the chat into a Secret under the key address, and name it in spec.secretRef',
        };
  const found = world.given('Secret', namespace, secretName);
  if (!found || controlledSecrets(world).has(`${namespace}/${secretName}`)) return undefined;
  const isWritten = textAt(object, 'spec', 'address') !== undefined;
  const keys = ['data', 'stringData'].flatMap((field) => Object.keys(Object(found.object[field] ?? {})));
  return keys.includes('address')
    ? undefined
    : {
        pointer: '/spec/secretRef/name',
        message: `Secret "${secretName}" of AlertProvider "${name}" has no key address (it has ${keys.join(', ') || 'none'}): nobody is told anything`,
        ...(isWritten
          ? { cause: 'with a secretRef Flagger takes the address from the Secret, and not from spec.address' }
          : {}),
        fix: `put the address of the chat under the key address of Secret "${secretName}"${isWritten ? ', or remove spec.secretRef' : ''}`,
      };
}
