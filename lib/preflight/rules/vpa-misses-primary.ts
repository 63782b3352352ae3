import { fieldsAt, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const vpa = (updateMode: string, name = 'cart') => ({
  apiVersion: 'autoscaling.k8s.io/v1',
  kind: 'VerticalPodAutoscaler',
  metadata: { name: 'cart', namespace: 'shop' },
  spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, updatePolicy: { updateMode } },
});

export default rule({
  id: 'vpa-misses-primary',
  severity: 'warning',
  effect: 'wrong',
  since: '0.3.0',
  why: 'A VerticalPodAutoscaler names one workload. That of the target has pods only while a rollout runs: the primary, which does the work, keeps the requests of its manifest, and the pods of the canary can be evicted in the middle of an analysis.',
  cause: 'between rollouts the target has no pods, and nobody sizes those of the primary',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (ScaleToZero)',
    'kubernetes/autoscaler vertical-pod-autoscaler 1.4 docs/components.md',
  ],
  codes: [],
  each: 'canary',
  check(one, report, world) {
    const { target } = one;
    if (!target) return;
    const all = world.inNamespace('VerticalPodAutoscaler', one.namespace);
    const of = (name: string) =>
      all.find(
        ({ object }) =>
          textAt(fieldsAt(object, 'spec', 'targetRef'), 'name') === name &&
          textAt(object, 'spec', 'updatePolicy', 'updateMode') !== 'Off',
      );
    const own = of(target.name);
    if (!own || of(`${target.name}-primary`)) return;
    report(own, {
      about: one,
      pointer: '/spec/targetRef/name',
      message: `VerticalPodAutoscaler "${own.name}" sizes the pods of "${target.name}", and not those of "${target.name}-primary", which do the work of Canary "${one.name}" between rollouts`,
      edits: [{ value: `${target.name}-primary` }],
      fix: `name ${target.name}-primary in spec.targetRef`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the target',
        manifests: [deployment('cart'), canary('cart'), vpa('Auto')],
        expect: [
          {
            object: 'VerticalPodAutoscaler shop/cart',
            pointer: '/spec/targetRef/name',
            message:
              'VerticalPodAutoscaler "cart" sizes the pods of "cart", and not those of "cart-primary", which do the work of Canary "cart" between rollouts',
          },
        ],
      },
    ],
    good: [
      { name: 'the primary', manifests: [deployment('cart'), canary('cart'), vpa('Auto', 'cart-primary')] },
      { name: 'one that only recommends', manifests: [deployment('cart'), canary('cart'), vpa('Off')] },
    ],
  }),
});
