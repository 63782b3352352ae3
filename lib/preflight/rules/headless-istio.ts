import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'headless-istio',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: "Callers of a headless Service resolve the pods' own addresses and go to the primary's: the weights of an HTTP route count for requests that Istio can tell by host only.",
  cause: "a headless Service resolves to the primary's pods",
  source: ['fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (headless)'],
  codes: ['HEADLESS_ISTIO'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isIstio || canary.service.headless !== true) return;
    report(canary, {
      pointer: '/spec/service/headless',
      message: `Canary "${canary.name}" makes headless Services: callers find the primary's pods themselves`,
      fix: 'remove headless',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'headless',
        manifests: [deployment('frontend'), canary('frontend', { service: { headless: true } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/headless',
            message: 'Canary "frontend" makes headless Services: callers find the primary\'s pods themselves',
          },
        ],
      },
    ],
    good: [{ name: 'not headless', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
