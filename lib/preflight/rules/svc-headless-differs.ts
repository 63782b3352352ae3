import { textAt } from '../../kube';
import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

const headless = service('cart', { clusterIP: 'None' });

export default rule({
  id: 'svc-headless-differs',
  severity: 'warning',
  effect: 'wrong',
  since: '0.3.0',
  why: 'Flagger makes the Services -primary and -canary with an address of their own unless service.headless is true, and so it makes the one of the apex name again once it is gone from Git. Clients that look up the addresses of the pods (gRPC that shares its calls itself, clustered applications) then find one address: all their calls go over one connection to one pod.',
  cause: 'a headless Service in Git is no headless Service of Flagger',
  source: ['fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)', 'fluxcd/flagger issue 1679'],
  codes: [],
  each: 'canary',
  check(canary, report) {
    const written = canary.writtenService;
    if (!written || canary.service.headless === true || canary.targetRef.kind === 'Service') return;
    if (textAt(written.object, 'spec', 'clusterIP') !== 'None') return;
    report(canary, {
      pointer: '/spec/service',
      message: `Service "${written.name}" is headless, and Canary "${canary.name}" makes "${canary.primaryName}" and "${canary.canaryName}" with an address of their own: service.headless is not set`,
      edits: [{ pointer: '/spec/service/headless', value: true }],
      fix: `if the callers look up the addresses of the pods, set service.headless: true (Flagger 1.41 or later); if not, remove clusterIP: None from Service "${written.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'headless in Git only',
        manifests: [deployment('cart'), headless, canary('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service',
            message:
              'Service "cart" is headless, and Canary "cart" makes "cart-primary" and "cart-canary" with an address of their own: service.headless is not set',
          },
        ],
      },
    ],
    good: [
      {
        name: 'headless in both',
        manifests: [deployment('cart'), headless, canary('cart', { service: { headless: true } })],
      },
      { name: 'with an address', manifests: [deployment('cart'), service('cart'), canary('cart')] },
    ],
  }),
});
