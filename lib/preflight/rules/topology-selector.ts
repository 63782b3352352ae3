import { fieldsAt, isFields, labelSelectorOf, listAt, textMapAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { missesPrimary } from '../primary-selector';
import { rule } from '../rule';

export default rule({
  id: 'topology-selector',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: "The spread of the pods counts those that its selector matches. For the primary Flagger rewrites the selector label only where it stands with the Deployment's name: a selector of other labels counts both workloads together.",
  cause: "the primary's pods are counted by the same selector",
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (getPrimaryDeploymentTemplateSpec)'],
  codes: ['TOPOLOGY_SELECTOR'],
  each: 'canary',
  check(canary, report) {
    const { target, selectorLabel } = canary;
    if (!target || !selectorLabel) return;
    for (const [index, spread] of listAt(target.podSpec, 'topologySpreadConstraints').filter(isFields).entries()) {
      const labels = textMapAt(fieldsAt(spread, 'labelSelector'), 'matchLabels');
      if (missesPrimary(labelSelectorOf(spread.labelSelector), canary)) {
        report(target, {
          about: canary,
          pointer: target.templatePointer(`/spec/topologySpreadConstraints/${index}`),
          cause: "Flagger rewrites only the selector label with the Deployment's name",
          message: `topology spread ${index} of "${target.name}" selects ${selectorLabel.key}: ${selectorLabel.value}, which Flagger leaves as it is in the primary: the pods that serve the users are not spread`,
          fix: `give the Deployment the name "${selectorLabel.value}", or select it by matchExpressions: {key: ${selectorLabel.key}, operator: In, values: [${selectorLabel.value}, ${selectorLabel.value}-primary]}`,
        });
        continue;
      }
      if (Object.keys(labels).length === 0 || labels[selectorLabel.key] === selectorLabel.value) continue;
      report(target, {
        about: canary,
        pointer: target.templatePointer(`/spec/topologySpreadConstraints/${index}`),
        message: `topology spread ${index} of "${target.name}" selects ${Object.entries(labels)
          .map(([key, value]) => `${key}: ${value}`)
          .join(', ')}: it counts the pods of canary and primary together`,
        fix: `select ${selectorLabel.key}: ${selectorLabel.value}`,
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
              topologySpreadConstraints: [
                {
                  maxSkew: 1,
                  topologyKey: 'zone',
                  whenUnsatisfiable: 'DoNotSchedule',
                  labelSelector: { matchLabels: { app: 'frontend' } },
                },
              ],
            },
          }),
          canary('shop-frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/shop-frontend',
            message:
              'topology spread 0 of "shop-frontend" selects app: frontend, which Flagger leaves as it is in the primary: the pods that serve the users are not spread',
          },
        ],
      },
      {
        name: 'another label',
        manifests: [
          deployment('frontend', {
            podLabels: { tier: 'web' },
            pod: {
              topologySpreadConstraints: [
                {
                  maxSkew: 1,
                  topologyKey: 'zone',
                  whenUnsatisfiable: 'DoNotSchedule',
                  labelSelector: { matchLabels: { tier: 'web' } },
                },
              ],
            },
          }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/frontend',
            message:
              'topology spread 0 of "frontend" selects tier: web: it counts the pods of canary and primary together',
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
              topologySpreadConstraints: [
                {
                  maxSkew: 1,
                  topologyKey: 'zone',
                  whenUnsatisfiable: 'DoNotSchedule',
                  labelSelector: { matchLabels: { app: 'frontend' } },
                },
              ],
            },
          }),
          canary('frontend'),
        ],
      },
    ],
  }),
});
