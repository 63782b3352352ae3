import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

/** Names that Flagger derives. */
const isDerived = /-(primary|canary)$/;
const kinds = [
  'Deployment',
  'DaemonSet',
  'Service',
  'HorizontalPodAutoscaler',
  'ScaledObject',
  'ConfigMap',
  'Secret',
  'DestinationRule',
];

export default rule({
  id: 'name-clash-generated',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger makes objects with the suffixes -primary and -canary: a workload, two Services, an autoscaler, copies of ConfigMaps and Secrets, DestinationRules. Where an object of that kind and name is in Git already, Flagger takes it for its own and overwrites it, and whoever applies Git writes it back.',
  cause: 'Flagger takes an object of that name for its own and overwrites it',
  source: [
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go',
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (createPrimaryDeployment)',
  ],
  codes: ['NAME_CLASH_GENERATED'],
  each: 'world',
  check(world, report) {
    for (const kind of kinds)
      for (const replaces of world.writtenOfKind(kind)) {
        // The Service that callers use is there to be taken over.
        const made = isDerived.test(replaces.name) ? world.find(kind, replaces.namespace, replaces.name) : undefined;
        const canary = made?.madeBy && world.canary(made.madeBy.namespace, made.madeBy.name);
        if (!canary || made.replaces !== replaces) continue;
        if (kind === 'Service' && replaces.name === canary.apexName) continue;
        report(replaces, {
          pointer: '/metadata/name',
          about: canary,
          message: `${kind} "${replaces.name}" has the name of the ${kind} that Flagger makes for Canary "${canary.name}"`,
          fix: `rename ${kind} "${replaces.name}", or remove it if it is only there because Flagger made it`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a Deployment called like the primary',
        manifests: [deployment('cart'), canary('cart'), deployment('cart-primary')],
        expect: [
          {
            object: 'Deployment shop/cart-primary',
            pointer: '/metadata/name',
            message: 'Deployment "cart-primary" has the name of the Deployment that Flagger makes for Canary "cart"',
          },
        ],
      },
      {
        name: 'a Service called like the one of the canary',
        manifests: [deployment('cart'), canary('cart'), service('cart-canary')],
        expect: [{ object: 'Service shop/cart-canary' }],
      },
    ],
    good: [{ name: 'the Service that callers use', manifests: [deployment('cart'), canary('cart'), service('cart')] }],
  }),
});
