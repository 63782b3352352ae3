import { booleanAt, fieldsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { correctsDrift, helmOriginOf } from '../helm-origin';
import { rule } from '../rule';

const labels = { 'helm.toolkit.fluxcd.io/name': 'cart', 'helm.toolkit.fluxcd.io/namespace': 'shop' };
const release = (driftDetection: object, more: object = {}) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'cart', namespace: 'shop' },
  spec: { interval: '1h', chartRef: { kind: 'OCIRepository', name: 'microservice' }, driftDetection, ...more },
});
const rendered = deployment('cart', { metadata: { labels }, spec: { replicas: 2 } });

export default rule({
  id: 'flux-deploy-drift',
  severity: 'warning',
  effect: 'cost',
  since: '0.1.0',
  why: 'Flagger scales the target of a Canary to zero between two rollouts. To a HelmRelease with driftDetection.mode enabled the changed spec.replicas is drift: it scales the target up again at every reconciliation, Flagger does not notice, and the pods of the old canary run beside the primary. It counts its corrections as drift of the release and reports them.',
  cause: 'helm-controller sets spec.replicas back, and Flagger has set it to 0',
  source: [
    'fluxcd/helm-controller v1.6 internal/action/diff.go (Diff)',
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (ScaleToZero)',
  ],
  codes: ['FLUX_DEPLOY_DRIFT'],
  echoOf: ['replicas-in-git'],
  each: 'canary',
  check(canary, report, world) {
    const { apiVersion, kind, name } = canary.targetRef;
    if (kind !== 'Deployment') return;
    const named = { kind, apiVersion, namespace: canary.namespace, name, entry: canary.target?.entry };
    const origin = helmOriginOf(world, named);
    if (!origin || !correctsDrift(origin.release, named, '/spec/replicas')) return;
    const replicas = fieldsAt(canary.target?.object, 'spec').replicas;
    // By convention a chart leaves the number out where it makes an autoscaler.
    const leavesOut = canary.target
      ? replicas === undefined
      : booleanAt(origin.release.values, 'autoscaling', 'enabled') === true;
    if (leavesOut) return;
    report(origin.release, {
      about: canary,
      pointer: '/spec/driftDetection',
      message: origin.isKnown
        ? `HelmRelease "${origin.release.name}" corrects drift and sets spec.replicas of Deployment "${name}" back to ${replicas}, which Canary "${canary.name}" scales to 0 between rollouts`
        : `HelmRelease "${origin.release.name}" corrects drift and seems to make Deployment "${name}" (it is not among the manifests), whose spec.replicas Canary "${canary.name}" sets to 0 between rollouts`,
      fix: `add to spec.driftDetection.ignore of HelmRelease "${origin.release.name}": {paths: ["/spec/replicas"], target: {kind: Deployment, name: ${name}}}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a rendered Deployment with replicas',
        manifests: [release({ mode: 'enabled' }), rendered, canary('cart')],
        expect: [
          {
            object: 'HelmRelease shop/cart',
            pointer: '/spec/driftDetection',
            message:
              'HelmRelease "cart" corrects drift and sets spec.replicas of Deployment "cart" back to 2, which Canary "cart" scales to 0 between rollouts',
          },
        ],
      },
      {
        name: 'the Deployment is in the chart',
        manifests: [release({ mode: 'enabled' }), canary('cart')],
        expect: [
          {
            object: 'HelmRelease shop/cart',
            message:
              'HelmRelease "cart" corrects drift and seems to make Deployment "cart" (it is not among the manifests), whose spec.replicas Canary "cart" sets to 0 between rollouts',
          },
        ],
      },
      {
        name: 'an ignore rule for another Deployment',
        manifests: [
          release({
            mode: 'enabled',
            ignore: [{ paths: ['/spec/replicas'], target: { kind: 'Deployment', name: 'cart-worker' } }],
          }),
          rendered,
          canary('cart'),
        ],
        expect: [{ object: 'HelmRelease shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'replicas are ignored',
        manifests: [
          release({ mode: 'enabled', ignore: [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }] }),
          rendered,
          canary('cart'),
        ],
      },
      { name: 'drift is only reported', manifests: [release({ mode: 'warn' }), rendered, canary('cart')] },
      {
        name: 'the chart leaves replicas out',
        manifests: [release({ mode: 'enabled' }), deployment('cart', { metadata: { labels } }), canary('cart')],
      },
      {
        name: 'the Deployment is of Git, not of the chart',
        manifests: [release({ mode: 'enabled' }), deployment('cart', { spec: { replicas: 2 } }), canary('cart')],
      },
    ],
  }),
});
