import { booleanAt } from '../../kube';
import { canary, deployment, service } from '../case-manifests';
import { correctsDrift, helmOriginOf } from '../helm-origin';
import { rule } from '../rule';

const labels = { 'helm.toolkit.fluxcd.io/name': 'cart', 'helm.toolkit.fluxcd.io/namespace': 'shop' };
const release = (spec: object = {}) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'cart', namespace: 'shop' },
  spec: { interval: '1h', chartRef: { kind: 'OCIRepository', name: 'microservice' }, ...spec },
});

export default rule({
  id: 'helm-resets-service',
  severity: 'warning',
  effect: 'outage',
  since: '0.1.0',
  why: 'A chart that makes the Service of a Canary writes the selector of the target into it. Every upgrade of the release puts that back, and so does drift correction until Flagger has annotated the Service: the callers are then sent to the target, which has no pods or the unjudged new version, until Flagger looks again.',
  cause: 'Helm and Flagger write the same selector, and Helm writes that of the target',
  source: [
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)',
    'fluxcd/flagger v1.44 pkg/router/util.go (filterMetadata)',
    'fluxcd/helm-controller v1.6 internal/action/diff.go (Diff)',
    'fluxcd/flagger issue 1407',
  ],
  codes: ['FLUX_SVC_DRIFT'],
  echoOf: ['svc-owned-elsewhere'],
  each: 'canary',
  check(canary, report, world) {
    if (canary.targetRef.kind === 'Service') return;
    const entry = canary.writtenService;
    // A chart that is not rendered is taken to make the Service only where it makes the target too.
    if (!entry && canary.target) return;
    const named = { kind: 'Service', apiVersion: 'v1', namespace: canary.namespace, name: canary.apexName, entry };
    const origin = helmOriginOf(world, named);
    if (!origin) return;
    const { name, values } = origin.release;
    if (!entry && (booleanAt(values, 'service', 'enabled') === false || booleanAt(values, 'canary', 'enabled'))) return;
    const when = correctsDrift(origin.release, named, '/spec/selector')
      ? 'an upgrade, or the correction of drift before Flagger has annotated it,'
      : 'an upgrade';
    report(origin.release, {
      about: canary,
      message: origin.isKnown
        ? `HelmRelease "${name}" makes Service "${canary.apexName}", which Flagger points at the primary of Canary "${canary.name}": ${when} points it back at the target`
        : `HelmRelease "${name}" seems to make Service "${canary.apexName}" (it is not among the manifests), which Flagger points at the primary of Canary "${canary.name}": ${when} points it back at the target`,
      fix: `switch the Service off in the values of HelmRelease "${name}" (Flagger makes it), or, where the chart has no such value, remove it by a patch in spec.postRenderers`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a rendered Service',
        manifests: [
          release({ driftDetection: { mode: 'enabled' } }),
          deployment('cart', { metadata: { labels } }),
          service('cart', {}, { labels }),
          canary('cart'),
        ],
        expect: [
          {
            object: 'HelmRelease shop/cart',
            severity: 'warning',
            message:
              'HelmRelease "cart" makes Service "cart", which Flagger points at the primary of Canary "cart": an upgrade, or the correction of drift before Flagger has annotated it, points it back at the target',
          },
        ],
      },
      {
        name: 'neither target nor Service is among the manifests',
        manifests: [release(), canary('cart')],
        expect: [
          {
            object: 'HelmRelease shop/cart',
            message:
              'HelmRelease "cart" seems to make Service "cart" (it is not among the manifests), which Flagger points at the primary of Canary "cart": an upgrade points it back at the target',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the chart makes no Service',
        manifests: [release(), deployment('cart', { metadata: { labels } }), canary('cart')],
      },
      {
        name: 'its values say so',
        manifests: [release({ values: { service: { enabled: false } } }), canary('cart')],
      },
      {
        name: 'the Service is not of the release',
        manifests: [release(), deployment('cart'), service('cart'), canary('cart')],
      },
    ],
  }),
});
