import { parseGoDuration } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'webhook-timeout-short',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: "Tasks of type bash, helm and kubectl answer when they are done. A command that runs longer than the webhook's timeout (10 s unless set) fails every time.",
  cause: 'the webhook gives up before the command has ended',
  source: ['fluxcd/flagger v1.44 pkg/controller/webhook.go', 'fluxcd/flagger v1.44 pkg/loadtester/server.go'],
  codes: ['WEBHOOK_TIMEOUT_SHORT'],
  echoOf: ['webhook-unknown-task'],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
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
    ],
    good: [
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
