import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'eventhook-slow',
  severity: 'info',
  effect: 'cost',
  since: '0.1.0',
  why: 'Every event is sent to event webhooks at once, and Flagger waits for the answer: with a long timeout a slow receiver delays every check.',
  cause: 'events are sent one by one, and waited for',
  source: ['fluxcd/flagger v1.44 pkg/controller/events.go'],
  codes: ['EVENTHOOK_SLOW'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    for (const hook of canary.webhooks) {
      if (hook.type !== 'event' || (hook.timeoutMilliseconds ?? 0) / 1000 < analysis.intervalSeconds / 3) continue;
      report(canary, {
        pointer: hook.pointer,
        message: `the event webhook "${hook.name}" of Canary "${canary.name}" may take ${(hook.timeoutMilliseconds ?? 0) / 1000} s for each event, and it checks every ${analysis.intervalSeconds} s`,
        // What suits neither is left to people.
        ...(analysis.intervalSeconds > 6 && { edits: [{ pointer: `${hook.pointer}/timeout`, value: '2s' }] }),
        fix: 'set its timeout to a second or two',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'half a minute',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'log', type: 'event', url: 'http://log.shop/', timeout: '30s' }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0',
            message:
              'the event webhook "log" of Canary "frontend" may take 30 s for each event, and it checks every 60 s',
          },
        ],
      },
    ],
    good: [
      {
        name: 'two seconds',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'log', type: 'event', url: 'http://log.shop/', timeout: '2s' }] },
          }),
        ],
      },
    ],
  }),
});
