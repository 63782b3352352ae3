import { fieldsAt, textMapAt } from '../../kube';
import { factNote } from '../../world';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'selector-label',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Flagger tells the pods of primary and canary apart by one label. It takes the first of its selector labels (app, name, app.kubernetes.io/name unless set otherwise) that spec.selector.matchLabels of the target has; matchExpressions do not count. Without one the Canary is never initialized: "spec.selector.matchLabels must contain one of […]".',
  cause: 'Flagger needs one of its selector labels in spec.selector.matchLabels to tell primary and canary apart',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (getSelectorLabel)',
    'fluxcd/flagger v1.44 docs/gitbook/faq.md',
  ],
  codes: ['SELECTOR_LABEL', 'SELECTOR_EXPR_ONLY'],
  each: 'canary',
  check(canary, report, world) {
    const { target } = canary;
    if (!target || canary.selectorLabel) return;
    const labels = world.flagger.selectorLabels;
    const has = Object.keys(textMapAt(target.object, 'spec', 'selector', 'matchLabels'));
    const seen =
      has.length > 0
        ? `has only ${has.join(', ')}`
        : fieldsAt(target.object, 'spec', 'selector').matchExpressions === undefined
          ? 'is empty'
          : 'is empty (matchExpressions do not count)';
    report(target, {
      pointer: '/spec/selector',
      about: canary,
      message: `spec.selector.matchLabels of ${target.kind} "${target.name}", the target of Canary "${canary.name}", ${seen}: Flagger needs one of ${labels.value.join(', ')}${factNote(labels)}`,
      // That the labels are Flagger's defaults is only assumed where its installation is not seen.
      ...(labels.certainty === 'assumed' && has.length > 0 ? { severity: 'warning' as const } : {}),
      fix:
        has.length > 0
          ? `recreate ${target.kind} "${target.name}" with ${labels.value[0] ?? 'app'}: ${target.name} in its selector and pod labels (a selector cannot be changed), or add ${has[0]} to the value selectorLabels of Flagger's chart`
          : `recreate ${target.kind} "${target.name}" with ${labels.value[0] ?? 'app'}: ${target.name} in spec.selector.matchLabels and in its pod labels (a selector cannot be changed)`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a label that Flagger does not know',
        manifests: [
          deployment('cart', {
            spec: { selector: { matchLabels: { component: 'cart' } } },
            podLabels: { component: 'cart' },
          }),
          canary('cart'),
          flaggerRelease(),
        ],
        expect: [{ object: 'Deployment shop/cart', pointer: '/spec/selector' }],
      },
      {
        name: 'matchExpressions alone',
        manifests: [
          deployment('cart', {
            spec: { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['cart'] }] } },
          }),
          canary('cart'),
          flaggerRelease({ selectorLabels: 'app,team' }),
        ],
        expect: [
          {
            object: 'Deployment shop/cart',
            severity: 'error',
            message:
              'spec.selector.matchLabels of Deployment "cart", the target of Canary "cart", is empty (matchExpressions do not count): Flagger needs one of app, team',
          },
        ],
      },
    ],
    good: [
      { name: 'app', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'a label that the chart is told',
        manifests: [
          deployment('cart', {
            spec: { selector: { matchLabels: { component: 'cart' } } },
            podLabels: { component: 'cart' },
          }),
          canary('cart'),
          flaggerRelease({ selectorLabels: 'component' }),
        ],
      },
    ],
  }),
});
