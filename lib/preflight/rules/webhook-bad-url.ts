import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const hooked = (url: string, type = 'rollout') => [
  deployment('web'),
  canary('web', {
    analysis: { webhooks: [{ name: 'test', type, url, metadata: { cmd: 'hey http://web-canary.shop/' } }] },
  }),
];

export default rule({
  id: 'webhook-bad-url',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: 'Flagger posts to the url of a webhook as it is written. Without http:// or https:// before the host Go cannot send it (unsupported protocol scheme, or first path segment in URL cannot contain colon): each call fails and counts.',
  cause: 'an address without http:// or https:// cannot be called',
  source: ['fluxcd/flagger v1.44 pkg/controller/webhook.go (callWebhook)'],
  codes: [],
  each: 'canary',
  check(one, report) {
    for (const hook of one.webhooks) {
      const { url, type } = hook;
      if (url === '' || /^https?:\/\/[^/]/i.test(url) || url.includes('${')) continue;
      const rest = url.replace(/^[a-z]*:?\/\//i, '');
      const waits = type.startsWith('confirm-');
      report(one, {
        pointer: `${hook.pointer}/url`,
        severity: type === 'event' || type === 'post-rollout' ? 'warning' : 'error',
        message: `the webhook "${hook.name}" of Canary "${one.name}" has the url "${url}", which has no http:// before a host: ${waits ? 'the gate never opens' : 'each call fails'}`,
        fix: `write http://${rest || 'the Service of the load tester, with its namespace'}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a host alone',
        manifests: hooked('flagger-loadtester.test/'),
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/analysis/webhooks/0/url',
            severity: 'error',
            message:
              'the webhook "test" of Canary "web" has the url "flagger-loadtester.test/", which has no http:// before a host: each call fails',
          },
        ],
      },
      {
        name: 'a host with a port, to which an event goes',
        manifests: hooked('events.ops:8080', 'event'),
        expect: [{ object: 'Canary shop/web', severity: 'warning' }],
      },
    ],
    good: [{ name: 'a whole address', manifests: hooked('http://flagger-loadtester.test/') }],
  }),
});
