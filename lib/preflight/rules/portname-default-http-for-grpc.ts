import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';
import { grpcEvidence } from '../speaks-grpc';

const grpcContainer = { container: { ports: [{ name: 'grpc', containerPort: 8080 }] } };

export default rule({
  id: 'portname-default-http-for-grpc',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'Flagger makes the Services anew and names their port by service.portName, which is "http" when absent. Istio reads the protocol from that name: calls by gRPC (HTTP/2) are then handled as HTTP/1.1 and fail as soon as Flagger takes the Service over.',
  cause: 'Istio takes a port named http for HTTP/1.1, and gRPC needs HTTP/2',
  source: [
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go',
    'fluxcd/flagger v1.44 docs/gitbook/usage/how-it-works.md',
    'istio/istio 1.31 pkg/config/kube/conversion.go',
  ],
  codes: ['PORTNAME_DEFAULT_HTTP_FOR_GRPC'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isIstio || canary.protocol !== 'http') return;
    const evidence = grpcEvidence(canary);
    const port = canary.ports[0];
    if (evidence === undefined || !port) return;
    const field = ['appProtocol', 'portName'].find((name) => canary.service[name] !== undefined);
    report(canary, {
      pointer: field === undefined ? '/spec/service' : `/spec/service/${field}`,
      message: `${evidence}, but the Services of Canary "${canary.name}" get ${port.appProtocol === undefined ? `the port name "${port.name}"` : `appProtocol "${port.appProtocol}"`}: Istio handles gRPC as HTTP/1.1`,
      fix: `write service.portName: grpc in Canary "${canary.name}"${port.appProtocol === undefined ? '' : ' and remove service.appProtocol'}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no port name is written',
        manifests: [deployment('cart', grpcContainer), canary('cart')],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service',
            message:
              'container "server" names port 8080 "grpc", but the Services of Canary "cart" get the port name "http": Istio handles gRPC as HTTP/1.1',
          },
        ],
      },
      {
        name: 'the port is named http',
        manifests: [deployment('cart', grpcContainer), canary('cart', { service: { portName: 'http-api' } })],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/service/portName' }],
      },
    ],
    good: [
      {
        name: 'the port is named grpc',
        manifests: [deployment('cart', grpcContainer), canary('cart', { service: { portName: 'grpc' } })],
      },
      {
        name: 'appProtocol wins over the name',
        manifests: [
          deployment('cart', grpcContainer),
          canary('cart', { service: { appProtocol: 'kubernetes.io/h2c' } }),
        ],
      },
      { name: 'HTTP', manifests: [deployment('frontend'), canary('frontend')] },
    ],
  }),
});
