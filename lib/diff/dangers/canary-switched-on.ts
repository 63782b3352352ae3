import { textAt } from '../../kube';
import { canary, deployment, kustomization, object, service } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'canary-switched-on',
  severity: 'warning',
  since: '0.2.0',
  why: 'When a Canary comes for a service that runs, Flagger makes a primary of the Deployment, waits until it is ready, then points the Service at it and scales the Deployment to zero. Flux passes over the Service from then on, as Flagger marks it; whoever else goes on applying it (Argo CD, kubectl in a pipeline) sets it back to the pods that have gone, and so a VirtualService or DestinationRule of that name.',
  cause:
    'Flagger takes over the Service and scales the Deployment to zero once the primary is ready: who goes on applying the Service sends the callers to no pods',
  source: [
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go',
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go',
  ],
  check(diff, report) {
    for (const change of diff.of('Canary')) {
      const canary = change.isAdded ? diff.after.canary(change.namespace, change.name) : undefined;
      if (!canary) continue;
      const { kind, name } = canary.targetRef;
      if (!diff.before.writtenWorkload(kind, change.namespace, name)) continue;
      const live = diff.before.given('Service', change.namespace, canary.apexName);
      const still = diff.after.given('Service', change.namespace, canary.apexName);
      const isLeftAlone =
        !still || textAt(still.object, 'metadata', 'annotations', 'kustomize.toolkit.fluxcd.io/ssa') !== undefined;
      const of = `Canary "${change.name}" takes ${kind} "${name}" over, which runs: once its primary is ready, ${kind} "${name}" is scaled to zero`;
      if (live && !still)
        report(change, {
          message: `${of}; Service "${canary.apexName}" is pruned, and missing until Flagger has made it again`,
          severity: 'error',
          fix: `keep Service "${canary.apexName}" with the annotation kustomize.toolkit.fluxcd.io/ssa: IfNotPresent`,
          cause: 'Flux prunes what has left the tree, and Flagger makes its Services only at its next look',
        });
      else if (!isLeftAlone && diff.after.kustomizationOf(still))
        report(change, {
          message: `${of}; Flux passes over Service "${canary.apexName}" from then on, as Flagger marks it: what Git changes of it has no effect`,
          fix: `give Service "${canary.apexName}" the annotation kustomize.toolkit.fluxcd.io/ssa: IfNotPresent, so that Git says so too`,
          cause: 'Flagger gives the Service that it updates kustomize.toolkit.fluxcd.io/reconcile: disabled',
        });
      else if (!isLeftAlone)
        report(change, {
          message: `${of}, and every apply points Service "${canary.apexName}" back at it`,
          severity: 'error',
          fix: `give Service "${canary.apexName}" the annotation kustomize.toolkit.fluxcd.io/ssa: IfNotPresent`,
        });
      else
        report(change, {
          message: of,
          fix: 'let it happen at a quiet hour, and alone: the first primary needs room for as many pods again',
          cause: 'for a while both sets of pods run, and the routes change from the Deployment to the primary',
        });
    }
  },
  cases: {
    bad: [
      {
        name: 'Flux goes on applying the Service',
        before: {
          'flux.yaml': [kustomization('apps', 'apps')],
          'apps/cart.yaml': [deployment('cart'), service('cart')],
        },
        after: {
          'flux.yaml': [kustomization('apps', 'apps')],
          'apps/cart.yaml': [deployment('cart'), service('cart'), canary('cart')],
        },
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'warning',
            message:
              'Canary "cart" takes Deployment "cart" over, which runs: once its primary is ready, Deployment "cart" is scaled to zero; Flux passes over Service "cart" from then on, as Flagger marks it: what Git changes of it has no effect',
          },
        ],
      },
      {
        name: 'somebody else goes on applying the Service',
        before: [deployment('cart'), service('cart')],
        after: [deployment('cart'), service('cart'), canary('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'error',
            message:
              'Canary "cart" takes Deployment "cart" over, which runs: once its primary is ready, Deployment "cart" is scaled to zero, and every apply points Service "cart" back at it',
          },
        ],
      },
      {
        name: 'the Service leaves the tree at the same time',
        before: [deployment('cart'), service('cart')],
        after: [deployment('cart'), canary('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'error',
            message:
              'Canary "cart" takes Deployment "cart" over, which runs: once its primary is ready, Deployment "cart" is scaled to zero; Service "cart" is pruned, and missing until Flagger has made it again',
          },
        ],
      },
      {
        name: 'the Service is left to Flagger',
        before: [deployment('cart'), service('cart')],
        after: [
          deployment('cart'),
          object('v1', 'Service', 'cart', {
            metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } },
            spec: { selector: { app: 'cart' }, ports: [{ port: 80 }] },
          }),
          canary('cart'),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'warning',
            message:
              'Canary "cart" takes Deployment "cart" over, which runs: once its primary is ready, Deployment "cart" is scaled to zero',
          },
        ],
      },
    ],
    good: [
      {
        name: 'both are new',
        before: [deployment('web')],
        after: [deployment('web'), deployment('cart'), canary('cart')],
      },
    ],
  },
});
