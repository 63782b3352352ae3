import { listAt, textAt } from '../../kube';
import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

const dns = { container: { ports: [{ containerPort: 8080 }, { containerPort: 5353, name: 'dns', protocol: 'UDP' }] } };

export default rule({
  id: 'portdiscovery-udp',
  severity: 'warning',
  effect: 'outage',
  since: '0.1.0',
  why: 'With portDiscovery Flagger adds the ports of the containers to its three Services. It writes TCP for each of them, whatever the container says. Over a UDP or SCTP port that was in the Service before nobody gets an answer any more.',
  cause: 'Flagger writes protocol TCP for every port',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/util.go (getPorts)',
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)',
  ],
  codes: ['PORTDISCOVERY_UDP'],
  each: 'canary',
  check(canary, report) {
    if (canary.service.portDiscovery !== true || !canary.target) return;
    const written = canary.writtenService;
    for (const { containerPort, protocol, container } of canary.target.containerPorts) {
      const isDiscovered = canary.ports.some(({ port, targetPort }) => port === containerPort && targetPort === port);
      if (protocol === 'TCP' || ['istio-proxy', 'envoy'].includes(container.name) || !isDiscovered) continue;
      const isServed = listAt(written?.object, 'spec', 'ports').some((port) => textAt(port, 'protocol') === protocol);
      report(canary, {
        pointer: '/spec/service/portDiscovery',
        severity: isServed ? 'error' : 'warning',
        message: `container "${container.name}" of ${canary.target.kind} "${canary.target.name}" listens on ${containerPort} with ${protocol}, and the Services of Canary "${canary.name}" get port ${containerPort} with TCP`,
        fix: `add a Service of another name for port ${containerPort} with protocol ${protocol} that selects the pods of "${canary.targetRef.name}-primary", and remove portDiscovery or the port from the container's list`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a name server',
        manifests: [deployment('cart', dns), canary('cart', { service: { portDiscovery: true } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/portDiscovery',
            severity: 'warning',
            message:
              'container "server" of Deployment "cart" listens on 5353 with UDP, and the Services of Canary "cart" get port 5353 with TCP',
          },
        ],
      },
      {
        name: 'the Service served it',
        manifests: [
          deployment('cart', dns),
          canary('cart', { service: { portDiscovery: true } }),
          service('cart', { ports: [{ name: 'dns', port: 5353, protocol: 'UDP' }] }),
        ],
        expect: [{ object: 'Canary shop/cart', severity: 'error' }],
      },
    ],
    good: [
      { name: 'no portDiscovery', manifests: [deployment('cart', dns), canary('cart')] },
      {
        name: 'TCP',
        manifests: [
          deployment('cart', {
            container: { ports: [{ containerPort: 8080 }, { containerPort: 9090, name: 'admin', protocol: 'TCP' }] },
          }),
          canary('cart', { service: { portDiscovery: true } }),
        ],
      },
    ],
  }),
});
