import { hasRequestMetrics } from '../../world';
import { canary, deployment } from '../case-manifests';
import { requestMetric } from '../istio-metrics';
import { rule } from '../rule';

export default rule({
  id: 'tcp-no-http-metrics',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Istio counts requests only on ports that it takes for HTTP or gRPC: by appProtocol, else by the name of the port up to its first dash. On every other port it counts connections and bytes (istio_tcp_*), and queries for requests or their duration have no values.',
  cause: 'on a TCP port Istio counts connections, not requests',
  source: ['istio/istio 1.31 pkg/config/kube/conversion.go', 'fluxcd/flagger v1.44 pkg/metrics/observers/istio.go'],
  codes: ['TCP_NO_HTTP_METRICS'],
  each: 'canary',
  check(canary, report) {
    const metric = requestMetric(canary);
    if (!metric || canary.port === undefined || hasRequestMetrics(canary.protocol)) return;
    const field = canary.service.appProtocol === undefined ? 'portName' : 'appProtocol';
    const seen = canary.service[field] === undefined ? `port ${canary.port}` : `${field} "${canary.service[field]}"`;
    report(canary, {
      pointer: canary.service[field] === undefined ? '/spec/service/port' : `/spec/service/${field}`,
      message: `${seen} makes Istio serve port ${canary.port} of Canary "${canary.name}" as ${canary.protocol}, where it counts no requests: the metric "${metric.name}" will have no values`,
      fix: `if "${canary.apexName}" speaks HTTP or gRPC, set service.appProtocol to http or grpc; if not, replace "${metric.name}" by a MetricTemplate on istio_tcp_connections_opened_total, or by a webhook`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'appProtocol redis with the success rate',
        manifests: [deployment('cart'), canary('cart', { service: { port: 6379, appProtocol: 'redis' } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/appProtocol',
            message:
              'appProtocol "redis" makes Istio serve port 6379 of Canary "cart" as tcp, where it counts no requests: the metric "request-success-rate" will have no values',
          },
        ],
      },
      {
        name: 'a port whose name starts with tcp',
        manifests: [deployment('cart'), canary('cart', { service: { portName: 'tcp-cart' } })],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/service/portName' }],
      },
    ],
    good: [
      { name: 'the default name http', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'appProtocol wins over the name',
        manifests: [deployment('cart'), canary('cart', { service: { portName: 'tcp-cart', appProtocol: 'grpc' } })],
      },
      {
        name: 'no metrics of requests',
        manifests: [deployment('cart'), canary('cart', { service: { appProtocol: 'tcp' }, analysis: { metrics: [] } })],
      },
    ],
  }),
});
