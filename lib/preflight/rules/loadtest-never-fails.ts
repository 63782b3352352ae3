import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const acceptance = (metadata: Record<string, string>) => ({
  name: 'acceptance',
  type: 'pre-rollout',
  url: 'http://flagger-loadtester.test/',
  metadata,
});
const curl = 'curl -sf http://cart-canary.shop/healthz';

export default rule({
  id: 'loadtest-never-fails',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'The load tester answers a task of type cmd (the default) with 202 before its command has run. A test that should stop the rollout (pre-rollout, confirm-…) therefore always passes, whatever the command finds. Tasks of type bash are run first and answered with their result.',
  cause: 'a task of type cmd is answered before the command has run',
  source: ['fluxcd/flagger v1.44 pkg/loadtester/server.go', 'fluxcd/flagger issue 431'],
  codes: ['LOADTEST_NEVER_FAILS'],
  each: 'canary',
  check(canary, report) {
    for (const webhook of canary.webhooks) {
      if (webhook.type !== 'pre-rollout' && !webhook.type.startsWith('confirm-')) continue;
      if (webhook.taskType !== 'cmd') continue;
      // hey and ghz before the rollout are there to make traffic; one request is a test.
      const tool = webhook.loadTests.find((test) => test.tool === 'curl' || test.tool === 'grpcurl')?.tool;
      if (!tool) continue;
      report(canary, {
        pointer: `${webhook.pointer}/metadata${webhook.metadata.type === undefined ? '' : '/type'}`,
        message: `webhook "${webhook.name}" of Canary "${canary.name}" tests with ${tool} in a task of type cmd: it passes before ${tool} has run`,
        edits: [{ pointer: `${webhook.pointer}/metadata/type`, value: 'bash' }],
        fix: `write metadata.type: bash in webhook "${webhook.name}"${tool === 'curl' ? ', and call curl with --fail' : ''}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'an acceptance test without a type',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [acceptance({ cmd: curl })] } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata',
            message:
              'webhook "acceptance" of Canary "cart" tests with curl in a task of type cmd: it passes before curl has run',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a task of type bash',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [acceptance({ type: 'bash', cmd: curl })] } }),
        ],
      },
      {
        name: 'load before the rollout',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [acceptance({ cmd: 'hey -z 1m http://cart-canary.shop/' })] } }),
        ],
      },
    ],
  }),
});
