import { nearest } from '../../findings';
import { textAt } from '../../kube';
import type { World } from '../../world';
import { deployment, fluxKustomization } from '../case-manifests';
import { rule } from '../rule';

const checks = (kind: string, name: string) => ({
  healthChecks: [
    {
      apiVersion: kind === 'HelmRelease' ? 'helm.toolkit.fluxcd.io/v2' : 'apps/v1',
      kind,
      name,
      namespace: 'shop',
    },
  ],
});
const release = {
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'ingress', namespace: 'shop' },
  spec: { releaseName: 'shop-ingress-nginx', chart: { spec: { chart: 'ingress-nginx' } } },
};

export default rule({
  id: 'flux-health-check-unknown',
  severity: 'warning',
  effect: 'stuck',
  since: '0.3.0',
  why: 'A Kustomization of Flux waits for the objects that healthChecks names until they are there and healthy. A name that nothing has is waited for until the timeout, at every reconciliation, and whatever depends on the Kustomization never starts. A HelmRelease is named by metadata.name, not by its releaseName.',
  cause: 'Flux waits for an object of exactly that kind, namespace and name',
  source: [
    'fluxcd/kustomize-controller v1.9 internal/controller/kustomization_controller.go (checkHealth)',
    'fluxcd/kustomize-controller issue 405',
  ],
  codes: [],
  each: 'kustomization',
  check(kustomization, report, world) {
    for (const [index, check] of kustomization.healthChecks.entries()) {
      const [kind, name, namespace] = ['kind', 'name', 'namespace'].map((field) => textAt(check, field) ?? '');
      if (!kind || !name || !namespace || world.has(kind, namespace, name)) continue;
      const meant = meantBy(world, kind, namespace, name);
      if (meant === undefined) continue;
      report(kustomization, {
        pointer: `/spec/healthChecks/${index}/name`,
        nearest: meant,
        message: `Kustomization "${kustomization.name}" waits for ${kind} ${namespace}/${name}, which is not among the manifests; there is ${kind} ${namespace}/${meant}`,
        fix: `name ${kind} "${meant}" in spec.healthChecks of Kustomization "${kustomization.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a slip of the name',
        manifests: [fluxKustomization('apps', checks('Deployment', 'frontent')), deployment('frontend')],
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            pointer: '/spec/healthChecks/0/name',
            message:
              'Kustomization "apps" waits for Deployment shop/frontent, which is not among the manifests; there is Deployment shop/frontend',
          },
        ],
        mended: [fluxKustomization('apps', checks('Deployment', 'frontend')), deployment('frontend')],
      },
      {
        name: 'the name of the release in place of the HelmRelease',
        manifests: [fluxKustomization('apps', checks('HelmRelease', 'shop-ingress-nginx')), release],
        expect: [{ object: 'Kustomization flux-system/apps' }],
      },
    ],
    good: [
      {
        name: 'it is there',
        manifests: [fluxKustomization('apps', checks('Deployment', 'frontend')), deployment('frontend')],
      },
      {
        name: 'a chart may make it',
        manifests: [
          fluxKustomization('apps', checks('Deployment', 'ingress-controller')),
          release,
          deployment('frontend'),
        ],
      },
      {
        name: 'one of a row of names',
        manifests: [fluxKustomization('apps', checks('Deployment', 'worker-2')), deployment('worker-1')],
      },
    ],
  }),
});

/** What the check means, where that can be told: a name that differs by a slip, or the HelmRelease of that release. */
function meantBy(world: World, kind: string, namespace: string, name: string): string | undefined {
  const ofRelease =
    kind === 'HelmRelease'
      ? world.helmReleases().find((one) => one.releaseName === name && one.entry.namespace === namespace)
      : undefined;
  if (ofRelease) return ofRelease.name;
  const words = (text: string) => text.replace(/\d+/g, '#');
  const near = nearest(
    name,
    world.ofKind(kind).flatMap((one) => (one.namespace === namespace ? one.name : [])),
  );
  // Two of a row, web-1 and web-2, are two things.
  return near === undefined || words(near) === words(name) ? undefined : near;
}
