import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';
import { reportUnselectedPrimary } from '../unselected-primary';

export default rule({
  id: 'netpol-selector',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'A NetworkPolicy that selects the target does not select the primary. Where a default policy denies, the primary gets no traffic; where this one restricts, the primary is not restricted.',
  cause: 'the pods of the primary carry another value of the label',
  source: ['fluxcd/flagger v1.44 pkg/canary/util.go (makePrimaryLabels)'],
  codes: ['NETPOL_SELECTOR'],
  each: 'canary',
  check(canary, report, world) {
    reportUnselectedPrimary(canary, report, world, ['NetworkPolicy']);
  },
  cases: () => ({
    bad: [
      {
        name: 'the target only',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { podSelector: { matchLabels: { app: 'frontend' } }, policyTypes: ['Ingress'], ingress: [{}] },
          },
          canary('frontend'),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/rule',
            pointer: '/spec',
            message:
              'NetworkPolicy "rule" selects the pods of "frontend", and not those of "frontend-primary", which have the users of Canary "frontend"',
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
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: {
              podSelector: {
                matchExpressions: [{ key: 'app', operator: 'In', values: ['frontend', 'frontend-primary'] }],
              },
              policyTypes: ['Ingress'],
              ingress: [{}],
            },
          },
          canary('frontend'),
        ],
      },
      {
        name: 'another one names both by a label that the primary keeps',
        manifests: [
          deployment('frontend', { podLabels: { 'app.kubernetes.io/name': 'frontend' } }),
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { podSelector: { matchLabels: { app: 'frontend' } }, policyTypes: ['Ingress'], ingress: [{}] },
          },
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: 'whole', namespace: 'shop' },
            spec: {
              podSelector: { matchLabels: { 'app.kubernetes.io/name': 'frontend' } },
              policyTypes: ['Ingress', 'Egress'],
              ingress: [{}],
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
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { podSelector: { matchLabels: { app: 'frontend' } }, policyTypes: ['Ingress'], ingress: [{}] },
          },
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: 'rule-primary', namespace: 'shop' },
            spec: {
              podSelector: { matchLabels: { app: 'frontend-primary' } },
              policyTypes: ['Ingress'],
              ingress: [{}],
            },
          },
          canary('frontend'),
        ],
      },
    ],
  }),
});
