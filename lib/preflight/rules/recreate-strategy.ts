import { at, textAt } from '../../kube';
import type { Workload } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const rolling = (replicas: number, maxUnavailable: number | string) =>
  deployment('frontend', {
    spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 1 } } },
  });

export default rule({
  id: 'recreate-strategy',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: "The primary is a copy of the target, its strategy too. With Recreate, or with as many pods that may be unavailable as there are, the promotion ends all of the primary's pods before the new ones start: nobody serves in between.",
  cause: 'the promotion changes the primary by its strategy',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (createPrimaryDeployment, Promote)',
    'fluxcd/flagger v1.44 pkg/canary/daemonset_controller.go (createPrimaryDaemonSet)',
  ],
  codes: ['RECREATE_STRATEGY', 'SINGLETON_2X'],
  each: 'canary',
  check(canary, report, world) {
    const target = canary.target;
    const update = target?.kind === 'DaemonSet' ? textAt(target.object, 'spec', 'updateStrategy', 'type') : undefined;
    if (target && update !== undefined && update !== 'RollingUpdate') {
      report(target, {
        about: canary,
        pointer: '/spec/updateStrategy/type',
        message: `DaemonSet "${target.name}" has the update strategy ${update}: Flagger takes RollingUpdate only, and Canary "${canary.name}" is never initialized`,
        cause: 'Flagger stops at a DaemonSet of another strategy',
        edits: [{ value: 'RollingUpdate' }],
        fix: 'use RollingUpdate',
      });
      return;
    }
    const gone = target && world.autoscalersOf(target).length === 0 ? stoppedAtOnce(target) : undefined;
    if (target && gone !== undefined) {
      report(target, {
        about: canary,
        severity: 'warning',
        pointer: '/spec/strategy/rollingUpdate/maxUnavailable',
        message: `"${target.name}" lets ${gone} of its ${target.replicas ?? 1} pod${(target.replicas ?? 1) === 1 ? '' : 's'} be unavailable: each promotion of Canary "${canary.name}" may end all pods of the primary before a new one is ready`,
        edits: [{ value: 0 }],
        fix: 'set maxUnavailable: 0 (and maxSurge: 1 or more)',
      });
      return;
    }
    if (!target || textAt(target.object, 'spec', 'strategy', 'type') !== 'Recreate') return;
    report(target, {
      about: canary,
      pointer: '/spec/strategy/type',
      message: `"${target.name}" has the strategy Recreate: each promotion of Canary "${canary.name}" ends all pods of the primary at once, and during a rollout two of it run side by side`,
      fix: 'use RollingUpdate with maxUnavailable: 0; a workload that must not run twice cannot have a canary',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a DaemonSet that is updated by hand',
        manifests: [
          { ...deployment('frontend', { spec: { updateStrategy: { type: 'OnDelete' } } }), kind: 'DaemonSet' },
          canary('frontend', { spec: { targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'frontend' } } }),
        ],
        expect: [
          {
            object: 'DaemonSet shop/frontend',
            pointer: '/spec/updateStrategy/type',
            message:
              'DaemonSet "frontend" has the update strategy OnDelete: Flagger takes RollingUpdate only, and Canary "frontend" is never initialized',
          },
        ],
      },
      {
        name: 'the one pod may be unavailable',
        manifests: [rolling(1, 1), canary('frontend')],
        expect: [
          {
            object: 'Deployment shop/frontend',
            severity: 'warning',
            pointer: '/spec/strategy/rollingUpdate/maxUnavailable',
            message:
              '"frontend" lets 1 of its 1 pod be unavailable: each promotion of Canary "frontend" may end all pods of the primary before a new one is ready',
          },
        ],
      },
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
    good: [
      { name: 'the default', manifests: [deployment('frontend'), canary('frontend')] },
      { name: 'some of many', manifests: [rolling(4, '50%'), canary('frontend')] },
    ],
  }),
});

/** How many pods a rolling update may stop at once, where that is all of them. @see kubernetes.io/docs/concepts/workloads/controllers/deployment (maxUnavailable is rounded down) */
function stoppedAtOnce({ kind, object, replicas = 1 }: Workload): number | string | undefined {
  if (kind !== 'Deployment') return undefined;
  const written = at(object, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable');
  const percent = typeof written === 'string' ? /^(\d+)%$/.exec(written)?.[1] : undefined;
  const count = typeof written === 'number' ? written : percent && Math.floor((Number(percent) * replicas) / 100);
  return count !== undefined && Number(count) >= replicas && replicas > 0 ? Number(count) : undefined;
}
