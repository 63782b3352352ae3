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
  each: 'canary',
  check(canary, report, world) {
    for (const gate of canary.webhooks) {
      const fixed = fixedAnswer(gate.path ?? '');
      if (gate.type.startsWith('confirm-') && fixed === 'closed') {
        report(canary, {
          pointer: `${gate.pointer}/url`,
          message: `the gate "${gate.name}" of Canary "${canary.name}" asks ${gate.path}, which always answers no: the rollout waits for ever`,
          cause: 'of the gates of the load tester only /gate/check can be opened and closed',
          fix: `write ${gate.url.replace(/\/gate\/\w+/, '/gate/check')}, and open it with a POST to /gate/open whose body is {"name": "${canary.name}", "namespace": "${canary.namespace}"}`,
        });
        continue;
      }
      if (/^\/gate\/(open|close)\/?$/.test(gate.path ?? '') && gate.type !== 'event') {
        report(canary, {
          pointer: `${gate.pointer}/url`,
          severity: 'warning',
          message: `the webhook "${gate.name}" of Canary "${canary.name}" calls ${gate.path}, which ${gate.path?.includes('open') ? 'opens' : 'closes'} the gate instead of asking it: Flagger itself does so at every check`,
          cause: 'Flagger calls the hook; /gate/open and /gate/close are for whoever decides',
          fix: `write ${gate.url.replace(/\/gate\/\w+/, '/gate/check')}`,
        });
        continue;
      }
      if (!gate.type.startsWith('confirm-') || !gate.service) continue;
      const { namespace, name } = gate.service;
      if (world.mayExist('Service', namespace, name)) continue;
      report(canary, {
        pointer: `${gate.pointer}/url`,
        message: `the gate "${gate.name}" of Canary "${canary.name}" asks ${namespace}/${name}, and the manifests hold no such Service: if the cluster has none, the rollout waits for ever`,
        fix: `name a Service that exists, remove the gate, or ${stateThatItExists('Service', namespace, name)}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the gate that always answers no',
        manifests: [
          deployment('frontend'),
          service('gates'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'gate', type: 'confirm-promotion', url: 'http://gates.shop/gate/halt' }] },
          }),
          namespace('shop'),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/url',
            message:
              'the gate "gate" of Canary "frontend" asks /gate/halt, which always answers no: the rollout waits for ever',
          },
        ],
      },
      {
        name: 'a hook that opens the gate itself',
        manifests: [
          deployment('frontend'),
          service('gates'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'gate', type: 'confirm-rollout', url: 'http://gates.shop/gate/open' }] },
          }),
          namespace('shop'),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            message:
              'the webhook "gate" of Canary "frontend" calls /gate/open, which opens the gate instead of asking it: Flagger itself does so at every check',
          },
        ],
      },
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
  }),
});

/** @see fluxcd/flagger v1.44 pkg/loadtester/server.go (/gate/halt, /gate/approve) */
function fixedAnswer(path: string): 'open' | 'closed' | undefined {
  if (/^\/gate\/halt\/?$/.test(path)) return 'closed';
  return /^\/gate\/approve\/?$/.test(path) ? 'open' : undefined;
}
