import type { Workload, World } from '../../world';
import { caller, canary, deployment, namespace, service } from '../case-manifests';
import { cutBetween, dnsCut, letThrough } from '../network-policy';
import { type Pods, podsOf, prometheusPods } from '../pods';
import { rule } from '../rule';

const policy = (egress: readonly unknown[]) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'], egress },
});
const space = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });
const cart = [deployment('cart'), service('cart')];
const toCart = { to: [{ podSelector: {} }] };
const dns = { to: [space('kube-system')], ports: [{ port: 53, protocol: 'UDP' }] };

export default rule({
  id: 'policy-cuts-platform',
  severity: 'error',
  effect: 'outage',
  since: '0.2.0',
  why: 'Pods need more than the services that they call: names (DNS), and beside a proxy its control plane, which gives certificates and configuration. A NetworkPolicy that isolates their egress and names only the callees cuts both: no name is found, and the proxy never gets ready, so a new version never starts.',
  cause: 'pods whose egress a policy isolates reach only what some policy lets through',
  source: [
    'kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go (NetworkPolicySpec)',
    'istio.io 1.31 ops/deployment/application-requirements (ports)',
  ],
  codes: [],
  each: 'workload',
  shared(world) {
    if (world.ofKind('NetworkPolicy').length === 0) return undefined;
    const prometheus = prometheusPods(world);
    const istiod = controlPlane(world);
    const asks = new Set(
      world.edges().flatMap(({ via, workload }) => (via === 'workload' && workload ? [workload] : [])),
    );
    return { prometheus, istiod, asks };
  },
  check(workload, report, world, { prometheus, istiod, asks }) {
    const about = world.canaryOfTarget(workload.entry);
    const own = [workload, ...(about?.primary ? [about.primary] : [])];
    const subject = about ? { about } : {};
    for (const one of own) {
      const nameless = dnsCut(world, podsOf(one));
      if (!nameless) continue;
      report(nameless, {
        ...subject,
        pointer: '/spec/egress',
        severity: asks.has(workload) ? 'error' : 'warning',
        message: `NetworkPolicy "${nameless.name}" of namespace "${nameless.namespace}" cuts ${one.kind} "${one.name}" off from DNS: it finds no address by its name`,
        fix: `add to its egress: {to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}`,
      });
      break;
    }
    if (workload.injection.sidecar !== 'yes') return;
    for (const one of own) {
      const cut = cutBetween(world, podsOf(one), istiod, 15012);
      if (!cut) continue;
      report(cut.policy, {
        ...subject,
        pointer: '/spec/egress',
        message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts the proxies of ${one.kind} "${one.name}" off from istiod, port 15012: they get no certificates, and the pods never get ready`,
        fix: letThrough(cut, podsOf(one), istiod, [15012]),
      });
      break;
    }
    // Of a canary it is the rollout that suffers: another rule's.
    if (!prometheus || about) return;
    const cuts = [15020, 15090].map((port) => cutBetween(world, prometheus, podsOf(workload), port));
    const [cut] = cuts;
    if (!cut || cuts.includes(undefined)) return;
    report(cut.policy, {
      pointer: '/spec/ingress',
      severity: 'info',
      message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts ${prometheus.what} off from the proxies of ${workload.kind} "${workload.name}", port 15020 and 15090: what they count is not read`,
      fix: letThrough(cut, prometheus, podsOf(workload), [15020]),
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a port of the callee alone',
        manifests: [
          namespace('shop', {}),
          caller('web', 'cart:80'),
          ...cart,
          policy([{ ...toCart, ports: [{ port: 8080 }] }]),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/web',
            pointer: '/spec/egress',
            severity: 'error',
            message:
              'NetworkPolicy "web" of namespace "shop" cuts Deployment "web" off from DNS: it finds no address by its name',
          },
        ],
      },
      {
        name: 'names, and no control plane, for the primary too',
        manifests: [namespace(), deployment('web'), canary('web'), policy([dns])],
        expect: [
          {
            object: 'NetworkPolicy shop/web',
            message:
              'NetworkPolicy "web" of namespace "shop" cuts the proxies of Deployment "web" off from istiod, port 15012: they get no certificates, and the pods never get ready',
          },
        ],
      },
    ],
    good: [
      {
        name: 'all of it is named',
        manifests: [
          namespace(),
          caller('web', 'cart:80'),
          ...cart,
          policy([toCart, dns, { to: [space('istio-system')], ports: [{ port: 15012 }] }]),
        ],
      },
      {
        name: 'without a proxy only names are needed',
        manifests: [namespace('shop', {}), deployment('web'), policy([dns])],
      },
    ],
  }),
});

function controlPlane(world: World): Pods {
  const workload: Workload | undefined = world.workloads().find(({ podLabels }) => podLabels.app === 'istiod');
  if (workload) return podsOf(workload, 'istiod');
  const release = world.helmReleases().find(({ chart }) => chart === 'istiod');
  const namespace = release?.targetNamespace ?? world.istioRootNamespace;
  return {
    what: 'istiod',
    namespace,
    labels: { app: 'istiod' },
    injection: world.namespaceInjection(namespace),
    isKnown: release !== undefined,
  };
}
