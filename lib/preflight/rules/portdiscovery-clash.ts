import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'portdiscovery-clash',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'With portDiscovery Flagger adds each port of the containers to the port of spec.service, but for the one that targetPort means. If a discovered port has the name (http when portName is absent) or the number of the first one, the API server refuses the Services with "Duplicate value", and the Canary is never initialized.',
  cause: 'the API server refuses a Service with two ports of one name or number',
  source: ['fluxcd/flagger v1.44 pkg/canary/util.go (getPorts)', 'fluxcd/flagger issues 688 and 948'],
  codes: ['PORTDISCOVERY_DUP_NAME', 'PORTDISCOVERY_DUP_PORT'],
  each: 'canary',
  check(canary, report) {
    if (canary.service.portDiscovery !== true) return;
    const [main, ...discovered] = canary.ports;
    for (const port of discovered) {
      if (!main || (port.name !== main.name && port.port !== main.port)) continue;
      const shared = port.name === main.name ? `name ${port.name}` : `number ${port.port}`;
      report(canary, {
        pointer: '/spec/service/portDiscovery',
        message: `Flagger adds the container port ${port.name} (${port.port}) to the Services of Canary "${canary.name}", whose port ${main.name} (${main.port}) has the same ${shared}`,
        fix: `write targetPort: ${port.port} in spec.service of Canary "${canary.name}" if port ${main.port} means that container port; else give them different ${port.name === main.name ? 'names (portName)' : 'numbers'} or remove portDiscovery`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a container port called http, and no targetPort',
        manifests: [
          deployment('cart', { container: { ports: [{ containerPort: 8080, name: 'http' }] } }),
          canary('cart', { service: { targetPort: undefined, portDiscovery: true } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/portDiscovery',
            message:
              'Flagger adds the container port http (8080) to the Services of Canary "cart", whose port http (80) has the same name http',
          },
        ],
      },
      {
        name: 'a container port of the number of service.port, while targetPort is another',
        manifests: [
          deployment('cart', {
            container: {
              ports: [
                { containerPort: 80, name: 'admin' },
                { containerPort: 8080, name: 'web' },
              ],
            },
          }),
          canary('cart', { service: { portDiscovery: true } }),
        ],
        expect: [{ object: 'Canary shop/cart' }],
      },
    ],
    good: [
      {
        name: 'targetPort names the container port',
        manifests: [
          deployment('cart', { container: { ports: [{ containerPort: 8080, name: 'http' }] } }),
          canary('cart', { service: { targetPort: 'http', portDiscovery: true } }),
        ],
      },
    ],
  }),
});
