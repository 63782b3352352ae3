import type { WebhookView } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const tests = {
  name: 'tests',
  type: 'rollout',
  url: 'http://flagger-loadtester.test/',
  timeout: '2m',
  metadata: { type: 'bash', cmd: './tests.sh' },
};
const hooked = (...webhooks: readonly object[]) => [
  deployment('frontend'),
  canary('frontend', { analysis: { webhooks } }),
];

export default rule({
  id: 'webhook-timeout-sum',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Webhooks are called one after the other within a check. When their timeouts together exceed the interval, slow ones make Flagger skip checks, and the rollout takes longer than computed. A load test of type cmd does not count: the load tester answers before it runs the command.',
  cause: 'checks that fall into a running one are dropped',
  source: [
    'fluxcd/flagger v1.44 docs/gitbook/usage/webhooks.md',
    'fluxcd/flagger v1.44 pkg/controller/job.go',
    'fluxcd/flagger v1.44 pkg/loadtester/server.go (a task of type cmd is answered with 202)',
  ],
  codes: ['WEBHOOK_TIMEOUT_SUM'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const hooks = canary.webhooks.filter((hook) => hook.type === 'rollout' && !isAnsweredAtOnce(hook));
    const sum =
      hooks.reduce((total, { timeoutMilliseconds, retries }) => total + (timeoutMilliseconds ?? 0) * (1 + retries), 0) /
      1000;
    // At the interval itself the next check waits in the ticker; only one of more is dropped.
    if (sum <= analysis.intervalSeconds) return;
    report(canary, {
      pointer: hooks.length === 1 ? (hooks[0]?.pointer ?? '') : `${canary.analysisPointer}/webhooks`,
      message: `${hooks.length === 1 ? `webhook "${hooks[0]?.name}"` : `the rollout webhooks ${hooks.map(({ name }) => `"${name}"`).join(', ')}`} of Canary "${canary.name}" may take ${sum} s${hooks.length === 1 ? '' : ' together'}, and it checks every ${analysis.intervalSeconds} s`,
      fix: `make timeout times (1 + retries) of ${hooks.length === 1 ? 'it' : 'all of them together'} ${analysis.intervalSeconds}s at most, or analysis.interval ${Math.ceil(sum)}s or longer`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'tests of two minutes in a minute',
        manifests: hooked(tests),
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0',
            message: 'webhook "tests" of Canary "frontend" may take 120 s, and it checks every 60 s',
          },
        ],
      },
      {
        name: 'two that wait, each with a second try',
        manifests: hooked({ ...tests, timeout: '20s', retries: 1 }, { ...tests, name: 'more', timeout: '30s' }),
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks',
            message:
              'the rollout webhooks "tests", "more" of Canary "frontend" may take 70 s together, and it checks every 60 s',
          },
        ],
      },
      {
        name: 'a receiver of your own is waited for',
        manifests: hooked({ name: 'judge', type: 'rollout', url: 'http://judge.shop/', timeout: '90s' }),
        expect: [{ object: 'Canary shop/frontend', pointer: '/spec/analysis/webhooks/0' }],
      },
    ],
    good: [
      { name: 'five seconds', manifests: hooked({ ...tests, timeout: '5s' }) },
      { name: 'as long as the interval', manifests: hooked({ ...tests, timeout: '60s' }) },
      {
        name: 'the load tester answers at once',
        manifests: hooked({
          ...tests,
          name: 'load',
          metadata: { cmd: 'hey -z 2m -q 5 -c 2 http://frontend-canary.shop/' },
        }),
      },
    ],
  }),
});

/** A command of type cmd is put into the load tester's queue, and the webhook is answered. */
function isAnsweredAtOnce({ command, taskType }: WebhookView): boolean {
  return command !== undefined && taskType === 'cmd';
}
