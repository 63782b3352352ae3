import { listAt, numberAt } from '../../kube';
import type { CanaryView, World } from '../../world';
import { caller, canary, deployment, istioGateway } from '../case-manifests';
import { rule } from '../rule';

const twoPorts = deployment('places', {
  container: {
    ports: [
      { containerPort: 8080, name: 'http' },
      { containerPort: 6565, name: 'grpc' },
    ],
  },
});
const places = (gateways: readonly string[]) =>
  canary('places', {
    service: { port: 8080, targetPort: 8080, portDiscovery: true, gateways, hosts: ['shop.example'] },
  });

export default rule({
  id: 'istio-route-port',
  severity: 'error',
  effect: 'outage',
  since: '0.3.0',
  why: 'With portDiscovery the Services of a Canary have several ports, and the VirtualService that Flagger makes has one route for all of them. When the first of service.gateways is not "mesh", Flagger writes service.port into the route: callers in the mesh that use another port are sent to that one (gRPC to a port of HTTP). When it is "mesh", the route has no port: Istio then takes the port at which the request came in, and a gateway on a port that the Service does not have answers 503.',
  cause: 'one route serves all ports of the Service, with the port of the first gateway in mind',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go (makeDestination)',
    'istio/istio 1.31 pilot/pkg/networking/core/route/route.go (GetDestinationCluster)',
    'fluxcd/flagger issue 263',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isIstio || canary.ports.length < 2 || canary.isTcpToFlagger) return;
    const [first] = canary.gateways;
    if (first !== undefined && first !== 'mesh' && canary.gateways.includes('mesh'))
      for (const edge of canary.inbound) {
        if (edge.via === 'load-test' || edge.route || edge.port === undefined || edge.port === canary.port) continue;
        if (!canary.ports.some(({ port }) => port === edge.port)) continue;
        report(canary, {
          pointer: '/spec/service/gateways',
          message: `${edge.entry.kind} "${edge.entry.name}" calls port ${edge.port} of "${canary.apexName}", and the route that Flagger makes of Canary "${canary.name}" sends all calls to port ${canary.port}`,
          fix: `give the other ports a Service and a Canary of their own, or take "mesh" out of service.gateways of Canary "${canary.name}" so that callers in the mesh keep their ports (and are not weighed)`,
        });
        break;
      }
    const closed = first === 'mesh' ? gatewayPortOutside(world, canary) : undefined;
    if (closed !== undefined)
      report(canary, {
        pointer: '/spec/service/gateways/0',
        message: `the route that Flagger makes of Canary "${canary.name}" has no port, and the gateway listens on ${closed}, which Service "${canary.apexName}" (${canary.ports.map(({ port }) => port).join(', ')}) does not have: requests from outside get 503`,
        fix: `name the gateway before "mesh" in service.gateways of Canary "${canary.name}": Flagger then writes port ${canary.port} into the route`,
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'a caller in the mesh uses the second port',
        manifests: [
          twoPorts,
          places(['public', 'mesh']),
          istioGateway('public', ['shop.example']),
          caller('trips', 'places:6565'),
        ],
        expect: [
          {
            object: 'Canary shop/places',
            pointer: '/spec/service/gateways',
            message:
              'Deployment "trips" calls port 6565 of "places", and the route that Flagger makes of Canary "places" sends all calls to port 8080',
          },
        ],
      },
      {
        name: 'the mesh first, and a gateway on another port',
        manifests: [twoPorts, places(['mesh', 'public']), istioGateway('public', ['shop.example'])],
        expect: [
          {
            object: 'Canary shop/places',
            pointer: '/spec/service/gateways/0',
            message:
              'the route that Flagger makes of Canary "places" has no port, and the gateway listens on 80, which Service "places" (8080, 6565) does not have: requests from outside get 503',
          },
        ],
      },
    ],
    good: [
      {
        name: 'callers use the port of the Canary',
        manifests: [
          twoPorts,
          places(['public', 'mesh']),
          istioGateway('public', ['shop.example']),
          caller('trips', 'places:8080'),
        ],
      },
      {
        name: 'the mesh alone',
        manifests: [
          twoPorts,
          canary('places', { service: { port: 8080, portDiscovery: true } }),
          caller('trips', 'places:6565'),
        ],
      },
    ],
  }),
});

/** A port on which a gateway of the Canary listens and which its Service does not have. */
function gatewayPortOutside(world: World, canary: CanaryView): number | undefined {
  const ports = new Set(canary.ports.map(({ port }) => port));
  for (const reference of canary.gateways) {
    const gateway = reference === 'mesh' ? undefined : world.gateway(reference, 'networking.istio.io');
    for (const server of listAt(gateway?.object, 'spec', 'servers')) {
      const port = numberAt(server, 'port', 'number');
      if (port !== undefined && !ports.has(port)) return port;
    }
  }
  return undefined;
}
