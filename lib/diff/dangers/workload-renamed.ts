import { isDeepStrictEqual } from 'node:util';
import { deployment } from '../case-objects';
import { danger } from '../danger';
import { imagesOf } from '../rollouts';

export default danger({
  id: 'workload-renamed',
  severity: 'warning',
  since: '0.2.0',
  why: 'For Kubernetes another name, or another namespace, is another object: Flux makes the new one and prunes the old one in one go, without waiting until the new pods are ready.',
  cause: 'Flux prunes the old one without waiting until the pods of the new one are ready',
  source: ['fluxcd/kustomize-controller v1.9 internal/controller/kustomization_controller.go (apply, prune)'],
  check(diff, report) {
    const come = diff.of('Deployment', 'StatefulSet').filter(({ isAdded }) => isAdded);
    for (const change of diff.of('Deployment', 'StatefulSet')) {
      if (!change.isDeleted) continue;
      const was = diff.before.writtenWorkload(change.kind, change.namespace, change.name);
      const next = come.find(({ kind, namespace, name }) => {
        const is = diff.after.writtenWorkload(kind, namespace, name);
        const [a, b] = [was, is].map((one) => one && [...imagesOf(one).values()].map(withoutTag));
        return kind === change.kind && a !== undefined && a.length > 0 && isDeepStrictEqual(a, b);
      });
      if (!next) continue;
      const isMove = next.namespace !== change.namespace;
      report(next, {
        message: `${change.kind} "${change.name}" becomes ${isMove ? `"${next.namespace}/${next.name}"` : `"${next.name}"`}: the old pods stop before the new ones are ready`,
        fix: `let both run: add "${next.name}" in one commit, remove "${change.name}" in the next one`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'the same images under another name',
        before: [deployment('cart')],
        after: [deployment('basket')],
        expect: [
          {
            object: 'Deployment shop/basket',
            message: 'Deployment "cart" becomes "basket": the old pods stop before the new ones are ready',
          },
        ],
      },
    ],
    good: [
      {
        name: 'one goes, another one comes',
        before: [deployment('cart')],
        after: [deployment('web', { containers: [{ name: 'web', image: 'web:v1' }] })],
      },
    ],
  },
});

function withoutTag(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}
