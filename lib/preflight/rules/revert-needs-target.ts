import type { Entry } from '../../world';
import { canary, deployment, fluxKustomization } from '../case-manifests';
import { rule } from '../rule';

const applied = (more: object) => ({
  'apps/cart.yaml': [deployment('cart'), canary('cart', { spec: { revertOnDeletion: true, ...more } })],
});

const ofHelm = { labels: { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'cart' } };

export default rule({
  id: 'revert-needs-target',
  severity: 'info',
  effect: 'stuck',
  since: '0.3.0',
  why: 'With revertOnDeletion a Canary that is deleted stays (Terminating) until Flagger has given the workload back its pods and its Service. Where Flux prunes target and Canary together, or Flagger before them, there is nothing to give back or nobody who does it: the finalizer stays, and with it the namespace.',
  cause: 'the finalizer ends only when Flagger has found the target and seen it ready',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/finalizer.go (finalize), pkg/canary/deployment_controller.go (Finalize)',
    'fluxcd/flagger issues 1357 and 1562',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    // There the commit that removes both is refused (canary-removed-with-its-service), and says what to do.
    if (world.facts.judgesSteps === true) return;

    if (canary.spec.revertOnDeletion !== true || !canary.target) return;
    const own = world.kustomizationOf(canary.entry);
    const release = releaseOf(canary.entry);
    if (!own && release !== undefined && releaseOf(canary.target.entry) === release) {
      report(canary, {
        pointer: '/spec/revertOnDeletion',
        message: `Canary "${canary.name}" and its target are of one Helm release: "helm uninstall" deletes ${canary.targetRef.kind} "${canary.targetRef.name}" with it, and the Canary stays Terminating, because Flagger finds no target to give back`,
        fix: 'before "helm uninstall" set revertOnDeletion to false, or delete the Canary first and wait until it is gone',
      });
      return;
    }
    if (!own?.prune || world.kustomizationOf(canary.target.entry) !== own) return;
    report(canary, {
      pointer: '/spec/revertOnDeletion',
      message: `Canary "${canary.name}" and its target are pruned together by Kustomization "${own.name}": removed in one commit, the Canary stays Terminating, because Flagger finds no target to give back`,
      fix: `to end it remove the Canary first, and ${canary.targetRef.kind} "${canary.targetRef.name}" when the Canary is gone; to remove both at once set revertOnDeletion to false before`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'both in one folder that is pruned',
        manifests: [fluxKustomization('apps')],
        files: applied({}),
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/revertOnDeletion',
            message:
              'Canary "cart" and its target are pruned together by Kustomization "apps": removed in one commit, the Canary stays Terminating, because Flagger finds no target to give back',
          },
        ],
      },
      {
        name: 'both of one Helm release',
        manifests: [
          deployment('cart', { metadata: ofHelm }),
          {
            ...canary('cart', { spec: { revertOnDeletion: true } }),
            metadata: { name: 'cart', namespace: 'shop', ...ofHelm },
          },
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/revertOnDeletion',
            message:
              'Canary "cart" and its target are of one Helm release: "helm uninstall" deletes Deployment "cart" with it, and the Canary stays Terminating, because Flagger finds no target to give back',
          },
        ],
      },
    ],
    good: [
      {
        name: 'nothing to give back',
        manifests: [fluxKustomization('apps')],
        files: applied({ revertOnDeletion: false }),
      },
      {
        name: 'the commit that would remove both is judged itself',
        manifests: [fluxKustomization('apps')],
        files: applied({}),
        facts: { judgesSteps: true },
      },
      {
        name: 'what is removed from Git stays in the cluster',
        manifests: [fluxKustomization('apps', { prune: false })],
        files: applied({}),
      },
    ],
  }),
});

/** The Helm release of an object, as its chart writes it. */
function releaseOf({ labels, annotations }: Entry): string | undefined {
  if (labels['app.kubernetes.io/managed-by'] !== 'Helm') return undefined;
  return (
    annotations['meta.helm.sh/release-name'] ??
    labels['app.kubernetes.io/instance'] ??
    labels['helm.sh/chart'] ??
    labels.release
  );
}
