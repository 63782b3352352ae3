import { canary, deployment, istioGateway, namespace, virtualService } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'ingress-bypasses-vs',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger weighs only the routes of the VirtualService (or HTTPRoute) that it makes itself. The Service that callers use selects the primary. A route of somebody else that enters by a gateway and names this Service therefore never reaches the canary: its metrics have no values, and Flagger reports that the workload "is not receiving traffic".',
  cause: 'routes do not chain: this one sends its traffic to the Service, which selects the primary only',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go',
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go',
    'fluxcd/flagger issues 347 and 1109',
  ],
  codes: ['INGRESS_BYPASSES_VS'],
  check(world, report) {
    for (const canary of world.canaries()) {
      // With other providers (nginx, contour, …) the Ingress or route to the Service is what Flagger works with.
      if (!canary.isIstio && !canary.isGatewayApi) continue;
      for (const route of world.writtenRoutesTo(canary.namespace, canary.apexName)) {
        if (!route.isGateway) continue;
        // Delegates are reached through the root that names them; what Flagger makes is weighed there.
        const backend = route.backends.find(
          ({ namespace, name, isMirror }) => namespace === canary.namespace && name === canary.apexName && !isMirror,
        );
        if (!backend) continue;
        const hosts = route.hosts.length > 0 ? route.hosts : ['*'];
        const gateways = route.gateways.filter((gateway) => gateway !== 'mesh');
        report(route, {
          pointer: backend.pointer,
          about: canary,
          message: `${route.kind} "${route.name}" sends what comes in for ${hosts.join(', ')} to Service "${canary.apexName}", so to the primary of Canary "${canary.name}" alone: the canary gets none of it`,
          fix: canary.isGatewayApi
            ? `remove ${route.kind} "${route.name}" and let Canary "${canary.name}" enter by the gateway: service.gatewayRefs ${gateways.join(', ')}, service.hosts ${hosts.join(', ')}`
            : `remove ${route.kind} "${route.name}" and let Canary "${canary.name}" enter by the gateway: service.gateways [${[...gateways, 'mesh'].join(', ')}], service.hosts [${hosts.filter((host) => host !== '*').join(', ') || 'the host that users type: Istio refuses * together with mesh'}]`,
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'the gateway has a VirtualService of its own to the Service of the canaried workload',
        manifests: [
          namespace(),
          deployment('frontend'),
          canary('frontend'),
          istioGateway('public', ['shop.example']),
          virtualService('frontend-ingress', {
            hosts: ['shop.example'],
            gateways: ['public'],
            http: [{ route: [{ destination: { host: 'frontend', port: { number: 80 } } }] }],
          }),
        ],
        expect: [
          {
            object: 'VirtualService shop/frontend-ingress',
            pointer: '/spec/http/0/route/0',
            message:
              'VirtualService "frontend-ingress" sends what comes in for shop.example to Service "frontend", so to the primary of Canary "frontend" alone: the canary gets none of it',
          },
        ],
      },
    ],
    good: [
      {
        name: 'with nginx the Ingress to the Service is what Flagger works with',
        manifests: [
          deployment('frontend'),
          canary('frontend', { spec: { provider: 'nginx', ingressRef: { kind: 'Ingress', name: 'frontend' } } }),
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            metadata: { name: 'frontend', namespace: 'shop' },
            spec: { defaultBackend: { service: { name: 'frontend', port: { number: 80 } } } },
          },
        ],
      },
      {
        name: 'the Canary enters by the gateway itself',
        manifests: [
          namespace(),
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['public', 'mesh'], hosts: ['shop.example'] } }),
          istioGateway('public', ['shop.example']),
        ],
      },
      {
        name: 'the route leads to another Service',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          virtualService('images', {
            hosts: ['images.example'],
            gateways: ['public'],
            http: [{ route: [{ destination: { host: 'images' } }] }],
          }),
        ],
      },
    ],
  },
});
