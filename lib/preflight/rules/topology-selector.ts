import { fieldsAt, isFields, listAt, textMapAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
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
  check(world, report) {
    for (const canary of world.canaries()) {
      const { target, selectorLabel } = canary;
      if (!target || !selectorLabel) continue;
      for (const [index, spread] of listAt(target.podSpec, 'topologySpreadConstraints').filter(isFields).entries()) {
        const labels = textMapAt(fieldsAt(spread, 'labelSelector'), 'matchLabels');
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
    }
  },
  cases: {
    bad: [
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
  },
});
