import { listed } from '../ask';
import { deployment, kustomization } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'prune-turned-on',
  severity: 'warning',
  since: '0.2.0',
  why: 'A Kustomization without `prune` keeps in its inventory only what it applied last; from the commit that turns it on, whatever leaves the folder is deleted. Whoever was used to the old behaviour (a file that is moved away for a while) deletes what runs.',
  cause: 'from now on what leaves the folder is deleted in the cluster',
  source: ['fluxcd.io/flux/components/kustomize/kustomizations (prune)'],
  check(diff, report) {
    for (const change of diff.of('Kustomization')) {
      const [was, is] = [diff.before, diff.after].map((world) =>
        world
          .fluxKustomizations()
          .find(({ namespace, name }) => namespace === change.namespace && name === change.name),
      );
      if (!was || !is || was.prune || !is.prune) continue;
      const open = diff.changes.filter(
        (one) =>
          one.isUncertain &&
          one.pruning === 'uncertain' &&
          one.appliedBefore?.entry === was.entry &&
          one.key !== change.key,
      );
      if (open.length > 0) {
        const objects = open.map(({ kind, name }) => `${kind} "${name}"`);
        report(change, {
          pointer: '/spec/prune',
          severity: 'error',
          message: `Kustomization "${change.name}" prunes from now on, and the same commit takes ${listed(objects, 4)} out of its folder: deleted where the Kustomization changes first`,
          cause: 'Flux deletes what it has applied before and does not find any more, once it is told to prune',
          fix: `give what has to stay the annotation kustomize.toolkit.fluxcd.io/prune: disabled in a commit before, or turn prune on in a commit of its own`,
        });
        continue;
      }
      report(change, {
        pointer: '/spec/prune',
        message: `Kustomization "${change.name}" prunes from now on`,
        fix: 'make sure that all that has to stay is in the folder, or give it the annotation kustomize.toolkit.fluxcd.io/prune: disabled',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'false becomes true',
        before: {
          'flux.yaml': [kustomization('apps', 'apps', { prune: false })],
          'apps/cart.yaml': [deployment('cart')],
        },
        after: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/cart.yaml': [deployment('cart')] },
        expect: [{ object: 'Kustomization flux-system/apps', message: 'Kustomization "apps" prunes from now on' }],
      },
      {
        name: 'and something leaves the folder',
        before: {
          'flux.yaml': [kustomization('apps', 'apps', { prune: false })],
          'apps/cart.yaml': [deployment('cart'), deployment('web')],
        },
        after: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/cart.yaml': [deployment('web')] },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            severity: 'error',
            message:
              'Kustomization "apps" prunes from now on, and the same commit takes Deployment "cart" out of its folder: deleted where the Kustomization changes first',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it does not prune, and something leaves the folder',
        before: {
          'flux.yaml': [kustomization('apps', 'apps', { prune: false })],
          'apps/cart.yaml': [deployment('cart'), deployment('web')],
        },
        after: {
          'flux.yaml': [kustomization('apps', 'apps', { prune: false })],
          'apps/cart.yaml': [deployment('web')],
        },
      },
      {
        name: 'it has pruned before',
        before: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/cart.yaml': [deployment('cart')] },
        after: {
          'flux.yaml': [kustomization('apps', 'apps', { timeout: '1m' })],
          'apps/cart.yaml': [deployment('cart')],
        },
      },
    ],
  },
});
