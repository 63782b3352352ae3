import type { SelectingKind, Workload, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'pdb-selector',
  severity: 'warning',
  effect: 'outage',
  since: '0.1.0',
  why: "A PodDisruptionBudget that selects the target guards pods that are there during rollouts only. The primary's pods, which have the users, can all be evicted at once.",
  cause: 'the pods of the primary carry another value of the label',
  source: ['fluxcd/flagger v1.44 pkg/canary/util.go (makePrimaryLabels)'],
  codes: ['PDB_SELECTOR'],
  check(world, report) {
    for (const canary of world.canaries()) {
      const { target, primary } = canary;
      if (!target || !primary) continue;
      for (const kind of ['PodDisruptionBudget'] as const)
        for (const policy of world.selecting(kind, target)) {
          if (world.selecting(kind, primary).includes(policy)) continue;
          // A second policy for the primary alone is the other good way.
          if (hasTwin(world, kind, target, primary)) continue;
          report(policy, {
            about: canary,
            pointer: '/spec',
            message: `${kind} "${policy.name}" selects the pods of "${target.name}", and not those of "${primary.name}", which have the users of Canary "${canary.name}"`,
            fix: `select both (matchExpressions: key ${canary.selectorLabel?.key ?? 'app'}, operator In, values [${canary.selectorLabel?.value}, ${canary.selectorLabel?.value}-primary]), or add a second PodDisruptionBudget for "${primary.name}"`,
          });
        }
    }
  },
  cases: {
    bad: [
      {
        name: 'the target only',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { minAvailable: 1, selector: { matchLabels: { app: 'frontend' } } },
          },
          canary('frontend'),
        ],
        expect: [
          {
            object: 'PodDisruptionBudget shop/rule',
            pointer: '/spec',
            message:
              'PodDisruptionBudget "rule" selects the pods of "frontend", and not those of "frontend-primary", which have the users of Canary "frontend"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'both',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: {
              minAvailable: 1,
              selector: {
                matchExpressions: [{ key: 'app', operator: 'In', values: ['frontend', 'frontend-primary'] }],
              },
            },
          },
          canary('frontend'),
        ],
      },
      {
        name: 'a second one',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { minAvailable: 1, selector: { matchLabels: { app: 'frontend' } } },
          },
          {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata: { name: 'rule-primary', namespace: 'shop' },
            spec: { minAvailable: 1, selector: { matchLabels: { app: 'frontend-primary' } } },
          },
          canary('frontend'),
        ],
      },
    ],
  },
});

function hasTwin(world: World, kind: SelectingKind, target: Workload, primary: Workload): boolean {
  const ofTarget = world.selecting(kind, target);
  return world.selecting(kind, primary).some((policy) => !ofTarget.includes(policy));
}
