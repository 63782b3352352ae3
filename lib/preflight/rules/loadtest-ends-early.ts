import type { CanaryLoadTest, CanaryView, World } from '../../world';
import { caller, canary, deployment, flaggerRelease, service } from '../case-manifests';
import { hasOrganicTraffic, reaches } from '../cold-start';
import { countedMetric } from '../istio-metrics';
import { type Report, rule } from '../rule';

const hey = (duration: string) => ({
  name: 'load-test',
  type: 'rollout',
  url: 'http://flagger-loadtester.test/',
  metadata: { cmd: `hey -z ${duration} -q 5 -c 2 http://cart-canary.shop/` },
});
const warmUp = (duration: string) => ({ ...hey(duration), name: 'warm-up', type: 'pre-rollout' });
const smokeTest = {
  ...hey('1s'),
  name: 'smoke',
  type: 'pre-rollout',
  metadata: { type: 'bash', cmd: 'curl -sf http://cart-canary.shop/' },
};

export default rule({
  id: 'loadtest-ends-early',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger calls a rollout webhook once a check. A load test that is shorter than analysis.interval leaves silence until the next check, and the metrics are asked at the end of that silence. If the window of the metric is shorter than the silence it has no values at all. A webhook of type pre-rollout is called once, before the first weight: when its load is all there is, the metrics have values for a check or two, then none, and a check that fails does not advance the rollout: it is repeated until the threshold is reached.',
  cause: 'the load starts at one check, and the metrics judge it at the next',
  source: [
    'fluxcd/flagger v1.44 pkg/loadtester/runner.go',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary, runAnalysis)',
  ],
  codes: ['LOADTEST_ENDS_EARLY'],
  each: 'canary',
  check(canary, report, world) {
    // Where the requests of users reach the canary, the load test is not all of the traffic.
    if (canary.skipAnalysis || canary.metrics.length === 0 || hasOrganicTraffic(canary)) return;
    const interval = canary.analysis.intervalSeconds;
    const tests = canary.loadTests.filter(
      ({ webhook, test, hits }) => webhook.type === 'rollout' && hits !== 'other' && test.durationSeconds !== undefined,
    );
    const longest = Math.max(...tests.map(({ test }) => test.durationSeconds ?? 0));
    const first = tests[0];
    if (!first) {
      const once = loadOnce(world, canary);
      if (once) report(canary, once);
      return;
    }
    if (longest >= interval) return;
    const silence = interval - longest;
    const blind = canary.metrics.find(({ intervalSeconds = Number.POSITIVE_INFINITY }) => intervalSeconds <= silence);
    report(canary, {
      pointer: `${first.webhook.pointer}/metadata/cmd`,
      severity: blind ? 'error' : 'warning',
      message: `the load of webhook "${first.webhook.name}" of Canary "${canary.name}" ends after ${longest} s, and the next check comes after ${interval} s: ${blind ? `the metric "${blind.name}" looks back ${blind.interval} and sees none of it` : `${silence} s of every window are silent`}`,
      edits: [{ value: withDuration(first.webhook.command ?? '', 2 * interval) }],
      fix: `let it run for ${interval}s or longer (better ${2 * interval}s) in the command of webhook "${first.webhook.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'half of the interval is silent',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [hey('30s')] } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            severity: 'warning',
            message:
              'the load of webhook "load-test" of Canary "cart" ends after 30 s, and the next check comes after 60 s: 30 s of every window are silent',
          },
        ],
      },
      {
        name: 'the window lies in the silence',
        manifests: [deployment('cart'), canary('cart', { analysis: { interval: '5m', webhooks: [hey('1m')] } })],
        expect: [{ object: 'Canary shop/cart', severity: 'error' }],
      },
      {
        name: 'users call it, but none of them reaches a Blue/Green canary',
        manifests: [
          deployment('cart'),
          service('cart'),
          caller('frontend', 'cart:80'),
          canary('cart', {
            analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5, webhooks: [hey('30s')] },
          }),
        ],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
      {
        name: 'load before the rollout, and none while it runs',
        manifests: [flaggerRelease(), deployment('cart'), canary('cart', { analysis: { webhooks: [warmUp('30s')] } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0',
            severity: 'error',
            message:
              'webhook "warm-up" of Canary "cart" is called once, before the rollout, its load ends after 30 s, and nothing else is known to send requests: "request-success-rate" looks back 1m and has no values from check 2 of 5 on',
          },
        ],
      },
      {
        name: 'one request before the rollout',
        manifests: [flaggerRelease(), deployment('cart'), canary('cart', { analysis: { webhooks: [smokeTest] } })],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'error',
            message:
              'webhook "smoke" of Canary "cart" is called once, before the rollout, with a single request, and nothing else is known to send requests: "request-success-rate" looks back 1m and has no values from check 1 of 5 on',
          },
        ],
      },
      {
        name: 'manifests of an application alone: its callers may be in others',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [warmUp('30s')] } })],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
      {
        name: 'a webhook of the rollout may send requests, and does not say so',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: { webhooks: [warmUp('30s'), { name: 'tests', type: 'rollout', url: 'http://tests.shop/' }] },
          }),
        ],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'load that lasts for the whole rollout',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [warmUp('5m')] } })],
      },
      {
        name: 'load until the next check',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [hey('1m')] } })],
      },
      {
        name: 'users call it too',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [hey('30s')] } })],
        facts: { requestsPerSecond: { 'shop/cart': 50 } },
      },
    ],
  }),
});

/** Load before the rollout that ends before the last check, where it is all of the traffic. */
function loadOnce(world: World, canary: CanaryView): Report | undefined {
  const metric = countedMetric(canary);
  const window = metric?.intervalSeconds;
  if (!metric || window === undefined) return undefined;
  const rollout = canary.webhooks.filter(({ type }) => type === 'rollout');
  if (rollout.some(({ loadTests }) => loadTests.length > 0)) return undefined;
  const before = canary.loadTests.filter((test) => test.webhook.type === 'pre-rollout' && reaches(canary, test));
  const seconds = before.map(secondsOfLoad);
  const longest = Math.max(...seconds.map((one) => one ?? Number.POSITIVE_INFINITY));
  const first = before[seconds.indexOf(longest)];
  const { intervalSeconds, strategy, iterations, weightsPercent } = canary.analysis;
  const checks = strategy === 'canary' ? weightsPercent.length : iterations;
  // The n-th check looks at the seconds from n intervals less its window to n intervals after the hook.
  const silentFrom = Math.max(1, Math.ceil((longest + window) / intervalSeconds));
  if (!first || silentFrom > checks) return undefined;
  const { webhook } = first;
  const load =
    first.test.durationSeconds === undefined
      ? 'with a single request'
      : `its load ends after ${first.test.durationSeconds} s`;
  return {
    pointer: webhook.pointer,
    // The callers may be in manifests that are not here.
    severity: rollout.length > 0 || !canary.target || !world.flagger.entry ? 'warning' : 'error',
    message: `webhook "${webhook.name}" of Canary "${canary.name}" is called once, before the rollout, ${load}, and nothing else is known to send requests: "${metric.name}" looks back ${metric.interval} and has no values from check ${silentFrom} of ${checks} on`,
    fix: `add a webhook of type rollout with metadata.type cmd and cmd: ${
      first.test.durationSeconds === undefined
        ? `hey -z ${2 * intervalSeconds}s -q 5 -c 2 http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/`
        : withDuration(webhook.command ?? '', 2 * intervalSeconds)
    }`,
  };
}

/** How long load goes on after the hook has answered; undefined where the command does not say. */
function secondsOfLoad({ webhook, test }: CanaryLoadTest): number | undefined {
  const isLoop = /\b(for|while|until)\b/.test(webhook.command ?? '');
  if (isLoop) return undefined;
  // Flagger waits for a command of another type: its load has ended when the first weight is set.
  if (webhook.taskType !== 'cmd') return 0;
  if (test.tool === 'curl' || test.tool === 'grpcurl') return 0;
  return test.durationSeconds;
}

/** The command of a load test with another duration. */
function withDuration(command: string, seconds: number): string {
  return command.replace(
    /(\s(?:-z|-d|-t|--duration)(?:=|\s+))(?:[\d.]+[a-zµ]+)+/,
    (_all, flag: string) => `${flag}${seconds}s`,
  );
}
