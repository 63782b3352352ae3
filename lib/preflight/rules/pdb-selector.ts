import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';
import { reportUnselectedPrimary } from '../unselected-primary';

export default rule({
  id: 'pdb-selector',
  severity: 'warning',
  effect: 'outage',
  since: '0.1.0',
  why: "A PodDisruptionBudget that selects the target guards pods that are there during rollouts only. The primary's pods, which have the users, can all be evicted at once.",
  cause: 'the pods of the primary carry another value of the label',
  source: ['fluxcd/flagger v1.44 pkg/canary/util.go (makePrimaryLabels)'],
  codes: ['PDB_SELECTOR'],
  each: 'canary',
  check(canary, report, world) {
    reportUnselectedPrimary(canary, report, world, ['PodDisruptionBudget']);
  },
  cases: () => ({
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
  }),
});
