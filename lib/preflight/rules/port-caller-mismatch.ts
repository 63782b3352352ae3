import { describeEntry } from '../../world';
import { caller, canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'port-caller-mismatch',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'When Flagger takes over the Service that callers use, it writes spec.service.port of the Canary (and the discovered container ports) over the ports of the Service. A caller or a route that names another port is refused from then on.',
  cause: 'Flagger overwrites the ports of the Service with spec.service.port of the Canary',
  source: ['fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)'],
  codes: ['PORT_CALLER_MISMATCH'],
  check(world, report) {
    for (const canary of world.canaries()) {
      if (canary.port === undefined || canary.targetRef.kind === 'Service') continue;
      // Without the target the discovered ports are not known.
      if (canary.service.portDiscovery === true && !canary.target) continue;
      const ports = new Set(canary.ports.map(({ port }) => port));
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
    }
  },
  cases: {
    bad: [
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
  },
});
