import { fieldsAt, isFields, labelSelectorOf, matchesLabels } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'selector-not-template',
  severity: 'error',
  effect: 'rejected',
  since: '0.3.0',
  why: 'The selector of a Deployment or DaemonSet must match the labels of its own pod template. The API server refuses one where it does not (selector does not match template labels), and a Canary then has no target.',
  cause: 'the API server refuses a workload whose selector does not match its own pods',
  source: ['kubernetes v1.34 pkg/apis/apps/validation/validation.go (ValidatePodTemplateSpecForReplicaSet)'],
  codes: [],
  each: 'canary',
  check(one, report) {
    const { target } = one;
    const selector = target && fieldsAt(target.object, 'spec').selector;
    if (!target || !isFields(selector) || matchesLabels(labelSelectorOf(selector), target.podLabels)) return;
    const labels = Object.entries(fieldsAt(selector, 'matchLabels')).map(([key, value]) => `${key}: ${value}`);
    report(target, {
      about: one,
      pointer: '/spec/selector',
      message: `the selector of ${target.kind} "${target.name}", the target of Canary "${one.name}", does not match the labels of its pods (${
        Object.entries(target.podLabels)
          .map(([key, value]) => `${key}: ${value}`)
          .join(', ') || 'none'
      })`,
      fix: `write ${labels.join(', ') || 'the labels of the selector'} into spec.template.metadata.labels of ${target.kind} "${target.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'another label',
        manifests: [deployment('cart', { podLabels: { app: 'basket' } }), canary('cart')],
        expect: [
          {
            object: 'Deployment shop/cart',
            pointer: '/spec/selector',
            message:
              'the selector of Deployment "cart", the target of Canary "cart", does not match the labels of its pods (app: basket)',
          },
        ],
        mended: [deployment('cart'), canary('cart')],
      },
    ],
    good: [{ name: 'its own labels', manifests: [deployment('cart', { podLabels: { tier: 'web' } }), canary('cart')] }],
  }),
});
