import { kustomization } from '../case-objects';
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
        before: [kustomization('apps', 'apps', { prune: false })],
        after: [kustomization('apps', 'apps')],
        expect: [{ object: 'Kustomization flux-system/apps', message: 'Kustomization "apps" prunes from now on' }],
      },
    ],
    good: [{ name: 'it has pruned before', before: [kustomization('a', 'apps')], after: [kustomization('a', 'app')] }],
  },
});
