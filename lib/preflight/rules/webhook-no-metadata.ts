import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const isLoadTester = (service: string | undefined, path: string | undefined): boolean =>
  service !== undefined && /load-?tester/.test(service) && (path === undefined || path === '/');

export default rule({
  id: 'webhook-no-metadata',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The load tester runs what metadata.cmd says. Without metadata, or without cmd, it answers 400, and each call counts as a failed check. An empty cmd is a command that succeeds: nothing is sent, nothing is tested, and the hook passes.',
  cause: 'the load tester needs metadata.cmd',
  source: ['fluxcd/flagger v1.44 pkg/loadtester/server.go'],
  codes: ['WEBHOOK_NO_METADATA'],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
      if (
        !isLoadTester(hook.service?.name, hook.path) ||
        (hook.command !== undefined && hook.command.trim() !== '') ||
        hook.type.startsWith('confirm-') ||
        hook.type === 'event'
      )
        continue;
      const command = `hey -z 1m -q 5 -c 2 http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/`;
      report(canary, {
        pointer: hook.pointer,
        ...(hook.command !== undefined && {
          severity: 'warning' as const,
          cause: 'an empty command always succeeds',
        }),
        message:
          hook.command === undefined
            ? `the webhook "${hook.name}" of Canary "${canary.name}" calls the load tester without metadata.cmd`
            : `the webhook "${hook.name}" of Canary "${canary.name}" runs an empty command: it passes and does nothing`,
        // A load for a port of HTTP; what another hook shall do, nobody knows.
        ...((hook.type === 'rollout' || hook.type === 'pre-rollout') &&
          canary.protocol === 'http' && { edits: [{ pointer: `${hook.pointer}/metadata/cmd`, value: command }] }),
        fix: `add metadata: {cmd: "${command}"}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'an empty command',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                { name: 'load', type: 'rollout', url: 'http://flagger-loadtester.test/', metadata: { cmd: '' } },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            severity: 'warning',
            message: 'the webhook "load" of Canary "frontend" runs an empty command: it passes and does nothing',
          },
        ],
      },
      {
        name: 'no metadata',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'load', type: 'rollout', url: 'http://flagger-loadtester.test/' }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0',
            message: 'the webhook "load" of Canary "frontend" calls the load tester without metadata.cmd',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a command',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});
