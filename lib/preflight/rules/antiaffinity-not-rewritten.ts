import { fieldsAt, isFields, labelSelectorOf, listAt, matchesLabels } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { missesPrimary } from '../primary-selector';
import { rule } from '../rule';

export default rule({
  id: 'antiaffinity-not-rewritten',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "Canary and primary run side by side. A required anti-affinity on a label that both have, or on the selector label with a value other than the Deployment's name, forbids them the same nodes: pods stay Pending when there are not twice as many. One that selects the target's pods alone is copied into the primary, where it keeps nobody apart.",
  cause: "Flagger rewrites only the selector label with the Deployment's name",
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (appendPrimarySuffixToValuesIfNeeded)'],
  codes: ['ANTIAFFINITY_NOT_REWRITTEN'],
  each: 'canary',
  check(canary, report) {
    const { target, selectorLabel } = canary;
    if (!target || !selectorLabel) return;
    const terms = listAt(
      fieldsAt(target.podSpec, 'affinity', 'podAntiAffinity'),
      'requiredDuringSchedulingIgnoredDuringExecution',
    ).filter(isFields);
    for (const [index, term] of terms.entries()) {
      const selector = labelSelectorOf(term.labelSelector);
      const named = selector.matchExpressions?.some(
        ({ key, values }) => key === selectorLabel.key && values?.includes(target.name),
      );
      if (missesPrimary(selector, canary)) {
        report(target, {
          about: canary,
          severity: 'warning',
          cause: "Flagger rewrites only the selector label with the Deployment's name",
          pointer: target.templatePointer('/spec/affinity'),
          message: `the required anti-affinity ${index} of "${target.name}" selects ${selectorLabel.key}: ${selectorLabel.value}, which Flagger leaves as it is in the primary: the pods that serve the users may share a node`,
          fix: `give the Deployment the name "${selectorLabel.value}", or select it by matchExpressions: {key: ${selectorLabel.key}, operator: In, values: [${selectorLabel.value}, ${selectorLabel.value}-primary]}`,
        });
        continue;
      }
      if (named || !canary.primaryPodLabels || !matchesLabels(selector, canary.primaryPodLabels)) continue;
      if (selector.matchLabels?.[selectorLabel.key] === target.name) continue;
      report(target, {
        about: canary,
        pointer: target.templatePointer('/spec/affinity'),
        message: `the required anti-affinity ${index} of "${target.name}" also keeps its pods away from those of its primary: they need twice the nodes`,
        fix: `select ${selectorLabel.key}: ${target.name}, or make it preferred`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the selector label of a Deployment with another name',
        manifests: [
          deployment('frontend', {
            metadata: { name: 'shop-frontend' },
            pod: {
              affinity: {
                podAntiAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: [
                    {
                      topologyKey: 'kubernetes.io/hostname',
                      labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['frontend'] }] },
                    },
                  ],
                },
              },
            },
          }),
          canary('shop-frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/shop-frontend',
            severity: 'warning',
            message:
              'the required anti-affinity 0 of "shop-frontend" selects app: frontend, which Flagger leaves as it is in the primary: the pods that serve the users may share a node',
          },
        ],
      },
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
  }),
});
