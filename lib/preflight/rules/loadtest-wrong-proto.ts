import { canary, deployment, loadTest } from '../case-manifests';
import { rule } from '../rule';
import { grpcEvidence } from '../speaks-grpc';

const ghz = {
  name: 'load-test',
  type: 'rollout',
  url: 'http://flagger-loadtester.test/',
  metadata: { cmd: 'ghz -z 1m -q 5 -c 2 --insecure cart-canary.shop:80' },
};

export default rule({
  id: 'loadtest-wrong-proto',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'hey and curl speak HTTP/1.1, ghz and grpcurl speak gRPC. A load test in the wrong protocol gives only errors, or nothing that the metric counts; the load tester answers before the command has run, so the error is in its log only.',
  cause: 'hey and curl speak HTTP/1.1; ghz and grpcurl speak gRPC',
  source: ['fluxcd/flagger v1.44 docs/gitbook/usage/webhooks.md', 'fluxcd/flagger v1.44 pkg/loadtester/server.go'],
  codes: ['LOADTEST_WRONG_PROTO'],
  each: 'canary',
  check(canary, report) {
    const evidence = grpcEvidence(canary);
    for (const { webhook, test, hits } of canary.loadTests) {
      if ((hits !== 'apex' && hits !== 'canary') || test.port !== canary.port) continue;
      const isHttpToGrpc = evidence !== undefined && ['hey', 'ab', 'wrk', 'bombardier'].includes(test.tool);
      const isGrpcToOther =
        evidence === undefined && test.protocol === 'grpc' && ['http', 'tcp'].includes(canary.protocol);
      if (!isHttpToGrpc && !isGrpcToOther) continue;
      report(canary, {
        pointer: `${webhook.pointer}/metadata/cmd`,
        severity: isHttpToGrpc ? 'error' : 'warning',
        message: isHttpToGrpc
          ? `webhook "${webhook.name}" of Canary "${canary.name}" sends HTTP/1.1 with ${test.tool}, but ${evidence}`
          : `webhook "${webhook.name}" of Canary "${canary.name}" sends gRPC with ${test.tool}, but port ${canary.port} is ${canary.protocol}`,
        fix: isHttpToGrpc
          ? `write: ghz -z ${test.durationSeconds ?? 60}s -q ${test.requestsPerSecond ?? 10} -c 2 --insecure --call <package.Service/Method> ${test.host}:${test.port}`
          : `if the port speaks gRPC, write service.portName: grpc in Canary "${canary.name}"; if not, use hey in webhook "${webhook.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'hey against gRPC',
        manifests: [
          deployment('cart'),
          canary('cart', { service: { portName: 'grpc' }, analysis: { webhooks: [loadTest('cart-canary.shop')] } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            severity: 'error',
            message:
              'webhook "load-test" of Canary "cart" sends HTTP/1.1 with hey, but port 80 of Canary "cart" is gRPC',
          },
        ],
      },
      {
        name: 'ghz against HTTP',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [ghz] } })],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'ghz against gRPC',
        manifests: [
          deployment('cart'),
          canary('cart', { service: { portName: 'grpc' }, analysis: { webhooks: [ghz] } }),
        ],
      },
      {
        name: 'hey against HTTP',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')] } })],
      },
    ],
  }),
});
