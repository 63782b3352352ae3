import { canary, deployment, flaggerRelease } from '../case-manifests';
import { controlledSecrets } from '../controlled-secrets';
import { rule } from '../rule';

const tracking = 'flagger.app/config-tracking';

const reading = deployment('cart', { pod: { volumes: [{ name: 'tls', secret: { secretName: 'cart-tls' } }] } });
const certificate = (spec: object = {}) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata: { name: 'cart', namespace: 'shop' },
  spec: { secretName: 'cart-tls', dnsNames: ['cart.shop'], ...spec },
});
const external = (spec: object = {}) => ({
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  metadata: { name: 'cart-tls', namespace: 'shop' },
  spec: { refreshInterval: '1h', ...spec },
});

export default rule({
  id: 'config-rotating-secret',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger tracks the Secrets that the target reads. When a controller writes a new certificate or password into one, that is a new revision to it: a rollout starts that nobody asked for, and a running one begins again ("New revision detected! Restarting analysis"). The primary reads a copy, which gets the new content only when that rollout succeeds; a certificate may run out before.',
  cause: 'each change of a tracked Secret is a new revision, and the primary reads a copy of it',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/config_tracker.go (HasConfigChanged, CreatePrimaryConfigs)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (hasCanaryRevisionChanged)',
    'fluxcd/flagger issue 780',
  ],
  codes: ['CONFIG_ROTATING_SECRET'],
  each: 'canary',
  shared(world) {
    const secrets = controlledSecrets(world);
    return world.flagger.configTracking && secrets.size > 0 ? secrets : undefined;
  },
  check(canary, report, _world, secrets) {
    const { target } = canary;
    if (!target) return;
    const seen = new Set<string>();
    for (const { kind, name } of target.configReferences) {
      const found = kind === 'Secret' && !seen.has(name) ? secrets.get(`${target.namespace}/${name}`) : undefined;
      if (!found?.isRenewed || found.isUntracked) continue;
      seen.add(name);
      report(found.entry, {
        pointer: found.pointer,
        about: canary,
        message: `${found.entry.kind} "${found.entry.name}" renews Secret "${name}", which the pods of ${target.kind} "${target.name}" read: each renewal starts a rollout of Canary "${canary.name}", and "${canary.targetRef.name}-primary" keeps a copy of the old content until it succeeds`,
        fix: `write ${found.annotationsAt}: {${tracking}: disabled} into ${found.entry.kind} "${found.entry.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a certificate of cert-manager',
        manifests: [reading, canary('cart'), certificate()],
        expect: [
          {
            object: 'Certificate shop/cart',
            pointer: '/spec/secretName',
            message:
              'Certificate "cart" renews Secret "cart-tls", which the pods of Deployment "cart" read: each renewal starts a rollout of Canary "cart", and "cart-primary" keeps a copy of the old content until it succeeds',
          },
        ],
      },
      {
        name: 'a Secret from outside, of the name of its ExternalSecret',
        manifests: [reading, canary('cart'), external()],
        expect: [{ object: 'ExternalSecret shop/cart-tls', pointer: '/spec' }],
      },
    ],
    good: [
      {
        name: 'the certificate says that Flagger is not to track it',
        manifests: [
          reading,
          canary('cart'),
          certificate({ secretTemplate: { annotations: { [tracking]: 'disabled' } } }),
        ],
      },
      {
        name: 'the Secret from outside says so',
        manifests: [
          reading,
          canary('cart'),
          external({ target: { template: { metadata: { annotations: { [tracking]: 'disabled' } } } } }),
        ],
      },
      {
        name: 'a Secret that is fetched once',
        manifests: [reading, canary('cart'), external({ refreshInterval: '0' })],
      },
      {
        name: 'a sealed Secret, which changes with Git only',
        manifests: [
          reading,
          canary('cart'),
          {
            apiVersion: 'bitnami.com/v1alpha1',
            kind: 'SealedSecret',
            metadata: { name: 'cart-tls', namespace: 'shop' },
            spec: { encryptedData: { 'tls.key': 'AgBy' } },
          },
        ],
      },
      {
        name: 'a certificate for somebody else',
        manifests: [reading, canary('cart'), certificate({ secretName: 'x' })],
      },
      {
        name: 'Flagger tracks no configuration',
        manifests: [reading, canary('cart'), certificate(), flaggerRelease({ configTracking: { enabled: false } })],
      },
    ],
  }),
});
