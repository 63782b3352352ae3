import { canary, deployment, loadTest, namespace, service } from '../case-manifests';
import { podPort, strictPolicy } from '../mutual-tls';
import { injectionFix, receiversOf, webhookPods } from '../pods';
import { rule } from '../rule';

const strict = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace: 'shop' },
  spec: { mtls: { mode: 'STRICT' } },
};
const tester = [
  deployment('flagger-loadtester', { metadata: { namespace: 'test' } }),
  service('flagger-loadtester', {}, { namespace: 'test' }),
];
const tested = canary('frontend', { analysis: { webhooks: [loadTest('frontend-canary.shop')] } });

export default rule({
  id: 'mtls-loadtester-no-sidecar',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A load test that goes straight to a Service of the mesh needs a sidecar beside the load tester where PeerAuthentication is STRICT: the pods reset every plain connection. A reset connection is no request, so the metrics have no values, and the rollout is rolled back.',
  cause: 'pods that take mutual TLS only reset the connections of a load tester without a sidecar',
  source: [
    'fluxcd/flagger v1.44 docs/gitbook/usage/webhooks.md (Load Testing)',
    'istio/istio 1.31 pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication)',
  ],
  codes: ['MTLS_LOADTESTER_NO_SIDECAR'],
  each: 'canary',
  check(canary, report, world) {
    for (const loadTest of canary.loadTests) {
      const { webhook } = loadTest;
      const sender = webhookPods(world, webhook);
      if (sender?.injection.sidecar !== 'no' || sender.injection.ambient) continue;
      const [receiver] = receiversOf(canary, loadTest);
      if (!receiver) continue;
      const policy = strictPolicy(world, receiver, podPort(receiver, canary.ports[0]?.targetPort));
      if (!policy) continue;
      report(sender.injection.entry ?? canary, {
        about: canary,
        severity: sender.isKnown ? 'error' : 'warning',
        message: `the pods of Canary "${canary.name}" take mutual TLS only (PeerAuthentication ${policy.namespace}/${policy.name}) and reset the load test "${webhook.name}", because ${sender.what} has no sidecar: ${sender.injection.reason}`,
        fix: injectionFix(sender),
      });
      break;
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the namespace of the load tester gets no sidecars',
        manifests: [namespace(), deployment('frontend'), strict, namespace('test', {}), ...tester, tested],
        expect: [
          {
            object: 'Namespace test',
            severity: 'error',
            message:
              'the pods of Canary "frontend" take mutual TLS only (PeerAuthentication shop/default) and reset the load test "load-test", because test/flagger-loadtester has no sidecar: Namespace "test" has no label istio-injection=enabled',
          },
        ],
      },
      {
        name: 'who answers at the address is not among the manifests',
        manifests: [namespace(), deployment('frontend'), strict, namespace('test', {}), tested],
        expect: [{ object: 'Namespace test', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'the load tester has a sidecar',
        manifests: [namespace(), deployment('frontend'), strict, namespace('test'), ...tester, tested],
      },
      {
        name: 'the port of the application takes plain text',
        manifests: [
          namespace(),
          deployment('frontend'),
          {
            ...strict,
            spec: {
              selector: { matchLabels: { app: 'frontend' } },
              mtls: { mode: 'STRICT' },
              portLevelMtls: { 8080: { mode: 'PERMISSIVE' } },
            },
          },
          namespace('test', {}),
          ...tester,
          tested,
        ],
      },
      {
        name: 'the load test goes to a gateway',
        manifests: [
          namespace(),
          deployment('frontend'),
          strict,
          namespace('test', {}),
          ...tester,
          canary('frontend', {
            service: { hosts: ['shop.example.com'], gateways: ['istio-ingress/public'] },
            analysis: { webhooks: [loadTest('shop.example.com')] },
          }),
        ],
      },
    ],
  }),
});
