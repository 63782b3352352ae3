import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';
import { grpcEvidence } from '../speaks-grpc';

const grpcContainer = { container: { ports: [{ name: 'grpc', containerPort: 8080 }] } };

export default rule({
  id: 'grpc-status-invisible',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'The built-in success rate counts HTTP status codes. A gRPC call that fails is HTTP 200 with a grpc-status other than 0, so the rate stays at 100 percent while every call fails, and the broken version is promoted.',
  cause:
    'a failed gRPC call is HTTP 200: its status is in the label grpc_response_status, which the built-in query does not read',
  source: ['fluxcd/flagger v1.44 pkg/metrics/observers/istio.go', 'istio/istio 1.31 (metric labels)'],
  codes: ['GRPC_STATUS_INVISIBLE'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isIstio) return;
    const metric = canary.metrics.find(({ kind, builtin }) => kind === 'builtin' && builtin === 'request-success-rate');
    const evidence = metric && grpcEvidence(canary);
    if (!metric || evidence === undefined) return;
    report(canary, {
      pointer: `${metric.pointer}/name`,
      message: `the metric "request-success-rate" of Canary "${canary.name}" counts HTTP status codes, but ${evidence}: it stays at 100 % when calls fail`,
      fix: `replace the metric by one with a templateRef to a MetricTemplate with the query: sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="{{ namespace }}",destination_workload="{{ target }}",grpc_response_status="0"}[{{ interval }}])) / sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="{{ namespace }}",destination_workload="{{ target }}"}[{{ interval }}])) * 100`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the container names its port grpc',
        manifests: [deployment('cart', grpcContainer), canary('cart', { service: { portName: 'grpc' } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0/name',
            message:
              'the metric "request-success-rate" of Canary "cart" counts HTTP status codes, but port 80 of Canary "cart" is gRPC: it stays at 100 % when calls fail',
          },
        ],
      },
      {
        name: 'only the probe says so',
        manifests: [
          deployment('cart', {
            container: { ports: [{ containerPort: 8080 }], readinessProbe: { grpc: { port: 8080 } } },
          }),
          canary('cart', { service: { portName: 'http2' } }),
        ],
        expect: [{ object: 'Canary shop/cart' }],
      },
    ],
    good: [
      { name: 'HTTP', manifests: [deployment('frontend'), canary('frontend')] },
      {
        name: 'another port speaks gRPC',
        manifests: [
          deployment('frontend', {
            container: { ports: [{ containerPort: 8080 }, { name: 'grpc', containerPort: 9999 }] },
          }),
          canary('frontend'),
        ],
      },
    ],
  }),
});
