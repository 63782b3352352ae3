import { canary, deployment, virtualService } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'delegation-no-root',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A delegated VirtualService is used only through another one that delegates to it. Without one no request is weighed, and the metrics have no values.',
  cause: 'nobody delegates to the route',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go', 'fluxcd/flagger v1.44 docs/gitbook/faq.md (Delegation)'],
  codes: ['DELEGATION_NO_ROOT'],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isIstio || !canary.isDelegated) return;
    const isRoot = world
      .writtenRoutes()
      .some(({ delegates }) =>
        delegates.some(({ namespace, name }) => name === canary.apexName && namespace === canary.namespace),
      );
    if (isRoot) return;
    report(canary, {
      pointer: '/spec/service/delegation',
      // The route of the gateway is often kept elsewhere: without any of somebody's own, it may be there.
      severity: world.writtenOfKind('VirtualService').length > 0 || world.flagger.entry ? 'error' : 'warning',
      message: `Canary "${canary.name}" is delegated, and no VirtualService delegates to ${canary.namespace}/${canary.apexName}`,
      fix: `add a route with delegate: {name: ${canary.apexName}, namespace: ${canary.namespace}} to the VirtualService of the gateway`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no root',
        manifests: [deployment('frontend'), canary('frontend', { service: { delegation: true } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/delegation',
            message: 'Canary "frontend" is delegated, and no VirtualService delegates to shop/frontend',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a root',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { delegation: true } }),
          virtualService('root', {
            hosts: ['shop.example.com'],
            gateways: ['shop/public'],
            http: [{ delegate: { name: 'frontend', namespace: 'shop' } }],
          }),
        ],
      },
    ],
  }),
});
