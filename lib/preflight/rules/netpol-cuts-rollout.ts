import type { CanaryView, World } from '../../world';
import { canary, deployment, flaggerRelease, loadTest, namespace, service } from '../case-manifests';
import { requestMetric } from '../istio-metrics';
import { podPort } from '../mutual-tls';
import { cutBetween, isOurs, letThrough } from '../network-policy';
import {
  flaggerPods,
  type Pods,
  podsOf,
  prometheusPods,
  prometheusPort,
  readerOf,
  receiversOf,
  webhookPods,
} from '../pods';
import { rule } from '../rule';

const policy = (name: string, namespace: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: { podSelector: {}, ...spec },
});
const from = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });
const tester = [
  deployment('flagger-loadtester', { metadata: { namespace: 'test' } }),
  service('flagger-loadtester', {}, { namespace: 'test' }),
];
const prometheus = [
  deployment('prometheus', { metadata: { namespace: 'istio-system' } }),
  service('prometheus', { ports: [{ name: 'http', port: 9090, targetPort: 9090 }] }, { namespace: 'istio-system' }),
];
const rest = [namespace(), deployment('frontend'), flaggerRelease(), ...tester, ...prometheus];
const tested = canary('frontend', {
  analysis: { webhooks: [{ ...loadTest('frontend-canary.shop'), url: 'http://flagger-loadtester.test/' }] },
});

export default rule({
  id: 'netpol-cuts-rollout',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A rollout needs more connections than the application: Flagger asks Prometheus and calls its webhooks, the load tester calls the new version, and Prometheus reads the sidecars on port 15020 or 15090. A NetworkPolicy that isolates one of them and does not name the other drops the packets: calls time out, or series are missing, and the rollout is rolled back.',
  cause: 'pods that a NetworkPolicy selects have only the connections that some policy lets through',
  source: [
    'kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go (NetworkPolicySpec)',
    'fluxcd/flagger v1.44 pkg/controller/webhook.go (callWebhook)',
    'fluxcd/flagger issue 786',
  ],
  codes: ['NETPOL_FLAGGER_EGRESS'],
  echoOf: ['metrics-server-default', 'gate-never-opens', 'loadtester-absent'],
  each: 'world',
  check(world, report) {
    if (world.ofKind('NetworkPolicy').length === 0) return;
    const seen = new Set<string>();
    for (const canary of world.canaries())
      for (const { from, to, ports, end, isGuess } of connections(world, canary)) {
        const cuts = ports.map((port) => cutBetween(world, from, to, port));
        const [cut] = cuts;
        if (!cut || cuts.includes(undefined) || (isGuess && !isOurs(cut.policy))) continue;
        const key = [cut.policy.namespace, cut.policy.name, cut.direction, from.what, to.what].join(' ');
        if (seen.has(key)) continue;
        seen.add(key);
        const [port] = ports;
        report(cut.policy, {
          about: canary,
          pointer: cut.direction === 'Egress' ? '/spec/egress' : '/spec/ingress',
          severity: from.isKnown && to.isKnown && port !== undefined ? 'error' : 'warning',
          message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts ${from.what} off from ${to.what}${port === undefined ? '' : `, port ${ports.join(' and ')}`}: ${end}`,
          fix: letThrough(cut, from, to, ports),
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'Flagger may send to nobody',
        manifests: [...rest, policy('deny', 'flagger-system', { policyTypes: ['Egress'] }), tested],
        expect: [
          {
            object: 'NetworkPolicy flagger-system/deny',
            pointer: '/spec/egress',
            severity: 'error',
            message:
              'NetworkPolicy "deny" of namespace "flagger-system" cuts Flagger off from Prometheus istio-system/prometheus, port 9090: the metrics of Canary "frontend" cannot be asked for',
          },
          {
            object: 'NetworkPolicy flagger-system/deny',
            message:
              'NetworkPolicy "deny" of namespace "flagger-system" cuts Flagger off from test/flagger-loadtester, port 8080: the webhook "load-test" of Canary "frontend" fails',
          },
        ],
      },
      {
        name: 'the pods of the application hear their own namespace only',
        manifests: [...rest, policy('own', 'shop', { ingress: [{ from: [{ podSelector: {} }] }] }), tested],
        expect: [
          {
            object: 'NetworkPolicy shop/own',
            pointer: '/spec/ingress',
            message:
              'NetworkPolicy "own" of namespace "shop" cuts test/flagger-loadtester off from Deployment "frontend", port 8080: the load test "load-test" of Canary "frontend" reaches nothing',
          },
          {
            object: 'NetworkPolicy shop/own',
            message:
              'NetworkPolicy "own" of namespace "shop" cuts Prometheus istio-system/prometheus off from Deployment "frontend", port 15020 and 15090: the requests that the sidecars of Canary "frontend" count are not read',
          },
        ],
      },
      {
        name: 'only the port of the application is open',
        manifests: [...rest, policy('app', 'shop', { ingress: [{ ports: [{ port: 8080 }] }] }), tested],
        expect: [{ object: 'NetworkPolicy shop/app', severity: 'error' }],
      },
    ],
    good: [
      {
        name: 'each connection is let through',
        manifests: [
          ...rest,
          policy('flagger', 'flagger-system', {
            policyTypes: ['Egress'],
            egress: [{ to: [from('istio-system')], ports: [{ port: 9090 }] }, { to: [from('test')] }],
          }),
          policy('app', 'shop', {
            ingress: [
              { from: [from('test')], ports: [{ port: 8080 }] },
              { from: [from('istio-system')], ports: [{ port: 15020 }] },
            ],
          }),
          tested,
        ],
      },
      {
        name: 'a second policy lets through what the first denies',
        manifests: [
          ...rest,
          policy('deny', 'shop', { policyTypes: ['Ingress'] }),
          policy('all', 'shop', { podSelector: { matchLabels: { app: 'frontend' } }, ingress: [{}] }),
          tested,
        ],
      },
      {
        name: 'an address block may hold the pods',
        manifests: [
          ...rest,
          policy('block', 'shop', { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] }),
          tested,
        ],
      },
      {
        name: 'the labels of the other namespace are not known',
        manifests: [
          ...rest,
          policy('label', 'shop', { ingress: [{ from: [{ namespaceSelector: { matchLabels: { tier: 'ops' } } }] }] }),
          tested,
        ],
      },
    ],
  }),
});

interface Connection {
  readonly from: Pods;
  readonly to: Pods;
  /** Ports of the pods, one of which has to be open; undefined: not known. */
  readonly ports: readonly (number | undefined)[];
  /** What happens without it. */
  readonly end: string;
  /** Whether it may be somebody else who connects: then only policies that name this one count. */
  readonly isGuess?: boolean;
}

/** The connections that a rollout of the Canary needs. */
function connections(world: World, canary: CanaryView): Connection[] {
  if (canary.skipAnalysis || canary.isSuspended) return [];
  const flagger = flaggerPods(world);
  const prometheus = prometheusPods(world);
  const { target } = canary;
  const name = `Canary "${canary.name}"`;
  const found: Connection[] = [];
  if (prometheus && canary.metrics.some(({ kind }) => kind === 'builtin' || kind === 'inline'))
    found.push({
      from: flagger,
      to: prometheus,
      ports: [prometheusPort(world)],
      end: `the metrics of ${name} cannot be asked for`,
    });
  for (const hook of canary.webhooks) {
    const to = webhookPods(world, hook);
    if (!hook.service || !to) continue;
    const port = world.service(hook.service.namespace, hook.service.name)?.port(hook.port ?? 80)?.targetPort;
    const end = `the webhook "${hook.name}" of ${name} fails`;
    found.push({ from: flagger, to, ports: [podPort(to.workload, port)], end });
  }
  for (const loadTest of canary.loadTests) {
    const sender = webhookPods(world, loadTest.webhook);
    for (const receiver of sender ? receiversOf(canary, loadTest) : [])
      found.push({
        from: sender as Pods,
        to: podsOf(receiver),
        ports: [podPort(receiver, canary.ports[0]?.targetPort)],
        end: `the load test "${loadTest.webhook.name}" of ${name} reaches nothing`,
      });
  }
  const reader = readerOf(world);
  if (reader && target?.injection.sidecar === 'yes' && requestMetric(canary))
    found.push({
      from: reader.pods,
      isGuess: reader.isGuess,
      to: podsOf(target),
      ports: [15020, 15090],
      end: `the requests that the sidecars of ${name} count are not read`,
    });
  return found;
}
