import { canary, deployment, loadTest } from '../case-manifests';
import { withHost } from '../command-text';
import { countedMetric } from '../istio-metrics';
import { rule } from '../rule';

const slow = (host: string) => ({ ...loadTest(host), metadata: { cmd: `hey -z 1m -q 1 -c 1 http://${host}/` } });

export default rule({
  id: 'loadtest-targets-apex-low-weight',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'A load test that calls the Service of users is shared out by weight: at 5 percent only every twentieth request reaches the canary. In the early steps the window of a metric may hold none of them, and Flagger says that the workload "is not receiving traffic". The Service with -canary behind its name always leads to the canary.',
  cause: 'the load goes to the Service of users, so the canary gets its weight of it only',
  source: ['fluxcd/flagger v1.44 docs/gitbook/tutorials/istio-progressive-delivery.md', 'fluxcd/flagger issue 366'],
  codes: ['LOADTEST_TARGETS_APEX_LOW_WEIGHT'],
  echoOf: ['interval-lt-2-scrapes'],
  each: 'canary',
  check(canary, report, world) {
    const scrape = world.scrapeInterval.value;

    const metric = countedMetric(canary);
    const [weight] = canary.analysis.weightsPercent;
    // With stated traffic volume-too-low counts everything together.
    if (!metric || weight === undefined || canary.requestsPerSecond) return;
    const tests = canary.loadTests.filter(({ webhook }) => webhook.type === 'rollout');
    const [first] = tests.filter(({ hits }) => hits === 'apex');
    if (!first || tests.some(({ hits }) => hits !== 'apex')) return;
    if (canary.inbound.some(({ via }) => via !== 'load-test')) return;
    const rate = tests.reduce((sum, { test }) => sum + (test.requestsPerSecond ?? Number.POSITIVE_INFINITY), 0);
    const seconds = (metric.intervalSeconds ?? 0) - scrape;
    const requests = (rate * weight * seconds) / 100;
    const silent = Math.exp(-requests);
    if (seconds <= 0 || silent < 0.05) return;
    report(canary, {
      pointer: `${first.webhook.pointer}/metadata/cmd`,
      message: `webhook "${first.webhook.name}" sends ${rate} requests a second to "${canary.apexName}": at ${weight} % Canary "${canary.name}" gets ${Math.round(requests * 10) / 10} of them in the ${seconds} s that "${metric.name}" sees, and with a chance of ${Math.round(silent * 100)} % none at all`,
      ...(first.test.host !== undefined && {
        edits: [
          {
            value: withHost(first.webhook.command ?? '', first.test.host, `${canary.canaryName}.${canary.namespace}`),
          },
        ],
      }),
      fix: `send the load to http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/ in webhook "${first.webhook.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'one request a second to the Service of users, from 5 percent on',
        manifests: [deployment('cart'), canary('cart', { analysis: { stepWeight: 5, webhooks: [slow('cart.shop')] } })],
        facts: { scrapeInterval: '15s' },
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            message:
              'webhook "load-test" sends 1 requests a second to "cart": at 5 % Canary "cart" gets 2.3 of them in the 45 s that "request-success-rate" sees, and with a chance of 11 % none at all',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the load goes to the canary',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { stepWeight: 5, webhooks: [slow('cart-canary.shop')] } }),
        ],
      },
      {
        name: 'enough for the first step',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [loadTest('cart.shop')] } })],
      },
    ],
  }),
});
