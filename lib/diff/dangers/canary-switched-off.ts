import { canary, deployment, service } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'canary-switched-off',
  severity: 'warning',
  since: '0.2.0',
  why: 'A Canary that goes leaves its Services and routes to the primary, whose pods are deleted with it, while the Deployment stands at zero pods. With `revertOnDeletion` Flagger scales the Deployment up first; without it the service has no pods until somebody does, unless the manifest says `replicas`. A Service that Flagger has made goes with the Canary. And Flagger looks at a Canary that is being deleted as at any other: a look between the two sets the Service back to the primary, whose pods go, and nobody mends it; it does not look at one that is suspended.',
  cause: 'Flagger keeps the Deployment at zero pods between rollouts; the primary that answers goes with the Canary',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/finalizer.go',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary: nothing is asked of deletionTimestamp)',
    'docs.flagger.app/usage/how-it-works (Canary finalizers)',
  ],
  check(diff, report) {
    for (const change of diff.of('Canary')) {
      const was = change.isDeleted ? diff.before.canary(change.namespace, change.name) : undefined;
      if (!was) continue;
      const { kind, name } = was.targetRef;
      const target = diff.after.writtenWorkload(kind, change.namespace, name);
      if (!target) continue;
      const reverts = was.spec.revertOnDeletion === true;
      const { replicas } = target;
      const isSafe = reverts || (replicas !== undefined && replicas > 0);
      // It has an owner reference to the Canary, which none that somebody else has made gets.
      const isFlaggers = !diff.before.given('Service', change.namespace, was.apexName);
      if (isSafe && isFlaggers) {
        report(change, {
          severity: 'error',
          message: `Canary "${change.name}" goes, and Service "${was.apexName}", which Flagger has made, with it: nobody can call it until it is applied anew`,
          cause: 'the Service belongs to its Canary, and Kubernetes deletes what belongs to an object that is gone',
          fix: `make Service "${was.apexName}" nobody's before (kubectl patch service ${was.apexName} -n ${change.namespace} --type json -p '[{"op":"remove","path":"/metadata/ownerReferences"}]')`,
        });
        continue;
      }
      report(change, {
        severity: isSafe ? 'warning' : 'error',
        message: reverts
          ? `Canary "${change.name}" goes: Flagger scales ${kind} "${name}" up and gives it its Services back${was.spec.suspend === true ? '' : ', unless it looks at the Canary at that moment'}; new releases get no analysis`
          : isSafe
            ? `Canary "${change.name}" goes without revertOnDeletion: its primary stops while the ${replicas} pods of ${kind} "${name}" start`
            : `Canary "${change.name}" goes without revertOnDeletion: ${kind} "${name}" stays at zero pods`,
        fix: reverts
          ? `keep the Canary with skipAnalysis: true where only the analysis is in the way, or write suspend: true in a commit before: Flagger does not look then`
          : `write revertOnDeletion: true in a commit before, let Flux apply it, then remove the Canary`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'nobody scales the target up',
        before: [deployment('cart'), service('cart'), canary('cart')],
        after: [deployment('cart'), service('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'error',
            message: 'Canary "cart" goes without revertOnDeletion: Deployment "cart" stays at zero pods',
          },
        ],
      },
      {
        name: 'Flagger does, and its Service goes',
        before: [deployment('cart'), canary('cart', { revertOnDeletion: true })],
        after: [deployment('cart'), service('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'error',
            message:
              'Canary "cart" goes, and Service "cart", which Flagger has made, with it: nobody can call it until it is applied anew',
          },
        ],
      },
      {
        name: 'Flagger does, and does not look at it',
        before: [deployment('cart'), service('cart'), canary('cart', { revertOnDeletion: true, suspend: true })],
        after: [deployment('cart'), service('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'warning',
            message:
              'Canary "cart" goes: Flagger scales Deployment "cart" up and gives it its Services back; new releases get no analysis',
          },
        ],
      },
      {
        name: 'Flagger does',
        before: [deployment('cart'), service('cart'), canary('cart', { revertOnDeletion: true })],
        after: [deployment('cart'), service('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'warning',
            message:
              'Canary "cart" goes: Flagger scales Deployment "cart" up and gives it its Services back, unless it looks at the Canary at that moment; new releases get no analysis',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the analysis is skipped once',
        before: [deployment('cart'), canary('cart')],
        after: [deployment('cart'), canary('cart', { suspend: true })],
      },
    ],
  },
});
