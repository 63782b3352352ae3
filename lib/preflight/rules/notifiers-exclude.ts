import { listAt, textAt, textsAt } from '../../kube';
import type { World } from '../../world';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

const both = { slack: { url: 'https://hooks.example/slack' }, msteams: { url: 'https://hooks.example/teams' } };

export default rule({
  id: 'notifiers-exclude',
  severity: 'warning',
  effect: 'no-alert',
  since: '0.3.0',
  why: 'Flagger itself has one notifier. Where both a URL of Slack and one of MS Teams are set it takes that of MS Teams, and nothing is sent to Slack any more. Several channels need AlertProviders and alerts in the Canaries.',
  cause: 'Flagger has one notifier of its own, and MS Teams comes first',
  source: ['fluxcd/flagger v1.44 cmd/flagger/main.go (initNotifier)', 'fluxcd/flagger issue 1544'],
  codes: [],
  each: 'world',
  check(world, report) {
    const { flagger } = world;
    if (!flagger.entry || !names(world, 'slack') || !names(world, 'msteams')) return;
    report(flagger.entry, {
      ...(flagger.valuesPointer === undefined ? {} : { pointer: `${flagger.valuesPointer}/slack` }),
      message: 'Flagger is given the URLs of Slack and of MS Teams: it sends to MS Teams alone',
      fix: 'remove one of them, or make an AlertProvider for each and name both in spec.analysis.alerts of the Canaries',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'both',
        manifests: [flaggerRelease(both), deployment('cart'), canary('cart')],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            pointer: '/spec/values/slack',
            message: 'Flagger is given the URLs of Slack and of MS Teams: it sends to MS Teams alone',
          },
        ],
      },
    ],
    good: [{ name: 'one', manifests: [flaggerRelease({ slack: both.slack }), deployment('cart'), canary('cart')] }],
  }),
});

/** Whether Flagger is given the URL, by a value of its chart or a flag. */
function names({ flagger }: World, channel: 'slack' | 'msteams'): boolean {
  if (textAt(flagger.values, channel, 'url')) return true;
  const flag = `-${channel}-url=`;
  return listAt(flagger.entry?.object, 'spec', 'template', 'spec', 'containers').some((container) =>
    [...textsAt(container, 'command'), ...textsAt(container, 'args')].some((word) => word.includes(flag)),
  );
}
