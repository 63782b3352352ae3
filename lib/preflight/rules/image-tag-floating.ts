import { isFloatingTag, parseImageReference, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'image-tag-floating',
  severity: 'warning',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A new image under the same tag changes no pod template: Flagger sees no new revision, and new pods start with whatever the tag means then, canary or not.',
  cause: 'the hash of the pod template does not change with the image',
  source: ['fluxcd/flagger v1.44 pkg/canary/spec.go (hasSpecChanged)'],
  codes: ['IMAGE_TAG_FLOATING'],
  each: 'canary',
  check(canary, report) {
    const target = canary.target;
    if (!target) return;
    for (const { fields, name, pointer } of target.containers) {
      const image = textAt(fields, 'image') ?? '';
      const parsed = parseImageReference(image);
      if (!parsed.ok || parsed.value.digest) continue;
      const { tag } = parsed.value;
      if (tag !== undefined && !isFloatingTag(tag)) continue;
      report(target, {
        about: canary,
        pointer: `${pointer}/image`,
        message: `container "${name}" of "${target.name}" runs ${image}${tag === undefined ? ', which means latest' : ''}: a new image starts no rollout of Canary "${canary.name}"`,
        fix: 'name a version or a digest',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'latest',
        manifests: [
          deployment('frontend', { container: { image: 'registry.example/frontend:latest' } }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/frontend',
            message:
              'container "server" of "frontend" runs registry.example/frontend:latest: a new image starts no rollout of Canary "frontend"',
          },
        ],
      },
    ],
    good: [{ name: 'a version', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
