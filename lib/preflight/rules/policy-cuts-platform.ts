import { at, booleanAt, listAt, textAt } from '../../kube';
import { MESH_FACTS } from '../../mesh';
import type { Workload, World } from '../../world';
import { caller, canary, deployment, namespace, service } from '../case-manifests';
import { requestMetric } from '../istio-metrics';
import { isInLinkerd } from '../linkerd-authorization';
import { podPort } from '../mutual-tls';
import { apiServerCut, cutBetween, dnsCut, isOurs, letThrough, probesCut, scrapeCut } from '../network-policy';
import { istiodPods, type Pods, podsOf, readerOf } from '../pods';
import { rule } from '../rule';
import { hidingSidecar } from '../sidecar-scope';
import { tracingCollectors } from '../tracing-collectors';

const policy = (egress: readonly unknown[]) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'], egress },
});
const inward = (ingress: readonly unknown[]) => ({
  ...policy([]),
  spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'], ingress },
});
const ours = { 'app.kubernetes.io/managed-by': 'aviary' };
const tracing = {
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'istiod', namespace: 'istio-system' },
  spec: {
    chart: { spec: { chart: 'istiod', sourceRef: { kind: 'HelmRepository', name: 'istio' } } },
    values: {
      meshConfig: {
        extensionProviders: [
          { name: 'otel', opentelemetry: { service: 'otel.observability.svc.cluster.local', port: 4317 } },
        ],
      },
    },
  },
};
const sidecar = (hosts: readonly string[]) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Sidecar',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { egress: [{ hosts }] },
});
const ambient = { 'istio.io/dataplane-mode': 'ambient' };
const probed = deployment('web', { container: { readinessProbe: { httpGet: { path: '/', port: 8080 } } } });
const space = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });
const cart = [deployment('cart'), service('cart')];
const toCart = { to: [{ podSelector: {} }] };
const dns = { to: [space('kube-system')], ports: [{ port: 53, protocol: 'UDP' }] };

export default rule({
  id: 'policy-cuts-platform',
  severity: 'error',
  effect: 'outage',
  since: '0.2.0',
  why: 'Pods need more than the services that they call: names (DNS), and beside a proxy its control plane, which gives certificates and configuration. A NetworkPolicy that isolates their egress and names only the callees cuts both: no name is found, and the proxy never gets ready, so a new version never starts. In ambient mode the probes of the node come from an address of their own, which a policy about ingress has to name.',
  cause: 'pods whose egress a policy isolates reach only what some policy lets through',
  source: [
    'kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go (NetworkPolicySpec)',
    'istio.io 1.31 ops/deployment/application-requirements (ports)',
    'istio.io 1.31 ambient/usage/networkpolicy',
    'istio/istio issue 53701 (spans and the egress of a Sidecar)',
  ],
  codes: [],
  each: 'workload',
  shared(world) {
    if (world.ofKind('NetworkPolicy').length + world.ofKind('Sidecar').length === 0) return undefined;
    const prometheus = readerOf(world);
    const istiod = istiodPods(world);
    const asks = new Set(
      world.edges().flatMap(({ via, workload }) => (via === 'workload' && workload ? [workload] : [])),
    );
    const bound = new Set(
      ['RoleBinding', 'ClusterRoleBinding'].flatMap((kind) =>
        world
          .ofKind(kind)
          .flatMap(({ object, namespace }) =>
            listAt(object, 'subjects').map(
              (subject) => `${textAt(subject, 'namespace') || namespace}/${textAt(subject, 'name')}`,
            ),
          ),
      ),
    );
    return { prometheus, istiod, asks, bound, collectors: tracingCollectors(world) };
  },
  check(workload, report, world, { prometheus, istiod, asks, bound, collectors: spans }) {
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
    const { namespace, serviceAccountName } = workload;
    const cutOff = apiServerCut(world, podsOf(workload));
    const hasRights = bound.has(`${namespace}/${serviceAccountName}`);
    // By default every pod has a token, whatever it is for; in the catalog it is asked for.
    const blind = cutOff && (hasRights || (isOurs(cutOff) && hasToken(world, workload))) ? cutOff : undefined;
    if (blind)
      report(blind, {
        ...subject,
        pointer: '/spec/egress',
        severity: 'warning',
        message: `NetworkPolicy "${blind.name}" of namespace "${blind.namespace}" cuts ${workload.kind} "${workload.name}" off from the API server, ${hasRights ? `to which its account "${serviceAccountName}" has rights` : `for which it has a token of account "${serviceAccountName ?? 'default'}"`}`,
        fix: 'add to its egress: {to: [{ipBlock: {cidr: <address of the API server>/32}}], ports: [{port: 443}, {port: 6443}]}',
      });
    const probed = workload.injection.ambient ? probedPort(workload) : undefined;
    for (const one of probed === undefined ? [] : own) {
      const policy = probesCut(world, podsOf(one), probed!);
      if (!policy) continue;
      report(policy, {
        ...subject,
        pointer: '/spec/ingress',
        message: `NetworkPolicy "${policy.name}" of namespace "${policy.namespace}" cuts the node's probes off from ${one.kind} "${one.name}", port ${probed}: in ambient mode they come from 169.254.7.127, and the pods never get ready`,
        fix: 'add to its ingress: {from: [{ipBlock: {cidr: 169.254.7.127/32}}]}',
      });
      break;
    }
    for (const { to, port } of isInLinkerd(world, workload) ? LINKERD : []) {
      const cut = cutBetween(world, podsOf(workload), to, port);
      if (cut)
        report(cut.policy, {
          ...subject,
          pointer: '/spec/egress',
          message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts the proxies of ${workload.kind} "${workload.name}" off from ${to.what}, port ${port}: the pods never get ready`,
          fix: letThrough(cut, podsOf(workload), to, [port]),
        });
    }
    const counted = MESH_FACTS.linkerd.proxies?.metricsPort;
    const unread =
      prometheus && counted && isInLinkerd(world, workload)
        ? scrapeCut(world, prometheus, podsOf(workload), [counted])
        : undefined;
    if (prometheus && unread)
      report(unread.policy, {
        ...subject,
        pointer: '/spec/ingress',
        severity: about ? 'error' : 'info',
        message: `NetworkPolicy "${unread.policy.name}" of namespace "${unread.policy.namespace}" cuts ${prometheus.pods.what} off from the proxies of ${workload.kind} "${workload.name}", port ${counted}: what they count is not read`,
        fix: letThrough(unread, prometheus.pods, podsOf(workload), [counted]),
      });
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
    for (const { to, port, service } of spans) {
      const hiding = hidingSidecar(world, workload, to.namespace, service, port);
      if (hiding)
        report(hiding, {
          ...subject,
          pointer: '/spec/egress',
          severity: 'info',
          message: `Sidecar "${hiding.name}" of namespace "${hiding.namespace}" does not know ${to.what}: the spans of ${workload.kind} "${workload.name}" are lost`,
          fix: `add "${to.namespace}/${service}.${to.namespace}.svc.cluster.local" to spec.egress[0].hosts of Sidecar "${hiding.name}"`,
        });
      const cut = cutBetween(world, podsOf(workload), to, port);
      if (cut)
        report(cut.policy, {
          ...subject,
          pointer: '/spec/egress',
          severity: 'info',
          message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts the proxies of ${workload.kind} "${workload.name}" off from ${to.what}, port ${port}: their spans are lost`,
          fix: letThrough(cut, podsOf(workload), to, [port]),
        });
    }
    // Where a rollout is judged by them it suffers: another rule's.
    if (!prometheus || (about && requestMetric(about))) return;
    const cut = scrapeCut(world, prometheus, podsOf(workload), [15020, 15090]);
    if (!cut) return;
    report(cut.policy, {
      pointer: '/spec/ingress',
      severity: 'info',
      message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts ${prometheus.pods.what} off from the proxies of ${workload.kind} "${workload.name}", port 15020 and 15090: what they count is not read`,
      fix: letThrough(cut, prometheus.pods, podsOf(workload), [15020]),
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
        name: 'spans to a host that the Sidecar does not name',
        manifests: [namespace(), deployment('web'), tracing, sidecar(['./*', 'istio-system/*'])],
        expect: [
          {
            object: 'Sidecar shop/web',
            severity: 'info',
            message:
              'Sidecar "web" of namespace "shop" does not know the tracing collector observability/otel: the spans of Deployment "web" are lost',
          },
        ],
      },
      {
        name: 'a token that the catalog asks for',
        manifests: [
          namespace('shop', {}),
          deployment('web', { pod: { automountServiceAccountToken: true } }),
          { ...policy([dns]), metadata: { name: 'web', namespace: 'shop', labels: ours } },
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/web',
            severity: 'warning',
            message:
              'NetworkPolicy "web" of namespace "shop" cuts Deployment "web" off from the API server, for which it has a token of account "default"',
          },
        ],
      },
      {
        name: 'an account that has rights',
        manifests: [
          namespace('shop', {}),
          deployment('web', { pod: { serviceAccountName: 'web' } }),
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'RoleBinding',
            metadata: { name: 'web', namespace: 'shop' },
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'web' },
            subjects: [{ kind: 'ServiceAccount', name: 'web' }],
          },
          policy([dns]),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/web',
            severity: 'warning',
            message:
              'NetworkPolicy "web" of namespace "shop" cuts Deployment "web" off from the API server, to which its account "web" has rights',
          },
        ],
      },
      {
        name: "Linkerd's control plane",
        manifests: [
          { ...namespace('shop', {}), metadata: { name: 'shop', annotations: { 'linkerd.io/inject': 'enabled' } } },
          deployment('web'),
          policy([dns]),
        ],
        expect: (MESH_FACTS.linkerd.proxies?.controlPlane ?? []).flatMap(({ who, ports }) =>
          ports.map((port) => ({
            object: 'NetworkPolicy shop/web',
            message: `NetworkPolicy "web" of namespace "shop" cuts the proxies of Deployment "web" off from ${who}, port ${port}: the pods never get ready`,
          })),
        ),
      },
      {
        name: 'the probes of ambient mode',
        manifests: [namespace('shop', ambient), probed, inward([{ from: [{ podSelector: {} }] }])],
        expect: [
          {
            object: 'NetworkPolicy shop/web',
            pointer: '/spec/ingress',
            message:
              'NetworkPolicy "web" of namespace "shop" cuts the node\'s probes off from Deployment "web", port 8080: in ambient mode they come from 169.254.7.127, and the pods never get ready',
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
        name: 'the Sidecar knows who takes the spans',
        manifests: [namespace(), deployment('web'), tracing, sidecar(['./*', 'observability/*'])],
      },
      {
        name: 'a token that every pod has by default',
        manifests: [namespace('shop', {}), deployment('web'), policy([dns])],
      },
      {
        name: 'the probes of ambient mode are named',
        manifests: [
          namespace('shop', ambient),
          probed,
          inward([{ from: [{ podSelector: {} }] }, { from: [{ ipBlock: { cidr: '169.254.7.127/32' } }] }]),
        ],
      },
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

/** Whether Linkerd's proxy runs beside the pods. @see linkerd.io 2.18 features/proxy-injection */
/** Whether its pods get a token of their account. */
function hasToken(world: World, { entry, namespace, serviceAccountName = 'default' }: Workload): boolean {
  const account = world.given('ServiceAccount', namespace, serviceAccountName)?.object;
  const ofPod = booleanAt(entry.object, 'spec', 'template', 'spec', 'automountServiceAccountToken');
  return ofPod ?? booleanAt(account, 'automountServiceAccountToken') ?? true;
}

/** What Linkerd's proxies need, port by port. */
const LINKERD: readonly { readonly to: Pods; readonly port: number }[] = (
  MESH_FACTS.linkerd.proxies?.controlPlane ?? []
).flatMap(({ who, namespace = 'linkerd', labels = {}, ports }) => {
  const injection = { sidecar: 'no', reason: 'it is the control plane', ambient: false } as const;
  return ports.map((port) => ({ to: { what: who, namespace, labels, injection, isKnown: true }, port }));
});

/** The port of the first probe that goes over the network. */
function probedPort(workload: Workload): number | undefined {
  for (const { fields } of workload.containers)
    for (const probe of ['readinessProbe', 'startupProbe', 'livenessProbe'])
      for (const kind of ['httpGet', 'grpc', 'tcpSocket']) {
        const written = at(fields, probe, kind, 'port');
        if (typeof written === 'number' || typeof written === 'string') return podPort(workload, written);
      }
  return undefined;
}
