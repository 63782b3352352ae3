import { deployment } from '../case-manifests';
import { rule } from '../rule';

const PREFIX = /^(?:filter\.)?(?:fluxcd\.io|flux\.weave\.works)\//;

export default rule({
  id: 'flux-v1-annotation',
  severity: 'warning',
  effect: 'wrong',
  since: '0.2.0',
  why: 'Flux 1 read annotations of its own: automated, locked, ignore, tags of images. Nobody reads them now: an image that came by itself does not come any more, an object that was locked or ignored is applied.',
  cause: 'only Flux 1 read these annotations',
  source: ['fluxcd/flux v1.25 docs/references/automated-image-update.md'],
  codes: [],
  each: 'object',
  check(entry, report) {
    const names = Object.keys(entry.annotations).filter((name) => PREFIX.test(name));
    const [first] = names;
    if (first === undefined) return;
    const isIgnored = names.some((name) => name.endsWith('/ignore') && entry.annotations[name] !== 'false');
    report(entry, {
      pointer: `/metadata/annotations/${first.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message: `${entry.kind} "${entry.name}" has ${names.length === 1 ? `the annotation ${first}` : `annotations of Flux 1: ${names.join(', ')}`}`,
      fix: isIgnored
        ? 'write kustomize.toolkit.fluxcd.io/reconcile: disabled to have it left alone (docs/migration.md, step 2)'
        : 'remove it; new images come by the pipeline, which commits them, or by image-automation-controller (docs/migration.md, step 2)',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'images by themselves',
        manifests: [
          deployment('frontend', {
            metadata: {
              annotations: { 'flux.weave.works/automated': 'true', 'flux.weave.works/tag.server': 'semver:~1' },
            },
          }),
        ],
        expect: [
          {
            object: 'Deployment shop/frontend',
            pointer: '/metadata/annotations/flux.weave.works~1automated',
            message:
              'Deployment "frontend" has annotations of Flux 1: flux.weave.works/automated, flux.weave.works/tag.server',
          },
        ],
      },
      {
        name: 'left alone',
        manifests: [deployment('frontend', { metadata: { annotations: { 'fluxcd.io/ignore': 'true' } } })],
        expect: [{ object: 'Deployment shop/frontend' }],
      },
    ],
    good: [{ name: 'none', manifests: [deployment('frontend')] }],
  }),
});
