import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

/** Hosts of chats, and the type of AlertProvider for each. */
const chats: readonly (readonly [host: RegExp, name: string, type: string])[] = [
  [/(^|\.)hooks\.slack\.com$/, 'Slack', 'slack'],
  [/(^|\.)(webhook\.office\.com|outlook\.office\.com|logic\.azure\.com)$/, 'Microsoft Teams', 'msteams'],
  [/(^|\.)(discord|discordapp)\.com$/, 'Discord', 'discord'],
  [/(^|\.)chat\.googleapis\.com$/, 'Google Chat', 'gchat'],
];

export default rule({
  id: 'webhook-to-chat',
  severity: 'warning',
  effect: 'no-alert',
  since: '0.2.0',
  why: "Flagger posts its own JSON to webhooks ({name, namespace, phase, checksum, metadata}). A chat's incoming webhook takes the chat's own form and refuses all else with 400: a rollout or pre-rollout hook fails at every check, an event hook tells nobody. AlertProvider writes the chat's form.",
  cause: "a chat takes messages in its own form only, and refuses Flagger's",
  source: [
    'fluxcd/flagger v1.44 pkg/controller/webhook.go (CanaryWebhookPayload)',
    'fluxcd/flagger v1.44 docs/gitbook/usage/alerting.md',
  ],
  codes: [],
  each: 'canary',
  check(one, report) {
    for (const hook of one.webhooks) {
      const chat = chats.find(([host]) => host.test(hook.host ?? ''));
      if (!chat) continue;
      const counts = hook.type !== 'event' && hook.type !== 'post-rollout';
      report(one, {
        pointer: `${hook.pointer}/url`,
        severity: counts ? 'error' : 'warning',
        message: `the webhook "${hook.name}" of Canary "${one.name}" posts Flagger's own JSON to ${chat[1]}, which refuses it: ${counts ? 'each call fails, and that counts' : 'nobody is told'}`,
        fix: `remove the webhook, make an AlertProvider of type ${chat[2]}, and name it in spec.analysis.alerts`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'events to Slack',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: {
              webhooks: [{ name: 'tell', type: 'event', url: 'https://hooks.slack.com/services/T0/B0/xyz' }],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/url',
            severity: 'warning',
            message:
              'the webhook "tell" of Canary "cart" posts Flagger\'s own JSON to Slack, which refuses it: nobody is told',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a receiver that takes any JSON',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [{ name: 'tell', type: 'event', url: 'http://log.shop/' }] } }),
        ],
      },
    ],
  }),
});
