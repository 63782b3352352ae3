import { nearest } from '../../findings';
import { remembered } from '../../kube';
import { push, type World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { controlledSecrets } from '../controlled-secrets';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

interface Names {
  /** A namespace that has an object of the name. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** Names by namespace that no workload reads: what a slip of the pen may have meant. */
  readonly unused: ReadonlyMap<string, readonly string[]>;
}

function unusedNames(world: World, kind: string): Names {
  const used = new Set<string>();
  for (const { namespace, configReferences } of world.workloads())
    for (const one of configReferences) if (one.kind === kind) used.add(`${namespace}/${one.name}`);
  const namespaces = new Map<string, string>();
  const unused = new Map<string, string[]>();
  for (const { namespace, name } of world.writtenOfKind(kind)) {
    if (!namespaces.has(name)) namespaces.set(name, namespace);
    if (!used.has(`${namespace}/${name}`)) push(unused, namespace, name);
  }
  return { namespaces, unused };
}

/** ConfigMaps that a controller puts into every namespace: kube-controller-manager's, and istiod's. */
const everywhere: ReadonlySet<string> = new Set(['kube-root-ca.crt', 'istio-ca-root-cert']);

export default rule({
  id: 'config-missing',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Flagger copies each ConfigMap and Secret that the pods of the target read, init containers and projected volumes included. If one is absent and not optional, Flagger reports "GetTargetConfigs failed: configmap … get query error" and does not initialize the Canary; the pods of the target would not start either.',
  cause: 'Flagger copies what the pods read for the primary, and stops at what is not there',
  source: ['fluxcd/flagger v1.44 pkg/canary/config_tracker.go (GetTargetConfigs)'],
  codes: ['CONFIG_MISSING'],
  restsOn: ['namespace'],
  comesLast: true,
  each: 'canary',
  shared: (world) => remembered((kind: string) => unusedNames(world, kind)),
  check(canary, report, world, namesOf) {
    const { target } = canary;
    if (!target) return;
    const done = new Set<string>();
    for (const { kind, name, optional, pointer, entry } of target.configReferences) {
      if (kind === 'ConfigMap' && everywhere.has(name)) continue;
      if (entry || optional || done.has(`${kind}/${name}`) || world.mayExist(kind, canary.namespace, name)) continue;
      done.add(`${kind}/${name}`);
      if (kind === 'Secret' && controlledSecrets(world).has(`${canary.namespace}/${name}`)) continue;
      const { namespaces, unused } = namesOf(kind);
      const elsewhere = namespaces.get(name);
      const near = elsewhere === undefined ? nearest(name, unused.get(canary.namespace) ?? []) : undefined;
      report(target, {
        pointer,
        about: canary,
        // A Secret is rarely in Git, and an operator may make a ConfigMap: only a likely slip is certain.
        severity: near !== undefined ? 'error' : kind === 'ConfigMap' || elsewhere !== undefined ? 'warning' : 'info',
        message: `${target.kind} "${target.name}" reads ${kind} "${name}", which is not in namespace "${canary.namespace}"${elsewhere === undefined ? '' : ` (there is one in namespace "${elsewhere}")`}`,
        ...(near === undefined ? {} : { nearest: near }),
        fix:
          near !== undefined
            ? `write ${near} in place of ${name}, or create ${kind} "${name}" in namespace "${canary.namespace}"`
            : `create ${kind} "${name}" in namespace "${canary.namespace}", or add optional: true to the reference, or ${stateThatItExists(kind, canary.namespace, name)}; in a catalog preflight.ignore says so`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a slip of the name',
        manifests: [
          deployment('cart', { container: { envFrom: [{ configMapRef: { name: 'cart-confg' } }] } }),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'cart-config', namespace: 'shop' },
            data: { a: 'b' },
          },
          canary('cart'),
        ],
        expect: [
          {
            object: 'Deployment shop/cart',
            pointer: '/spec/template/spec/containers/0/envFrom/0/configMapRef/name',
            severity: 'error',
            message: 'Deployment "cart" reads ConfigMap "cart-confg", which is not in namespace "shop"',
          },
        ],
      },
      {
        name: 'nothing like it: it may be in the cluster',
        manifests: [
          deployment('cart', { pod: { volumes: [{ name: 'config', configMap: { name: 'cart-config' } }] } }),
          canary('cart'),
        ],
        expect: [{ object: 'Deployment shop/cart', severity: 'warning' }],
      },
      {
        name: 'a Secret, which Git rarely holds',
        manifests: [
          deployment('cart', { container: { envFrom: [{ secretRef: { name: 'cart-token' } }] } }),
          canary('cart'),
        ],
        expect: [{ object: 'Deployment shop/cart', severity: 'info' }],
      },
    ],
    good: [
      {
        name: 'certificates that every namespace gets',
        manifests: [
          deployment('cart', {
            pod: { volumes: [{ name: 'ca', configMap: { name: 'istio-ca-root-cert' } }] },
          }),
          canary('cart'),
        ],
      },
      {
        name: 'a Secret that cert-manager makes',
        manifests: [
          deployment('cart', { pod: { volumes: [{ name: 'tls', secret: { secretName: 'cart-tls' } }] } }),
          {
            apiVersion: 'cert-manager.io/v1',
            kind: 'Certificate',
            metadata: { name: 'cart', namespace: 'shop' },
            spec: { secretName: 'cart-tls', dnsNames: ['cart.shop'] },
          },
          canary('cart'),
        ],
      },
      {
        name: 'optional',
        manifests: [
          deployment('cart', { container: { envFrom: [{ configMapRef: { name: 'cart-config', optional: true } }] } }),
          canary('cart'),
        ],
      },
      {
        name: 'stated to be in the cluster',
        manifests: [
          deployment('cart', { container: { envFrom: [{ secretRef: { name: 'cart-token' } }] } }),
          canary('cart'),
        ],
        facts: { exists: ['Secret shop/*'] },
      },
    ],
  }),
});
