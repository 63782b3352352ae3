import { nearest } from '../../findings';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const TASKS = ['cmd', 'bash', 'helm', 'helmv3', 'kubectl', 'concord', 'ngrinder'];

export default rule({
  id: 'webhook-unknown-task',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The load tester knows the task types cmd, bash, helm, helmv3, kubectl, concord and ngrinder. It answers any other with 400, and each call counts as a failed check.',
  cause: 'the load tester does not know the task type',
  source: ['fluxcd/flagger v1.44 pkg/loadtester/server.go'],
  codes: ['WEBHOOK_UNKNOWN_TASK'],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
      if (
        hook.command === undefined ||
        !hook.service ||
        !/load-?tester/.test(hook.service.name) ||
        TASKS.includes(hook.taskType)
      )
        continue;
      const near = nearest(hook.taskType, TASKS);
      report(canary, {
        pointer: `${hook.pointer}/metadata/type`,
        message: `the webhook "${hook.name}" of Canary "${canary.name}" has the task type "${hook.taskType}"`,
        ...(near ? { nearest: near, edits: [{ value: near }] } : {}),
        fix: near ? `write "${near}"` : `write one of ${TASKS.join(', ')}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'shell',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { type: 'bsh', cmd: 'true' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/metadata/type',
            message: 'the webhook "load" of Canary "frontend" has the task type "bsh"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'bash',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { type: 'bash', cmd: 'true' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});
