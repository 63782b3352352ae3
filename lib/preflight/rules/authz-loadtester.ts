import type { Workload } from '../../world';
import { principalOf, type Refusal, refusalAtService, refusalOf } from '../authorization';
import { canary, deployment, loadTest, namespace, service } from '../case-manifests';
import { refusingServer } from '../linkerd-authorization';
import { podPort, strictPolicy } from '../mutual-tls';
import { receiversOf, webhookPods } from '../pods';
import { rule } from '../rule';
import { waypointOf } from '../waypoint';

const tester = [
  namespace('test'),
  deployment('flagger-loadtester', { metadata: { namespace: 'test' }, pod: { serviceAccountName: 'loadtester' } }),
  service('flagger-loadtester', {}, { namespace: 'test' }),
];
const policy = (spec: object) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'callers', namespace: 'shop' },
  spec,
});
const allow = (source: object) => policy({ rules: [{ from: [{ source }] }] });
const tested = canary('frontend', { analysis: { webhooks: [loadTest('frontend-canary.shop')] } });

export default rule({
  id: 'authz-loadtester',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'An AuthorizationPolicy that lets in the usual callers only answers the load tester with 403. request-success-rate counts what is not 5xx as a success, so the rollout passes though no request of the load test reached the new version; a check for another code fails at every weight.',
  cause: 'a refused request has the code 403, and request-success-rate takes all codes below 500 for successes',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/istio.go',
    'istio/istio 1.31 pilot/pkg/security/authz/builder/builder.go',
    'istio/istio 1.31 pilot/pkg/security/authz/model/generator.go',
  ],
  codes: ['AUTHZ_LOADTESTER'],
  each: 'canary',
  check(canary, report, world) {
    if (world.ofKind('AuthorizationPolicy').length === 0) return;
    // Who is promoted without an analysis is not tested.
    if (canary.skipAnalysis) return;
    for (const loadTest of canary.loadTests) {
      const { webhook, test } = loadTest;
      const sender = webhookPods(world, webhook);
      if (!sender) continue;
      const server = receiversOf(canary, loadTest)
        .map((receiver) => refusingServer(world, receiver, sender, podPort(receiver, canary.ports[0]?.targetPort)))
        .find((one) => one !== undefined);
      if (server)
        report(server, {
          about: canary,
          pointer: '/spec/accessPolicy',
          severity: sender.isKnown ? 'error' : 'warning',
          message: `Server "${server.name}" refuses the load test "${webhook.name}" of Canary "${canary.name}": no AuthorizationPolicy of Linkerd lets ${sender.serviceAccountName ?? 'default'} of namespace "${sender.namespace}" in`,
          fix: `add to namespace "${server.namespace}" an AuthorizationPolicy of policy.linkerd.io with targetRef Server "${server.name}" and requiredAuthenticationRefs: [{kind: ServiceAccount, name: ${sender.serviceAccountName ?? 'default'}, namespace: ${sender.namespace}}]`,
        });
      const refused = receiversOf(canary, loadTest)
        .filter(({ injection }) => injection.sidecar !== 'no' || injection.ambient)
        .flatMap((receiver): { receiver: Workload; refusal: Refusal }[] => {
          const port = podPort(receiver, canary.ports[0]?.targetPort);
          const path = test.path === undefined ? {} : { path: test.path };
          const { service = { namespace: canary.namespace, name: canary.canaryName } } = loadTest;
          const waypoint = receiver.injection.ambient && waypointOf(world, service.namespace, service.name);
          if (waypoint) {
            const refusal = refusalAtService(world, service, sender, { ...path, port: test.port ?? canary.port });
            return refusal ? [{ receiver, refusal }] : [];
          }
          const request = { ...(port === undefined ? {} : { port }), ...path };
          // Without a sidecar it is reset before anybody is asked for a name: what holds once it has one?
          const isReset = sender.injection.sidecar === 'no' && strictPolicy(world, receiver, port) !== undefined;
          const named = isReset ? { ...sender, injection: { ...sender.injection, sidecar: 'yes' as const } } : sender;
          const refusal = refusalOf(world, receiver, named, request);
          return refusal ? [{ receiver, refusal }] : [];
        })[0];
      if (!refused) continue;
      const { receiver, refusal } = refused;
      const hasName = sender.injection.sidecar !== 'no' || sender.injection.ambient;
      const name = hasName ? principalOf(world, sender) : undefined;
      const who = name === undefined ? `${sender.what} in namespace "${sender.namespace}"` : name;
      const source = name === undefined ? `namespaces: ["${sender.namespace}"]` : `principals: ["${name}"]`;
      const noName = !hasName ? ` and give ${sender.what} a sidecar, without which it has no name` : '';
      report(refusal.policy, {
        about: canary,
        pointer: '/spec/rules',
        severity:
          sender.isKnown && (receiver.injection.sidecar === 'yes' || receiver.injection.ambient) ? 'error' : 'warning',
        message:
          refusal.action === 'DENY'
            ? `AuthorizationPolicy "${refusal.policy.name}" denies the load test "${webhook.name}" of Canary "${canary.name}" at the pods of "${receiver.name}": it comes from ${who}`
            : `no rule of AuthorizationPolicy "${refusal.policy.name}" lets the load test "${webhook.name}" of Canary "${canary.name}" in at the pods of "${receiver.name}": it comes from ${who}`,
        fix:
          refusal.action === 'DENY'
            ? `except the load tester in the rule that denies: add not${source[0]?.toUpperCase()}${source.slice(1)} to its source`
            : `add to spec.rules of AuthorizationPolicy "${refusal.policy.name}": {from: [{source: {${source}}}]}${noName}`,
      });
      break;
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'only the gateway may call',
        manifests: [
          namespace(),
          deployment('frontend'),
          ...tester,
          allow({ principals: ['cluster.local/ns/istio-ingress/sa/gateway'] }),
          tested,
        ],
        expect: [
          {
            object: 'AuthorizationPolicy shop/callers',
            pointer: '/spec/rules',
            severity: 'error',
            message:
              'no rule of AuthorizationPolicy "callers" lets the load test "load-test" of Canary "frontend" in at the pods of "frontend": it comes from cluster.local/ns/test/sa/loadtester',
          },
        ],
      },
      {
        name: 'others are denied by their namespace',
        manifests: [
          namespace(),
          deployment('frontend'),
          ...tester,
          policy({ action: 'DENY', rules: [{ from: [{ source: { notNamespaces: ['shop', 'istio-ingress'] } }] }] }),
          tested,
        ],
        expect: [
          {
            object: 'AuthorizationPolicy shop/callers',
            message:
              'AuthorizationPolicy "callers" denies the load test "load-test" of Canary "frontend" at the pods of "frontend": it comes from cluster.local/ns/test/sa/loadtester',
          },
        ],
      },
      {
        name: 'a policy without rules lets nobody in',
        manifests: [namespace(), deployment('frontend'), ...tester, policy({}), tested],
        expect: [{ object: 'AuthorizationPolicy shop/callers', severity: 'error' }],
      },
      {
        name: 'a load tester without a sidecar has no name',
        manifests: [
          namespace(),
          deployment('frontend'),
          namespace('test', {}),
          ...tester.slice(1),
          allow({ namespaces: ['test'] }),
          tested,
        ],
        expect: [{ object: 'AuthorizationPolicy shop/callers', severity: 'error' }],
      },
    ],
    good: [
      {
        name: 'the load tester is one of the principals',
        manifests: [
          namespace(),
          deployment('frontend'),
          ...tester,
          allow({ principals: ['cluster.local/ns/istio-ingress/sa/gateway', '*/ns/test/sa/loadtester'] }),
          tested,
        ],
      },
      {
        name: 'its namespace is',
        manifests: [namespace(), deployment('frontend'), ...tester, allow({ namespaces: ['shop', 'test'] }), tested],
      },
      {
        name: 'a second policy lets it in at the port of the application',
        manifests: [
          namespace(),
          deployment('frontend'),
          ...tester,
          allow({ namespaces: ['istio-ingress'] }),
          {
            ...policy({ rules: [{ to: [{ operation: { ports: ['8080'] } }] }] }),
            metadata: { name: 'port', namespace: 'shop' },
          },
          tested,
        ],
      },
      {
        name: 'a condition that manifests cannot answer',
        manifests: [
          namespace(),
          deployment('frontend'),
          ...tester,
          policy({ rules: [{ from: [{ source: { ipBlocks: ['10.0.0.0/8'] } }] }] }),
          tested,
        ],
      },
      {
        name: 'a load tester without a sidecar is reset, and let in once it has one',
        manifests: [
          namespace(),
          deployment('frontend'),
          namespace('test', {}),
          ...tester.slice(1),
          allow({ namespaces: ['test'] }),
          {
            apiVersion: 'security.istio.io/v1',
            kind: 'PeerAuthentication',
            metadata: { name: 'default', namespace: 'shop' },
            spec: { mtls: { mode: 'STRICT' } },
          },
          tested,
        ],
      },
      {
        name: 'a DENY for another path',
        manifests: [
          namespace(),
          deployment('frontend'),
          ...tester,
          policy({ action: 'DENY', rules: [{ to: [{ operation: { paths: ['/admin/*'] } }] }] }),
          tested,
        ],
      },
    ],
  }),
});
