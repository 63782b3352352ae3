import { fieldsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'replicas-zero-in-git',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'With spec.replicas: 0 in the manifest, whoever applies it again can set the canary to zero pods in the middle of a rollout. Zero of zero pods are ready, the rollout goes on, and the promotion copies the zero to the primary.',
  cause: 'zero of zero pods count as ready, and the promotion copies the number',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (Promote)',
    'fluxcd/flagger v1.44 pkg/canary/deployment_ready.go',
  ],
  codes: ['REPLICAS_ZERO_IN_GIT'],
  each: 'canary',
  check(canary, report) {
    const target = canary.target;
    if (!target || fieldsAt(target.entry.object, 'spec').replicas !== 0) return;
    report(target, {
      pointer: '/spec/replicas',
      about: canary,
      message: `${target.kind} "${target.name}" has spec.replicas 0 in its manifest: during a rollout of Canary "${canary.name}" that can become the number of the primary's pods`,
      fix: 'remove spec.replicas; Flagger scales the target itself',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'zero',
        manifests: [deployment('frontend', { spec: { replicas: 0 } }), canary('frontend')],
        expect: [
          {
            object: 'Deployment shop/frontend',
            pointer: '/spec/replicas',
            message:
              'Deployment "frontend" has spec.replicas 0 in its manifest: during a rollout of Canary "frontend" that can become the number of the primary\'s pods',
          },
        ],
      },
    ],
    good: [{ name: 'none', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
