import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'recreate-strategy',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: "The primary is a copy of the target, its strategy too. With Recreate the promotion ends all of the primary's pods before the new ones start: nobody serves in between.",
  cause: 'the promotion changes the primary by its strategy',
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (createPrimaryDeployment, Promote)'],
  codes: ['RECREATE_STRATEGY', 'SINGLETON_2X'],
  check(world, report) {
    for (const canary of world.canaries()) {
      const target = canary.target;
      if (!target || textAt(target.object, 'spec', 'strategy', 'type') !== 'Recreate') continue;
      report(target, {
        about: canary,
        pointer: '/spec/strategy/type',
        message: `"${target.name}" has the strategy Recreate: each promotion of Canary "${canary.name}" ends all pods of the primary at once, and during a rollout two of it run side by side`,
        fix: 'use RollingUpdate with maxUnavailable: 0; a workload that must not run twice cannot have a canary',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'Recreate',
        manifests: [deployment('frontend', { spec: { strategy: { type: 'Recreate' } } }), canary('frontend')],
        expect: [
          {
            object: 'Deployment shop/frontend',
            pointer: '/spec/strategy/type',
            message:
              '"frontend" has the strategy Recreate: each promotion of Canary "frontend" ends all pods of the primary at once, and during a rollout two of it run side by side',
          },
        ],
      },
    ],
    good: [{ name: 'the default', manifests: [deployment('frontend'), canary('frontend')] }],
  },
});
