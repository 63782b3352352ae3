import { nearest } from '../../findings';
import { at } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment, fluxKustomization } from '../case-manifests';
import { fillersOf, likelyOriginOf } from '../helm-origin';
import { prefixedTarget } from '../prefixed-target';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

const release = (name: string) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name, namespace: 'shop' },
  spec: { interval: '1h', chartRef: { kind: 'OCIRepository', name: 'microservice' } },
});

export default rule({
  id: 'target-missing',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Flagger reads the target of a Canary from the namespace of the Canary. Where there is none of that kind and name (a slip in targetRef, another namespace, or the prefix that a Helm chart puts before the name) the Canary is never initialized, and Flagger repeats "deployment … get query error … not found".',
  cause:
    'Flagger looks the target up by kind and name in the namespace of the Canary, and initializes nothing without it',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go',
    'fluxcd/flagger v1.44 pkg/canary/daemonset_controller.go',
  ],
  codes: ['TARGET_MISSING'],
  restsOn: ['namespace'],
  each: 'canary',
  check(canary, report, world) {
    const { kind, name } = canary.targetRef;
    // A target of kind Service has the name of the Service that Flagger makes.
    if (name === '' || (kind !== 'Deployment' && kind !== 'DaemonSet')) return;
    if (world.mayExist(kind, canary.namespace, name)) return;
    const prefixed = prefixedTarget(world, canary);
    if (prefixed) {
      report(canary, {
        pointer: '/spec/targetRef/name',
        message: `the target of Canary "${canary.name}", ${kind} "${name}", is not in namespace "${canary.namespace}", and "${prefixed.name}" is: kustomize gives its prefix or suffix to names, and not to a targetRef`,
        nearest: prefixed.name,
        fix: `write name: ${prefixed.name} in spec.targetRef of Canary "${canary.name}" by a patch of the overlay, or let kustomize know the reference: a file in its configurations with nameReference: [{kind: ${kind}, fieldSpecs: [{kind: Canary, path: spec/targetRef/name}]}]`,
      });
      return;
    }
    const written = world.writtenOfKind(kind);
    const elsewhere = written.find((other) => other.name === name);
    const near = nearest(
      name,
      written
        .filter((other) => other.namespace === canary.namespace && !world.canaryOfTarget(other))
        .map((other) => other.name),
    );
    // `kubectl apply -n` or a kustomization says where it goes.
    const isUnplaced = elsewhere !== undefined && at(elsewhere.object, 'metadata', 'namespace') === undefined;
    const isCanaryUnplaced =
      elsewhere !== undefined && !isUnplaced && at(canary.entry.object, 'metadata', 'namespace') === undefined;
    const maker = elsewhere || near !== undefined ? undefined : likelyMaker(world, canary, name);
    if (maker) {
      report(canary, {
        pointer: '/spec/targetRef/name',
        severity: 'info',
        message: `the target of Canary "${canary.name}", ${kind} "${name}", is not among the manifests: it is assumed that ${maker.kind} ${maker.namespace}/${maker.name} makes it, and nothing is known of its pods and ports`,
        fix: `add what ${maker.kind} "${maker.name}" makes to the manifests, or ${stateThatItExists(kind, canary.namespace, name)}; if it has another name, write that one in spec.targetRef`,
      });
      return;
    }
    report(canary, {
      pointer: '/spec/targetRef/name',
      // What the manifests do not hold may be in the cluster, unless a likely slip is seen.
      severity: (elsewhere && !isUnplaced && !isCanaryUnplaced) || near !== undefined ? 'error' : 'warning',
      message: `the target of Canary "${canary.name}", ${kind} "${name}", is not in namespace "${canary.namespace}"${isCanaryUnplaced ? ', which is assumed because the manifest of the Canary names none' : ''}${elsewhere ? ` (${isUnplaced ? 'there is one whose manifest names no namespace' : `there is one in namespace "${elsewhere.namespace}"`})` : ''}`,
      ...(elsewhere || near === undefined ? {} : { nearest: near }),
      fix: isUnplaced
        ? `write namespace: ${canary.namespace} into the metadata of ${kind} "${name}", or state the namespace that objects without one are applied to (--namespace ${canary.namespace})`
        : isCanaryUnplaced
          ? `write namespace: ${elsewhere.namespace} into the metadata of Canary "${canary.name}", or state the namespace that objects without one are applied to (--namespace ${elsewhere.namespace})`
          : elsewhere
            ? `move Canary "${canary.name}" to namespace "${elsewhere.namespace}": a targetRef cannot name a namespace`
            : near !== undefined
              ? `write name: ${near} in spec.targetRef of Canary "${canary.name}"`
              : `write the name of a ${kind} of namespace "${canary.namespace}" in spec.targetRef of Canary "${canary.name}", add the manifest of ${kind} "${name}" to those that are checked, or ${stateThatItExists(kind, canary.namespace, name)}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a slip of the name',
        manifests: [
          deployment('cartservice'),
          canary('cart', { spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cartservise' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/targetRef/name',
            severity: 'error',
            message: 'the target of Canary "cart", Deployment "cartservise", is not in namespace "shop"',
          },
        ],
      },
      {
        name: 'a prefix of kustomize',
        manifests: [
          deployment('dev-cart'),
          canary('dev-cart', { spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/dev-cart',
            pointer: '/spec/targetRef/name',
            severity: 'error',
            message:
              'the target of Canary "dev-cart", Deployment "cart", is not in namespace "shop", and "dev-cart" is: kustomize gives its prefix or suffix to names, and not to a targetRef',
          },
        ],
        mended: [deployment('dev-cart'), canary('dev-cart')],
      },
      {
        name: 'the Deployment is in another namespace',
        manifests: [deployment('cart', { metadata: { namespace: 'carts' } }), canary('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            message:
              'the target of Canary "cart", Deployment "cart", is not in namespace "shop" (there is one in namespace "carts")',
          },
        ],
      },
      {
        name: 'the Deployment names no namespace',
        manifests: [deployment('cart', { metadata: { namespace: undefined } }), canary('cart')],
        facts: { defaultNamespace: 'default' },
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'warning',
            message:
              'the target of Canary "cart", Deployment "cart", is not in namespace "shop" (there is one whose manifest names no namespace)',
          },
        ],
      },
      {
        name: 'the Canary names no namespace',
        manifests: [
          deployment('cart', { metadata: { namespace: 'carts' } }),
          canary('cart', { metadata: { namespace: undefined } }),
        ],
        facts: { defaultNamespace: 'default' },
        expect: [
          {
            object: 'Canary default/cart',
            severity: 'warning',
            message:
              'the target of Canary "cart", Deployment "cart", is not in namespace "default", which is assumed because the manifest of the Canary names none (there is one in namespace "carts")',
          },
        ],
      },
      {
        name: 'a Canary alone: the target may be in other manifests',
        manifests: [canary('cart')],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
      {
        name: 'a HelmRelease of the name may make it',
        manifests: [release('cart'), canary('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'info',
            message:
              'the target of Canary "cart", Deployment "cart", is not among the manifests: it is assumed that HelmRelease shop/cart makes it, and nothing is known of its pods and ports',
          },
        ],
      },
      {
        name: 'a HelmRelease that makes several Deployments',
        manifests: [release('boutique'), canary('boutique-cart')],
        expect: [{ object: 'Canary shop/boutique-cart', severity: 'info' }],
      },
      {
        name: 'a Kustomization fills the namespace from another repository',
        manifests: [
          fluxKustomization('cart-sync', {
            targetNamespace: 'shop',
            sourceRef: { kind: 'OCIRepository', name: 'cart' },
          }),
          canary('cart'),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'info',
            message:
              'the target of Canary "cart", Deployment "cart", is not among the manifests: it is assumed that Kustomization flux-system/cart-sync makes it, and nothing is known of its pods and ports',
          },
        ],
      },
      {
        name: 'of several Kustomizations that fill the namespace the one with its name is meant',
        manifests: [
          ...['loadtester', 'cart'].map((name) =>
            fluxKustomization(name, {
              targetNamespace: 'shop',
              sourceRef: { kind: 'GitRepository', name: 'elsewhere' },
            }),
          ),
          canary('cart'),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'info',
            message:
              'the target of Canary "cart", Deployment "cart", is not among the manifests: it is assumed that Kustomization flux-system/cart makes it, and nothing is known of its pods and ports',
          },
        ],
      },
      {
        name: 'a HelmRelease of another name',
        manifests: [release('redis'), canary('cart')],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'the target is beside the Canary', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'the target is stated to be in the cluster',
        manifests: [canary('cart')],
        facts: { exists: ['Deployment shop/cart'] },
      },
    ],
  }),
});

/** Who may make the target: a chart by its usual names, or a Kustomization that fills the namespace from elsewhere. */
function likelyMaker(world: World, canary: CanaryView, name: string): Entry | undefined {
  const own = world.kustomizationOf(canary.entry);
  const fillers = fillersOf(world, canary.namespace).filter((one) => one !== own);
  return (
    likelyOriginOf(world, canary.namespace, name) ??
    fillers.find((one) => name.startsWith(one.name) || one.name.startsWith(name)) ??
    fillers[0]
  )?.entry;
}
