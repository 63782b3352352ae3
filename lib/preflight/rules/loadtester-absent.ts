import { textAt } from '../../kube';
import { canary, deployment, namespace, service } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'loadtester-absent',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger calls the webhook at every check. When the Service of its address does not exist, each call fails and counts: the rollout is rolled back.',
  cause: 'a hook that cannot be reached counts as failed',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (runAnalysis)',
    'fluxcd/flagger v1.44 pkg/controller/webhook.go',
  ],
  codes: ['LOADTESTER_ABSENT'],
  check(world, report) {
    const seen = new Set(
      ['Deployment', 'Service'].flatMap((kind) => world.writtenOfKind(kind)).map((entry) => entry.namespace),
    );
    const filled = new Set(
      world
        .ofKind('Kustomization', 'kustomize.toolkit.fluxcd.io')
        .map(({ object }) => textAt(object, 'spec', 'targetNamespace') ?? ''),
    );
    for (const canary of world.canaries()) {
      for (const hook of canary.webhooks) {
        if (hook.type.startsWith('confirm-') || !hook.service) continue;
        const { namespace, name } = hook.service;
        if (world.service(namespace, name) || world.mayExist('Service', namespace, name)) continue;
        const soft = hook.type === 'post-rollout' || hook.type === 'event' || hook.type === 'rollback';
        // A namespace of which nothing is seen, or that others fill too, may have it.
        const isOpen = !seen.has(namespace) || filled.has(namespace);
        report(canary, {
          pointer: `${hook.pointer}/url`,
          severity: soft || isOpen ? 'warning' : 'error',
          message: `the webhook "${hook.name}" of Canary "${canary.name}" calls ${namespace}/${name}, and ${isOpen ? 'the manifests hold no such Service' : 'there is no such Service'}`,
          fix: `install the load tester in namespace "${namespace}" and check its manifests too, state that it exists (--exists "Service ${namespace}/${name}"), or name the Service that exists`,
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
          namespace('shop'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://tester.shop/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/url',
            message: 'the webhook "load" of Canary "frontend" calls shop/tester, and there is no such Service',
          },
        ],
      },
      {
        name: 'a namespace of which the manifests hold nothing',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [{ name: 'load', type: 'rollout', url: 'http://flagger-loadtester.flagger-system/' }],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            severity: 'warning',
            message:
              'the webhook "load" of Canary "frontend" calls flagger-system/flagger-loadtester, and the manifests hold no such Service',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it exists',
        manifests: [
          deployment('frontend'),
          namespace('shop'),
          service('tester'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://tester.shop/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  },
});
