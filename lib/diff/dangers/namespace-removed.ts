import { deployment, object } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'namespace-removed',
  severity: 'error',
  since: '0.2.0',
  why: 'A Namespace that is pruned takes everything in it along, whoever made it: claims, Secrets made by hand, other applications. Moved to another Kustomization it is safe only when that one applies it first.',
  cause: 'everything in the namespace is deleted with it, also what Git does not know',
  source: ['kubernetes.io/docs/concepts/overview/working-with-objects/namespaces'],
  check(diff, report) {
    for (const change of diff.of('Namespace'))
      if (change.isDeleted)
        report(change, {
          message: `Namespace "${change.name}" goes, with everything in it`,
          fix: 'keep the Namespace and remove its objects, or give it the annotation kustomize.toolkit.fluxcd.io/prune: disabled in a commit before',
        });
  },
  cases: {
    bad: [
      {
        name: 'the namespace of an application',
        before: [object('v1', 'Namespace', 'shop', {}, ''), deployment('cart')],
        after: [deployment('cart')],
        expect: [{ object: 'Namespace shop', message: 'Namespace "shop" goes, with everything in it' }],
      },
    ],
    good: [
      {
        name: 'a label of it',
        before: [object('v1', 'Namespace', 'shop', {}, '')],
        after: [object('v1', 'Namespace', 'shop', { metadata: { labels: { team: 'a' } } }, '')],
      },
    ],
  },
});
