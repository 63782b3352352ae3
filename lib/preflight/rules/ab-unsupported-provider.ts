import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const SUPPORTED = ['istio', 'gatewayapi', 'appmesh', 'nginx', 'contour', 'gloo'];

export default rule({
  id: 'ab-unsupported-provider',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Only Istio, the Gateway API, App Mesh, NGINX, Contour and Gloo can send matched requests to the canary. Elsewhere Flagger runs the iterations without telling requests apart.',
  cause: 'this provider cannot match requests',
  source: [
    'fluxcd/flagger v1.44 docs/gitbook/usage/deployment-strategies.md (A/B Testing)',
    'fluxcd/flagger v1.44 pkg/router/factory.go (MeshRouter)',
  ],
  codes: ['AB_UNSUPPORTED_PROVIDER'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (analysis.strategy !== 'a/b' || canary.isKubernetes) return;
    const { value } = canary.provider;
    if (SUPPORTED.some((name) => value === name || value.startsWith(`${name}:`))) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/match`,
      message: `Canary "${canary.name}" is an A/B test, which the provider ${value} cannot do`,
      fix: `remove match, or use one of the providers ${SUPPORTED.join(', ')}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'Linkerd',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { a: { exact: 'b' } } }],
            },
            spec: { provider: 'linkerd' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match',
            message: 'Canary "frontend" is an A/B test, which the provider linkerd cannot do',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Istio',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { a: { exact: 'b' } } }],
            },
          }),
        ],
      },
    ],
  }),
});
