import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';
import { reportUnselectedPrimary } from '../unselected-primary';

export default rule({
  id: 'authz-selector',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'A policy of Istio that selects the target by its label is not in force for the primary: an ALLOW is missing where everything else is denied, and a DENY can be passed by.',
  cause: 'the pods of the primary carry another value of the label',
  source: ['fluxcd/flagger v1.44 pkg/canary/util.go (makePrimaryLabels)'],
  codes: ['AUTHZ_SELECTOR'],
  each: 'canary',
  check(canary, report, world) {
    reportUnselectedPrimary(canary, report, world, [
      'AuthorizationPolicy',
      'PeerAuthentication',
      'RequestAuthentication',
      'Telemetry',
      'Sidecar',
      'EnvoyFilter',
      'WasmPlugin',
    ]);
  },
  cases: () => ({
    bad: [
      {
        name: 'a filter for the proxies of the target',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'networking.istio.io/v1alpha3',
            kind: 'EnvoyFilter',
            metadata: { name: 'limits', namespace: 'shop' },
            spec: { workloadSelector: { labels: { app: 'frontend' } }, configPatches: [] },
          },
          canary('frontend'),
        ],
        expect: [{ object: 'EnvoyFilter shop/limits', pointer: '/spec' }],
      },
      {
        name: 'the target only',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'security.istio.io/v1',
            kind: 'AuthorizationPolicy',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { selector: { matchLabels: { app: 'frontend' } }, action: 'DENY', rules: [{}] },
          },
          canary('frontend'),
        ],
        expect: [
          {
            object: 'AuthorizationPolicy shop/rule',
            pointer: '/spec',
            message:
              'AuthorizationPolicy "rule" selects the pods of "frontend", and not those of "frontend-primary", which have the users of Canary "frontend"',
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
            apiVersion: 'security.istio.io/v1',
            kind: 'AuthorizationPolicy',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { action: 'DENY', rules: [{}] },
          },
          canary('frontend'),
        ],
      },
      {
        name: 'a second one',
        manifests: [
          deployment('frontend'),
          {
            apiVersion: 'security.istio.io/v1',
            kind: 'AuthorizationPolicy',
            metadata: { name: 'rule', namespace: 'shop' },
            spec: { selector: { matchLabels: { app: 'frontend' } }, action: 'DENY', rules: [{}] },
          },
          {
            apiVersion: 'security.istio.io/v1',
            kind: 'AuthorizationPolicy',
            metadata: { name: 'rule-primary', namespace: 'shop' },
            spec: { selector: { matchLabels: { app: 'frontend-primary' } }, action: 'DENY', rules: [{}] },
          },
          canary('frontend'),
        ],
      },
    ],
  }),
});
