import { canary, deployment, namespace, service } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

export default rule({
  id: 'gate-never-opens',
  severity: 'warning',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A confirm hook that cannot be reached counts as not approved: the rollout waits for ever, without a failed check and without a rollback.',
  cause: 'a gate that does not answer is a closed one',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_hooks.go'],
  codes: ['GATE_NEVER_OPENS'],
  check(world, report) {
    for (const canary of world.canaries()) {
      for (const gate of canary.webhooks) {
        if (!gate.type.startsWith('confirm-') || !gate.service) continue;
        const { namespace, name } = gate.service;
        if (world.mayExist('Service', namespace, name)) continue;
        report(canary, {
          pointer: `${gate.pointer}/url`,
          message: `the gate "${gate.name}" of Canary "${canary.name}" asks ${namespace}/${name}, and the manifests hold no such Service: if the cluster has none, the rollout waits for ever`,
          fix: `name a Service that exists, remove the gate, or ${stateThatItExists('Service', namespace, name)}`,
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'no such Service',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'gate', type: 'confirm-rollout', url: 'http://gates.shop/check' }] },
          }),
          namespace('shop'),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/url',
            message:
              'the gate "gate" of Canary "frontend" asks shop/gates, and the manifests hold no such Service: if the cluster has none, the rollout waits for ever',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the Service exists',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'gate', type: 'confirm-rollout', url: 'http://gates.shop/check' }] },
          }),
          namespace('shop'),
          service('gates'),
        ],
      },
    ],
  },
});
