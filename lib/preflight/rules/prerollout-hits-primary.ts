import { parseServiceHost } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { withHost } from '../command-text';
import { rule } from '../rule';

/** Tasks whose command is a line of the shell: that of helm and kubectl names releases and objects, no hosts. */
const runsShell: ReadonlySet<string> = new Set(['cmd', 'bash']);

export default rule({
  id: 'prerollout-hits-primary',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Before the first step all traffic of the apex Service goes to the primary. A pre-rollout test that calls it tests the old version.',
  cause: 'at weight 0 the apex Service is the primary',
  source: [
    'fluxcd/flagger v1.44 docs/gitbook/usage/webhooks.md (pre-rollout)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go',
  ],
  codes: ['PREROLLOUT_HITS_PRIMARY'],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
      if (hook.type !== 'pre-rollout' || hook.command === undefined || !runsShell.has(hook.taskType)) continue;
      if (hook.command.includes(canary.canaryName)) continue;
      const called = hostsIn(hook.command);
      const hit = [canary.apexName, canary.primaryName].find((name) =>
        called.some((host) => isService(host, name, canary.namespace)),
      );
      if (hit === undefined) continue;
      report(canary, {
        pointer: `${hook.pointer}/metadata/cmd`,
        message: `the pre-rollout webhook "${hook.name}" of Canary "${canary.name}" calls "${hit}", which is the old version then`,
        edits: [
          {
            value: [
              '',
              `.${canary.namespace}`,
              `.${canary.namespace}.svc`,
              `.${canary.namespace}.svc.cluster.local`,
            ].reduce(
              (command, domain) => withHost(command, `${hit}${domain}`, `${canary.canaryName}${domain}`),
              hook.command,
            ),
          },
        ],
        fix: `call ${canary.canaryName}.${canary.namespace}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the apex',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'pre-rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { type: 'bash', cmd: 'curl -sf http://frontend.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            message:
              'the pre-rollout webhook "load" of Canary "frontend" calls "frontend", which is the old version then',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a test of Helm names a release',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'helm-test',
                  type: 'pre-rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { type: 'helmv3', cmd: 'test frontend -n shop' },
                },
              ],
            },
          }),
        ],
      },
      {
        name: 'the canary',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'pre-rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { type: 'bash', cmd: 'curl -sf http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});

/** Words that stand where a host stands: before a port, a path or the end of a word. */
function hostsIn(command: string): string[] {
  return [...command.matchAll(/(?<![\w.-])([\w.-]+)(?::\d+)?(?=[/\s'"]|$)/g)].map(([, host = '']) => host);
}

function isService(host: string, name: string, namespace: string): boolean {
  const found = parseServiceHost(host, namespace);
  return found?.name === name && found.namespace === namespace;
}
