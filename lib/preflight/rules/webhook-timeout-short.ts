import { parseGoDuration, textAt } from '../../kube';
import type { CanaryView, WebhookView } from '../../world';
import { canary, deployment } from '../case-manifests';
import { type ReportFinding, rule } from '../rule';

const k6 = (metadata: object) => ({
  name: 'k6',
  type: 'pre-rollout',
  url: 'http://k6-loadtester.test:8000/launch-test',
  metadata: { script: "export const options = { vus: 2, duration: '60s' };", ...metadata },
});

export default rule({
  id: 'webhook-timeout-short',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: "Tasks of type bash, helm and kubectl answer when they are done. A command that runs longer than the webhook's timeout (10 s unless set) fails every time.",
  cause: 'the webhook gives up before the command has ended',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/webhook.go',
    'fluxcd/flagger v1.44 pkg/loadtester/server.go',
    'grafana/flagger-k6-webhook README.md, pkg/handlers/launch.go (wait_for_results)',
  ],
  codes: ['WEBHOOK_TIMEOUT_SHORT'],
  echoOf: ['webhook-unknown-task'],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
      reportK6(canary, hook, report);
      if (hook.command === undefined || hook.taskType === 'cmd' || hook.timeoutMilliseconds === undefined) continue;
      const run =
        /(?:^|\s)(?:-z|--duration)[= ](\S+)/.exec(hook.command)?.[1] ?? /(?:^|\s)sleep (\d+)/.exec(hook.command)?.[1];
      const parsed = run === undefined ? undefined : parseGoDuration(/^\d+$/.test(run) ? `${run}s` : run);
      if (!parsed?.ok || parsed.value < hook.timeoutMilliseconds) continue;
      report(canary, {
        pointer: hook.raw.timeout === undefined ? hook.pointer : `${hook.pointer}/timeout`,
        message: `the webhook "${hook.name}" of Canary "${canary.name}" runs ${parsed.value / 1000} s and is given ${hook.timeoutMilliseconds / 1000} s`,
        edits: [{ pointer: `${hook.pointer}/timeout`, value: `${Math.ceil(parsed.value / 1000) + 10}s` }],
        fix: `set timeout to ${Math.ceil(parsed.value / 1000) + 10}s`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a minute in ten seconds',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { type: 'bash', cmd: 'hey -z 1m http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0',
            message: 'the webhook "load" of Canary "frontend" runs 60 s and is given 10 s',
          },
        ],
      },
      {
        name: 'a script of k6, whose results are waited for',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { webhooks: [k6({})] } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0',
            message: 'the webhook "k6" of Canary "frontend" runs 60 s and is given 10 s',
          },
        ],
      },
    ],
    good: [
      {
        name: 'nobody waits for the results of k6',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { webhooks: [k6({ wait_for_results: 'false' })] } }),
        ],
      },
      {
        name: 'enough time',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  timeout: '90s',
                  metadata: { type: 'bash', cmd: 'hey -z 1m http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
      {
        name: 'cmd does not wait',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { type: 'cmd', cmd: 'hey -z 1m http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});

/** The webhook of k6 answers when the script has ended, unless it is told not to wait. */
function reportK6(
  canary: CanaryView,
  { name, url, raw, pointer, timeoutMilliseconds }: WebhookView,
  report: ReportFinding,
) {
  const script = textAt(raw, 'metadata', 'script');
  if (script === undefined || !/launch-test\/?$/.test(url ?? '') || timeoutMilliseconds === undefined) return;
  if (textAt(raw, 'metadata', 'wait_for_results') === 'false') return;
  const runs = [...script.matchAll(/\bduration\s*:\s*['"`]([0-9a-z.]+)['"`]/g)].flatMap(([, text = '']) => {
    const parsed = parseGoDuration(text);
    return parsed.ok ? parsed.value : [];
  });
  // Stages follow each other; scenarios may run side by side.
  const stages = /\bstages\s*:/.test(script);
  const run = stages ? runs.reduce((sum, one) => sum + one, 0) : Math.max(0, ...runs);
  if (run < timeoutMilliseconds) return;
  const enough = `${Math.ceil(run / 1000) + 30}s`;
  report(canary, {
    pointer: textAt(raw, 'timeout') === undefined ? pointer : `${pointer}/timeout`,
    message: `the webhook "${name}" of Canary "${canary.name}" runs ${run / 1000} s and is given ${timeoutMilliseconds / 1000} s`,
    cause: 'the webhook of k6 answers when the script has ended, and Flagger gives up before',
    edits: [{ pointer: `${pointer}/timeout`, value: enough }],
    fix: `set timeout to ${enough}`,
  });
}
