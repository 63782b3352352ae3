import { isFlaggerOlder } from '../flagger-version';
import { removedApi } from '../removed-apis';
import { rule } from '../rule';

export default rule({
  id: 'api-removed',
  severity: 'warning',
  effect: 'rejected',
  since: '0.2.0',
  why: 'An API server of today does not know the API of the object, or nobody reads it any more: Flux 1 and its Helm operator, the policies of Istio before 1.6, alpha versions of Flagger, the group of Traefik before 3, versions that Kubernetes and Flux have removed. The object is refused, or it stays and does nothing.',
  cause: 'nobody serves or reads this API any more',
  source: [
    'kubernetes.io/docs/reference/using-api/deprecation-guide',
    'fluxcd/flux2 v2.8.0 release notes',
    'istio.io/latest/news/releases/1.6.x/announcing-1.6/upgrade-notes',
    'doc.traefik.io/traefik/migrate/v2-to-v3-details (Kubernetes CRDs API group)',
  ],
  codes: [],
  each: 'object',
  check(entry, report, world) {
    const { apiVersion } = entry.object;
    const removed = removedApi(apiVersion, entry.kind);
    if (!removed || (entry.group === 'flagger.app' && isFlaggerOlder(world, '1.0'))) return;
    report(entry, {
      pointer: '/apiVersion',
      message: `${entry.kind} "${entry.name}" is of ${apiVersion}, gone since: ${removed.since}`,
      fix: `use ${removed.instead}${removed.step === undefined ? '' : ` (docs/migration.md, ${removed.step})`}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: "a release of Flux 1's Helm operator",
        manifests: [
          {
            apiVersion: 'helm.fluxcd.io/v1',
            kind: 'HelmRelease',
            metadata: { name: 'cart', namespace: 'shop' },
            spec: { releaseName: 'cart', chart: { git: 'https://git.example.com/shop.git', path: 'charts/cart' } },
          },
        ],
        expect: [
          {
            object: 'HelmRelease shop/cart',
            pointer: '/apiVersion',
            message: 'HelmRelease "cart" is of helm.fluxcd.io/v1, gone since: the Helm operator has ended (2022)',
          },
        ],
      },
      {
        name: "a policy of Istio's add-on",
        manifests: [
          {
            apiVersion: 'authentication.istio.io/v1alpha1',
            kind: 'Policy',
            metadata: { name: 'default', namespace: 'shop' },
            spec: { peers: [{ mtls: {} }] },
          },
        ],
        expect: [{ object: 'Policy shop/default' }],
      },
      {
        name: 'a route of Traefik 2',
        manifests: [
          {
            apiVersion: 'traefik.containo.us/v1alpha1',
            kind: 'IngressRoute',
            metadata: { name: 'cart', namespace: 'shop' },
            spec: {
              routes: [{ kind: 'Rule', match: 'Host(`shop.example.com`)', services: [{ name: 'cart', port: 80 }] }],
            },
          },
        ],
        expect: [
          {
            object: 'IngressRoute shop/cart',
            message: 'IngressRoute "cart" is of traefik.containo.us/v1alpha1, gone since: Traefik 3.0',
          },
        ],
      },
      {
        name: 'a Deployment of extensions',
        manifests: [
          {
            apiVersion: 'extensions/v1beta1',
            kind: 'Deployment',
            metadata: { name: 'cart', namespace: 'shop' },
            spec: {},
          },
        ],
        expect: [
          {
            object: 'Deployment shop/cart',
            message: 'Deployment "cart" is of extensions/v1beta1, gone since: Kubernetes 1.16',
          },
        ],
      },
    ],
    good: [
      {
        name: 'what is served',
        manifests: [
          {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata: { name: 'cart', namespace: 'shop' },
            spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'cart' } } },
          },
        ],
      },
    ],
  }),
});
