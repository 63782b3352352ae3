import { nearest } from '../../findings';
import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const TYPES = ['slack', 'msteams', 'discord', 'rocket', 'gchat'];

const PROVIDER = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'slack', namespace: 'shop' },
  spec: { type: 'slack', secretRef: { name: 'slack' } },
};

export default rule({
  id: 'alert-type-enum',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'An AlertProvider is of type slack, msteams, discord, rocket or gchat. The API server refuses another type.',
  cause: 'the definition knows five types',
  source: ['fluxcd/flagger v1.44 artifacts/flagger/crd.yaml (AlertProvider)'],
  codes: ['ALERT_TYPE_ENUM'],
  each: 'world',
  check(world, report) {
    for (const provider of world.writtenOfKind('AlertProvider')) {
      const type = textAt(provider.object, 'spec', 'type') ?? '';
      if (TYPES.includes(type)) continue;
      const near = nearest(type, TYPES);
      report(provider, {
        pointer: '/spec/type',
        message: `AlertProvider "${provider.name}" has the type "${type}"`,
        ...(near ? { nearest: near } : {}),
        fix: near ? `write "${near}"` : `write one of ${TYPES.join(', ')}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'teams',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          { ...PROVIDER, spec: { type: 'teams', secretRef: { name: 'x' } } },
        ],
        expect: [
          {
            object: 'AlertProvider shop/slack',
            pointer: '/spec/type',
            message: 'AlertProvider "slack" has the type "teams"',
          },
        ],
      },
    ],
    good: [{ name: 'slack', manifests: [deployment('frontend'), canary('frontend'), PROVIDER] }],
  }),
});
