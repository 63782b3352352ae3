import { type CanaryView, describeEntry, type RouteView, type World } from '../../world';
import { caller, canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const nginx = { provider: 'nginx', ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'gate' } };
const ingress = (name: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'gate', namespace: 'shop' },
  spec: { defaultBackend: { service: { name: 'gate', port: { name } } } },
});

export default rule({
  id: 'port-caller-mismatch',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'When Flagger takes over the Service that callers use, it writes spec.service.port of the Canary (and the discovered container ports) over the ports of the Service, and spec.service.portName (http unless set) over their names. A caller or a route that names another port is refused from then on; an Ingress that names the port by its old name has no backend, and its copy for the canary has none either.',
  cause: 'Flagger overwrites the ports of the Service with spec.service.port of the Canary',
  source: ['fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)'],
  codes: ['PORT_CALLER_MISMATCH'],
  each: 'canary',
  check(canary, report, world) {
    if (canary.port === undefined || canary.targetRef.kind === 'Service') return;
    // Without the target the discovered ports are not known.
    if (canary.service.portDiscovery === true && !canary.target) return;
    const ports = new Set(canary.ports.map(({ port }) => port));
    for (const { route, pointer, portName } of namedPorts(world, canary)) {
      if (canary.ports.some(({ name }) => name === portName)) continue;
      const names = canary.ports.map(({ name }) => name);
      report(route, {
        pointer,
        about: canary,
        message: `${describeEntry(route.entry)} uses port "${portName}" of Service "${canary.apexName}", whose ports are named ${names.join(', ')} once Canary "${canary.name}" is initialized`,
        fix: `write portName: ${portName} in spec.service of Canary "${canary.name}", or name port ${names[0]} in ${route.kind} "${route.name}"`,
      });
    }
    for (const edge of canary.inbound) {
      if (edge.via === 'load-test' || edge.port === undefined || ports.has(edge.port)) continue;
      if (edge.route?.isMadeByFlagger) continue;
      report(edge, {
        pointer: edge.pointer,
        about: canary,
        message: `${describeEntry(edge.entry)} uses port ${edge.port} of Service "${canary.apexName}", which has only ${[...ports].join(', ')} once Canary "${canary.name}" is initialized`,
        fix: `write port: ${edge.port} in spec.service of Canary "${canary.name}" (and in targetPort the port of the container), or call port ${canary.port}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'an Ingress names the port that the Service had before',
        manifests: [deployment('gate'), canary('gate', { spec: nginx }), ingress('http-proxy')],
        expect: [
          {
            object: 'Ingress shop/gate',
            pointer: '/spec/defaultBackend',
            message:
              'Ingress shop/gate uses port "http-proxy" of Service "gate", whose ports are named http once Canary "gate" is initialized',
          },
        ],
      },
      {
        name: 'the caller uses the port that the Service had before',
        manifests: [deployment('cart'), canary('cart'), caller('frontend', 'cart:7070')],
        expect: [
          {
            object: 'Deployment shop/frontend',
            message:
              'Deployment shop/frontend uses port 7070 of Service "cart", which has only 80 once Canary "cart" is initialized',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a named port that the Canary names too',
        manifests: [
          deployment('gate'),
          canary('gate', { service: { portName: 'http-proxy' }, spec: nginx }),
          ingress('http-proxy'),
        ],
      },
      { name: 'the same port', manifests: [deployment('cart'), canary('cart'), caller('frontend', 'cart:80')] },
      {
        name: 'a discovered port',
        manifests: [
          deployment('cart', {
            container: { ports: [{ containerPort: 8080 }, { containerPort: 9090, name: 'metrics' }] },
          }),
          canary('cart', { service: { portDiscovery: true } }),
          caller('frontend', 'cart:9090'),
        ],
      },
    ],
  }),
});

/** Backends of written routes that name a port of the Canary's Service by its name. */
function namedPorts(
  world: World,
  canary: CanaryView,
): { readonly route: RouteView; readonly pointer: string; readonly portName: string }[] {
  return world
    .writtenRoutesTo(canary.namespace, canary.apexName)
    .flatMap((route) =>
      route.backends.flatMap(({ namespace, name, portName, pointer }) =>
        portName !== undefined && !/^\d+$/.test(portName) && namespace === canary.namespace && name === canary.apexName
          ? [{ route, pointer, portName }]
          : [],
      ),
    );
}
