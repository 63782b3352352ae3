import { deployment, kustomization } from '../case-objects';
import { danger } from '../danger';
import { deletesAtItsEnd } from '../pruning';

export default danger({
  id: 'kustomization-removed',
  severity: 'error',
  since: '0.2.0',
  why: 'A Flux Kustomization with `prune: true` that goes deletes everything that it has applied. Renamed, the objects are deleted by the old one, and made by the new one when it gets to it: which comes first is not certain.',
  cause: 'a Kustomization with prune: true deletes all that it has applied when it goes',
  source: ['fluxcd/kustomize-controller v1.9 internal/controller/kustomization_controller.go (finalize)'],
  check(diff, report) {
    for (const change of diff.of('Kustomization')) {
      if (!change.isDeleted || !change.entry.group.startsWith('kustomize.toolkit.fluxcd.io')) continue;
      const was = diff.before.fluxKustomizations().find(({ entry }) => entry === change.before);
      if (!was || !deletesAtItsEnd(was)) continue;
      const owned = diff.before.entries().filter((entry) => diff.applierBefore(entry) === was);
      const left = owned.filter(({ kind, namespace, name, group }) => diff.after.given(kind, namespace, name, group));
      // What it applied goes from the tree, too: that is said of the objects.
      if (owned.length > 0 && left.length === 0) continue;
      report(change, {
        // What it has applied from elsewhere nobody sees here: it may be that all of it shall go.
        ...(owned.length === 0 ? { severity: 'warning' as const } : {}),
        message:
          owned.length === 0
            ? `Kustomization "${change.name}" goes, and everything that it has applied from "${was.path}"`
            : `Kustomization "${change.name}" goes and deletes its ${owned.length === 1 ? 'object' : `${owned.length} objects`}, of which the tree still holds ${left.length}`,
        fix: `set prune: false (or deletionPolicy: Orphan) of "${change.name}" in a commit before, let Flux apply it, then remove it`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'it is renamed',
        before: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/cart.yaml': [deployment('cart')] },
        after: { 'flux.yaml': [kustomization('shop', 'apps')], 'apps/cart.yaml': [deployment('cart')] },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            message: 'Kustomization "apps" goes and deletes its object, of which the tree still holds 1',
          },
        ],
      },
      {
        name: 'what it applies is in another repository',
        before: [kustomization('crds', 'config/crd', { sourceRef: { kind: 'GitRepository', name: 'gateway-api' } })],
        after: [],
        expect: [
          {
            object: 'Kustomization flux-system/crds',
            severity: 'warning',
            message: 'Kustomization "crds" goes, and everything that it has applied from "config/crd"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it does not prune',
        before: {
          'flux.yaml': [kustomization('apps', 'apps', { prune: false })],
          'apps/cart.yaml': [deployment('cart')],
        },
        after: { 'flux.yaml': [kustomization('shop', 'apps')], 'apps/cart.yaml': [deployment('cart')] },
      },
    ],
  },
});
