import { canary, deployment, loadTest } from '../case-manifests';
import { withHost } from '../command-text';
import { rule } from '../rule';

export default rule({
  id: 'loadtest-wrong-port',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The Services that Flagger makes listen on service.port, not on the port of the container. A load test on another port is refused; the load tester answers Flagger before the command has run, so the error is in its log only, and Flagger reports that the canary is not receiving traffic.',
  cause: 'the Services of a Canary listen on service.port, and nothing else',
  source: ['fluxcd/flagger v1.44 pkg/router/kubernetes_default.go', 'fluxcd/flagger v1.44 pkg/loadtester/server.go'],
  codes: ['LOADTEST_WRONG_PORT'],
  echoOf: ['port-caller-mismatch', 'service-omitted'],
  each: 'canary',
  check(canary, report) {
    // With port discovery and no target in sight the other ports are not known; a Service of Knative has its own.
    if ((canary.service.portDiscovery === true && !canary.target) || canary.targetRef.kind === 'Service') return;
    for (const { webhook, test, hits } of canary.loadTests) {
      if (hits === undefined || hits === 'other' || hits === 'gateway' || test.port === undefined) continue;
      const { ports } = canary;
      if (ports.length === 0 || ports.some(({ port }) => port === test.port)) continue;
      report(canary, {
        pointer: webhook.raw.metadata === undefined ? webhook.pointer : `${webhook.pointer}/metadata/cmd`,
        message: `webhook "${webhook.name}" of Canary "${canary.name}" sends its load to ${test.host}:${test.port}, and that Service listens on ${ports.map(({ port }) => port).join(', ')}`,
        ...(test.host !== undefined &&
          webhook.command !== undefined && {
            edits: [
              {
                pointer: `${webhook.pointer}/metadata/cmd`,
                value: withHost(webhook.command, test.host, test.host, ports[0]?.port),
              },
            ],
          }),
        fix: `write ${test.host}:${ports[0]?.port} in the command of webhook "${webhook.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the port of the container',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop:8080')] } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            message:
              'webhook "load-test" of Canary "cart" sends its load to cart-canary.shop:8080, and that Service listens on 80',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the port of the Service',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')] } })],
      },
      {
        name: 'another Service has other ports',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [loadTest('web.shop:8080')] } })],
      },
    ],
  }),
});
