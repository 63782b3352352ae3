import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'flux-postbuild-hash',
  severity: 'warning',
  effect: 'cost',
  since: '0.1.0',
  why: 'Flagger starts a rollout whenever the pod template changes. A commit, a build number or a time in the template, often by a variable that Flux fills in, starts one at every commit, of every service.',
  cause: 'every change of the pod template is a new revision',
  source: ['fluxcd/flagger v1.44 pkg/canary/spec.go (hasSpecChanged)'],
  codes: ['FLUX_POSTBUILD_HASH'],
  each: 'canary',
  check(canary, report) {
    const target = canary.target;
    if (!target) return;
    const texts = { ...target.podLabels, ...target.podAnnotations };
    for (const [key, value] of Object.entries(texts)) {
      if (
        !/\$\{\w*(sha|commit|rev|build|time|date|version)\w*\}/i.test(value) &&
        !/(^|[/._-])(commit|git-sha|git-commit|build-(id|number|time)|timestamp)$/i.test(key)
      )
        continue;
      report(target, {
        about: canary,
        pointer: target.templatePointer('/metadata'),
        message: `the pods of ${target.kind} "${target.name}" carry "${key}", which changes with every build: Canary "${canary.name}" starts a rollout each time`,
        fix: 'move it to the metadata of the Deployment itself',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a commit as annotation',
        manifests: [
          deployment('frontend', { podAnnotations: { 'example.com/commit': '${GIT_SHA}' } }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/frontend',
            message:
              'the pods of Deployment "frontend" carry "example.com/commit", which changes with every build: Canary "frontend" starts a rollout each time',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a fixed annotation',
        manifests: [deployment('frontend', { podAnnotations: { 'example.com/team': 'shop' } }), canary('frontend')],
      },
    ],
  }),
});
