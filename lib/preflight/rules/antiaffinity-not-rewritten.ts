import { fieldsAt, isFields, labelSelectorOf, listAt, matchesLabels } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'antiaffinity-not-rewritten',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "Canary and primary run side by side. A required anti-affinity on a label that both have, or on the selector label with a value other than the Deployment's name, forbids them the same nodes: pods stay Pending when there are not twice as many.",
  cause: "Flagger rewrites only the selector label with the Deployment's name",
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (appendPrimarySuffixToValuesIfNeeded)'],
  codes: ['ANTIAFFINITY_NOT_REWRITTEN'],
  check(world, report) {
    for (const canary of world.canaries()) {
      const { target, selectorLabel } = canary;
      if (!target || !selectorLabel) continue;
      const terms = listAt(
        fieldsAt(target.podSpec, 'affinity', 'podAntiAffinity'),
        'requiredDuringSchedulingIgnoredDuringExecution',
      ).filter(isFields);
      for (const [index, term] of terms.entries()) {
        const selector = labelSelectorOf(term.labelSelector);
        const named = selector.matchExpressions?.some(
          ({ key, values }) => key === selectorLabel.key && values?.includes(target.name),
        );
        if (named || !canary.primaryPodLabels || !matchesLabels(selector, canary.primaryPodLabels)) continue;
        if (selector.matchLabels?.[selectorLabel.key] === target.name) continue;
        report(target, {
          about: canary,
          pointer: target.templatePointer('/spec/affinity'),
          message: `the required anti-affinity ${index} of "${target.name}" also keeps its pods away from those of its primary: they need twice the nodes`,
          fix: `select ${selectorLabel.key}: ${target.name}, or make it preferred`,
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'a label of both',
        manifests: [
          deployment('frontend', {
            podLabels: { tier: 'web' },
            pod: {
              affinity: {
                podAntiAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: [
                    { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { tier: 'web' } } },
                  ],
                },
              },
            },
          }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/frontend',
            message:
              'the required anti-affinity 0 of "frontend" also keeps its pods away from those of its primary: they need twice the nodes',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the selector label',
        manifests: [
          deployment('frontend', {
            pod: {
              affinity: {
                podAntiAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: [
                    { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'frontend' } } },
                  ],
                },
              },
            },
          }),
          canary('frontend'),
        ],
      },
    ],
  },
});
