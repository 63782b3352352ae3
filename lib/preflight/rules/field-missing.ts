import { describeEntry } from '../../world';
import { canary, deployment, fluxKustomization, metricTemplate } from '../case-manifests';
import { definedEntries } from '../field-tree';
import { rule } from '../rule';

/** Fields whose absence is the matter of a rule of its own, by kind. */
const otherRules: Readonly<Record<string, RegExp>> = {
  Canary: /^\/spec\/(analysis|service|analysis\/metrics\/\d+\/name)$/,
};

export default rule({
  id: 'field-missing',
  severity: 'error',
  effect: 'rejected',
  since: '0.3.0',
  why: 'A definition says which fields must be there. The API server refuses an object without one of them (Required value), and Flux then applies nothing of the Kustomization.',
  cause: 'the API server refuses an object without a field that its definition requires',
  source: [
    'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml',
    'fluxcd/kustomize-controller v1.9, fluxcd/helm-controller v1.6 config/crd',
    'istio/api 1.31 kubernetes/customresourcedefinitions.gen.yaml',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const { entry, faults } of definedEntries(world))
      for (const { pointer, name } of faults.missing) {
        const field = `${pointer}/${name}`;
        if (otherRules[entry.kind]?.test(field)) continue;
        const path = field.slice(1).replaceAll('/', '.');
        report(entry, {
          pointer,
          message: `${describeEntry(entry)} has no ${path}, which its definition requires`,
          fix: `write ${path}`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a webhook without an address',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [{ name: 'test', type: 'rollout' }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0',
            message: 'Canary shop/cart has no spec.analysis.webhooks.0.url, which its definition requires',
          },
        ],
      },
      {
        name: 'an autoscaler without its API',
        manifests: [
          deployment('cart'),
          canary('cart', { spec: { autoscalerRef: { kind: 'HorizontalPodAutoscaler', name: 'cart' } } }),
        ],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/autoscalerRef' }],
      },
      {
        name: 'of Flux',
        manifests: [fluxKustomization('apps', { prune: undefined })],
        expect: [{ object: 'Kustomization flux-system/apps', pointer: '/spec' }],
      },
    ],
    good: [
      { name: 'all is there', manifests: [deployment('cart'), canary('cart'), metricTemplate('errors', 'up')] },
      { name: 'a Kustomization', manifests: [fluxKustomization('apps')] },
    ],
  }),
});
