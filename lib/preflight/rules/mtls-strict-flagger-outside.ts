import { canary, deployment, flaggerRelease, loadTest, namespace, service } from '../case-manifests';
import { podPort, strictPolicy } from '../mutual-tls';
import { flaggerPods, injectionFix, webhookPods } from '../pods';
import { rule } from '../rule';

const strict = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace: 'test' },
  spec: { mtls: { mode: 'STRICT' } },
};
const tester = [
  namespace('test'),
  deployment('flagger-loadtester', { metadata: { namespace: 'test' } }),
  service('flagger-loadtester', {}, { namespace: 'test' }),
];
const tested = canary('frontend', { analysis: { webhooks: [loadTest('frontend-canary.shop')] } });

export default rule({
  id: 'mtls-strict-flagger-outside',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger calls the webhooks itself. A receiver in the mesh whose PeerAuthentication is STRICT closes every connection that is not mutual TLS, and only a sidecar speaks it: without one in its pod, each of the calls of Flagger fails, and a failed call counts as a failed check (a gate stays closed).',
  cause: 'only a sidecar speaks mutual TLS, and the receiver takes nothing else',
  source: [
    'fluxcd/flagger v1.44 docs/gitbook/faq.md (Istio Mutual TLS)',
    'fluxcd/flagger v1.44 pkg/controller/webhook.go (callWebhook)',
    'istio/istio 1.31 pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication)',
    'fluxcd/flagger issue 239',
  ],
  codes: ['MTLS_STRICT_FLAGGER_OUTSIDE'],
  each: 'canary',
  shared(world) {
    const flagger = flaggerPods(world);
    return flagger.injection.sidecar !== 'no' || flagger.injection.ambient ? undefined : flagger;
  },
  check(canary, report, world, flagger) {
    for (const hook of canary.webhooks) {
      const receiver = webhookPods(world, hook);
      if (!hook.service || !receiver?.workload) continue;
      const { namespace, name } = hook.service;
      const targetPort = world.service(namespace, name)?.port(hook.port ?? 80)?.targetPort;
      const policy = strictPolicy(world, receiver.workload, podPort(receiver.workload, targetPort));
      if (!policy) continue;
      report(flagger.injection.entry ?? world.flagger.entry ?? canary, {
        about: canary,
        severity: flagger.isKnown ? 'error' : 'warning',
        message: `the webhook "${hook.name}" of Canary "${canary.name}" calls ${namespace}/${name}, which takes mutual TLS only (PeerAuthentication ${policy.namespace}/${policy.name}), and Flagger has no sidecar: ${flagger.injection.reason}`,
        fix: `${injectionFix(flagger)}, or make ${namespace}/${name} take plain text: a PeerAuthentication in namespace "${namespace}" with mtls.mode PERMISSIVE that selects its pods`,
      });
      break;
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the load tester is in the mesh, Flagger is not',
        manifests: [
          deployment('frontend'),
          namespace('flagger-system', {}),
          flaggerRelease(),
          ...tester,
          strict,
          canary('frontend', {
            analysis: {
              webhooks: [{ ...loadTest('frontend-canary.shop'), url: 'http://flagger-loadtester.test/' }],
            },
          }),
        ],
        expect: [
          {
            object: 'Namespace flagger-system',
            severity: 'error',
            message:
              'the webhook "load-test" of Canary "frontend" calls test/flagger-loadtester, which takes mutual TLS only (PeerAuthentication test/default), and Flagger has no sidecar: Namespace "flagger-system" has no label istio-injection=enabled',
          },
        ],
      },
      {
        name: 'the whole mesh is STRICT, and the values of Flagger say no to the sidecar',
        manifests: [
          deployment('frontend'),
          namespace('flagger-system'),
          flaggerRelease({ podLabels: { 'sidecar.istio.io/inject': 'false' } }),
          ...tester,
          { ...strict, metadata: { name: 'default', namespace: 'istio-system' } },
          tested,
        ],
        expect: [{ object: 'HelmRelease flagger-system/flagger', severity: 'error' }],
      },
      {
        name: 'where Flagger runs is assumed',
        manifests: [deployment('frontend'), namespace('flagger-system', {}), ...tester, strict, tested],
        expect: [{ object: 'Namespace flagger-system', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'Flagger is in the mesh',
        manifests: [deployment('frontend'), namespace('flagger-system'), flaggerRelease(), ...tester, strict, tested],
      },
      {
        name: 'the load tester takes plain text though the mesh is STRICT',
        manifests: [
          deployment('frontend'),
          namespace('flagger-system', {}),
          flaggerRelease(),
          ...tester,
          { ...strict, metadata: { name: 'default', namespace: 'istio-system' } },
          {
            ...strict,
            spec: { selector: { matchLabels: { app: 'flagger-loadtester' } }, mtls: { mode: 'PERMISSIVE' } },
          },
          tested,
        ],
      },
      {
        name: 'the load tester has no sidecar',
        manifests: [
          deployment('frontend'),
          namespace('flagger-system', {}),
          flaggerRelease(),
          namespace('test', {}),
          ...tester.slice(1),
          strict,
          tested,
        ],
      },
    ],
  }),
});
