import { canary } from '../case-manifests';
import { rule } from '../rule';

const knative = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'cart' };

export default rule({
  id: 'knative-mismatch',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'A Service of Knative can only be rolled out with provider knative, and that provider knows no other target. Autoscaling is then Knative\'s own. Flagger refuses any other combination with "invalid canary spec" in its log and does nothing: the Canary has no status and no event.',
  cause: 'provider knative and a Service of Knative belong together, without an autoscalerRef',
  source: ['fluxcd/flagger v1.44 pkg/controller/controller.go (verifyCanary)'],
  codes: ['KNATIVE_MISMATCH'],
  each: 'canary',
  check(canary, report) {
    const { apiVersion, kind, name } = canary.targetRef;
    const isTarget = kind === 'Service' && apiVersion.startsWith('serving.knative.dev/');
    const isProvider = canary.provider.value === 'knative';
    const target = `${isTarget ? 'the Knative ' : ''}${kind} "${name}"`;
    if (isTarget !== isProvider)
      report(canary, {
        pointer: isTarget ? '/spec/provider' : '/spec/targetRef',
        severity: canary.provider.certainty === 'assumed' && canary.spec.provider === undefined ? 'warning' : 'error',
        message: `Canary "${canary.name}" has provider ${canary.provider.value} and the target ${target}: Flagger refuses it`,
        fix: isTarget
          ? `write provider: knative in Canary "${canary.name}"`
          : `name a Service of serving.knative.dev/v1 in spec.targetRef, or another provider in Canary "${canary.name}"`,
      });
    else if (isTarget && canary.spec.autoscalerRef !== undefined)
      report(canary, {
        pointer: '/spec/autoscalerRef',
        message: `Canary "${canary.name}" has an autoscalerRef and the target ${target}: Flagger refuses it`,
        fix: `remove spec.autoscalerRef from Canary "${canary.name}"`,
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'a Service of Knative with Istio',
        manifests: [canary('cart', { spec: { provider: 'istio', targetRef: knative } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/provider',
            severity: 'error',
            message: 'Canary "cart" has provider istio and the target the Knative Service "cart": Flagger refuses it',
          },
        ],
      },
      {
        name: 'a Deployment with Knative',
        manifests: [canary('cart', { spec: { provider: 'knative' } })],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/targetRef' }],
      },
      {
        name: 'an autoscaler',
        manifests: [
          canary('cart', {
            spec: {
              provider: 'knative',
              targetRef: knative,
              autoscalerRef: { kind: 'HorizontalPodAutoscaler', name: 'cart' },
            },
          }),
        ],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/autoscalerRef' }],
      },
    ],
    good: [
      {
        name: 'both are of Knative',
        manifests: [canary('cart', { spec: { provider: 'knative', targetRef: knative } })],
      },
      { name: 'neither is', manifests: [canary('cart')] },
    ],
  }),
});
