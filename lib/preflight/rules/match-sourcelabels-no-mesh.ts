import { isFields } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'match-sourcelabels-no-mesh',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: "Source labels are those of a calling pod's sidecar. Requests that come through a gateway have none, so a VirtualService that is bound to gateways only never matches them.",
  cause: 'only callers inside the mesh have source labels',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go',
    'fluxcd/flagger v1.44 docs/gitbook/usage/deployment-strategies.md (A/B Testing)',
  ],
  codes: ['MATCH_SOURCELABELS_NO_MESH'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isIstio || canary.gateways.length === 0 || canary.gateways.includes('mesh')) return;
    for (const [index, match] of analysis.match.entries()) {
      if (!isFields(match.sourceLabels)) continue;
      report(canary, {
        pointer: `${canary.analysisPointer}/match/${index}/sourceLabels`,
        message: `match ${index} of Canary "${canary.name}" is by source labels, and its gateways [${canary.gateways.join(', ')}] do not include "mesh": it never matches`,
        fix: 'add "mesh" to service.gateways, or match a header',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'gateways only',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gateways: ['istio-system/public'] },
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ sourceLabels: { app: 'web' } }],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match/0/sourceLabels',
            message:
              'match 0 of Canary "frontend" is by source labels, and its gateways [istio-system/public] do not include "mesh": it never matches',
          },
        ],
      },
    ],
    good: [
      {
        name: 'mesh too',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gateways: ['istio-system/public', 'mesh'] },
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ sourceLabels: { app: 'web' } }],
            },
          }),
        ],
      },
    ],
  }),
});
