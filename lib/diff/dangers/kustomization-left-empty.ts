import { listed } from '../ask';
import { deployment, kustomization } from '../case-objects';
import type { ObjectChange } from '../cluster-diff';
import { danger } from '../danger';

export default danger({
  id: 'kustomization-left-empty',
  severity: 'warning',
  since: '0.2.0',
  why: 'Git keeps no empty folders. When the last file of a folder goes, a Kustomization that still reads it fails with "kustomization path not found": it deletes nothing, so that what it has applied runs on, and all Kustomizations that depend on it wait. With any file left there (a note, a kustomization.yaml without resources) Flux finds the folder, and deletes all that it has applied.',
  cause:
    'Flux fails with "kustomization path not found" where the folder is gone, deletes nothing, and what depends on it waits',
  source: [
    'fluxcd/kustomize-controller v1.9 internal/controller/kustomization_controller.go (reconcile)',
    'e2e, section Diff, applied by Flux',
  ],
  check(diff, report) {
    const emptied = new Map<string, ObjectChange[]>();
    for (const change of diff.changes) {
      if (!change.isRemoved || change.isKept || change.pruning !== 'by folder') continue;
      const key = `${change.appliedBefore!.namespace}/${change.appliedBefore!.name}`;
      emptied.set(key, [...(emptied.get(key) ?? []), change]);
    }
    for (const changes of emptied.values()) {
      const kustomization = diff.kustomizationAfter(changes[0]!.appliedBefore!)!;
      const names = changes.map(({ kind, name }) => `${kind} "${name}"`);
      report(kustomization.entry, {
        pointer: '/spec/path',
        message: `Kustomization "${kustomization.name}" has nothing left to apply in "${kustomization.path}": where the folder goes too, Flux fails, and ${listed(names)} ${names.length === 1 ? 'stays' : 'stay'}`,
        fix: `remove Kustomization "${kustomization.name}" in the same commit: it deletes what it has applied when it goes; or leave a file in the folder`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'the last service of a folder goes',
        before: {
          'flux.yaml': [kustomization('a', 'apps/a'), kustomization('b', 'apps/b')],
          'apps/a/cart.yaml': [deployment('cart')],
          'apps/b/web.yaml': [deployment('web')],
        },
        after: {
          'flux.yaml': [kustomization('a', 'apps/a'), kustomization('b', 'apps/b')],
          'apps/b/web.yaml': [deployment('web')],
        },
        expect: [
          {
            object: 'Kustomization flux-system/a',
            message:
              'Kustomization "a" has nothing left to apply in "apps/a": where the folder goes too, Flux fails, and Deployment "cart" stays',
          },
        ],
      },
    ],
    good: [
      {
        name: 'its Kustomization goes with it',
        before: {
          'flux.yaml': [kustomization('a', 'apps/a'), kustomization('b', 'apps/b')],
          'apps/a/cart.yaml': [deployment('cart')],
          'apps/b/web.yaml': [deployment('web')],
        },
        after: { 'flux.yaml': [kustomization('b', 'apps/b')], 'apps/b/web.yaml': [deployment('web')] },
      },
      {
        name: 'another one stays',
        before: { 'flux.yaml': [kustomization('a', 'a')], 'a/all.yaml': [deployment('cart'), deployment('web')] },
        after: { 'flux.yaml': [kustomization('a', 'a')], 'a/all.yaml': [deployment('web')] },
      },
    ],
  },
});
