import { textAt } from '../../kube';
import type { CanaryView, Edge, Entry, Workload, World } from '../../world';
import { principalOf, type Refusal, refusalOf } from '../authorization';
import { caller, canary, deployment, namespace, service } from '../case-manifests';
import { refusingServer } from '../linkerd-authorization';
import { podPort } from '../mutual-tls';
import { cutBetween, deniedBetween, isOurs, letThrough } from '../network-policy';
import { gatewayPods, type Pods, podsOf } from '../pods';
import { rule } from '../rule';
import { hidingSidecar } from '../sidecar-scope';
import { isBlockLetIn, statedCallers } from '../stated-callers';
import { type StatedCall, statedCalls } from '../stated-calls';
import { hopsThroughWaypoint, isIngressThroughWaypoint, waypointOf } from '../waypoint';

const network = (name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});
const port = { port: 8080, protocol: 'TCP' };
const podsOfApp = (app: string) => ({ podSelector: { matchLabels: { app } } });
const ofCatalog = (name: string, spec: object, callers?: readonly object[]) => {
  const policy = network(name, { ...podsOfApp(name), ...spec });
  const labels = { 'app.kubernetes.io/managed-by': 'aviary' };
  const annotations = callers && { 'aviary.dev/callers': JSON.stringify(callers) };
  return { ...policy, metadata: { ...policy.metadata, labels, ...(annotations && { annotations }) } };
};
const authorization = (name: string, account: string) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'cart' } },
    rules: [{ from: [{ source: { principals: [`cluster.local/ns/shop/sa/${account}`] } }] }],
  },
});
const both = { matchExpressions: [{ key: 'app', operator: 'In', values: ['cart', 'cart-primary'] }] };
const shop = [
  namespace(),
  caller('web', 'cart:80', { pod: { serviceAccountName: 'web' } }),
  deployment('cart'),
  service('cart'),
];
const throughWaypoint = [
  namespace('shop', { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' }),
  ...shop.slice(1),
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'waypoint', namespace: 'shop' },
    spec: { gatewayClassName: 'istio-waypoint', listeners: [] },
  },
];
const inLinkerd = {
  ...namespace('shop', {}),
  metadata: { name: 'shop', annotations: { 'linkerd.io/inject': 'enabled' } },
};
const ofLinkerd = (kind: string, spec: object, version = 'v1alpha1') => ({
  apiVersion: `policy.linkerd.io/${version}`,
  kind,
  metadata: { name: 'cart', namespace: 'shop' },
  spec,
});
const linkerdServer = ofLinkerd(
  'Server',
  { podSelector: { matchExpressions: both.matchExpressions }, port: 8080, accessPolicy: 'deny' },
  'v1beta3',
);
const letInByLinkerd = (name: string) => [
  ofLinkerd('MeshTLSAuthentication', { identityRefs: [{ kind: 'ServiceAccount', name, namespace: 'shop' }] }),
  ofLinkerd('AuthorizationPolicy', {
    targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'cart' },
    requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'cart' }],
  }),
];
const atPods = (account: string) => authorization('cart', account);
const atWaypoint = (account: string) => ({
  ...authorization('at-waypoint', account),
  spec: {
    targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
    rules: [{ from: [{ source: { principals: [`cluster.local/ns/shop/sa/${account}`] } }] }],
  },
});

export default rule({
  id: 'policy-cuts-call',
  severity: 'error',
  effect: 'outage',
  since: '0.2.0',
  why: 'A workload has the address of a Service, or a route leads to it, and a policy refuses the connection: a NetworkPolicy drops its packets until the call times out, an AuthorizationPolicy answers 403, a Sidecar with REGISTRY_ONLY does not know the host. With a canary each end is two sets of pods: what holds for the target only is cut with the first promotion.',
  cause: 'pods that a policy selects have only the connections that some policy lets through',
  source: [
    'kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go (NetworkPolicySpec)',
    'istio/istio 1.31 pilot/pkg/security/authz/builder/builder.go',
    'fluxcd/flagger v1.44 pkg/canary/util.go (makePrimaryLabels)',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    if (
      !['NetworkPolicy', 'CiliumNetworkPolicy', 'AuthorizationPolicy', 'Sidecar', 'Server'].some(
        (kind) => world.ofKind(kind).length > 0,
      )
    )
      return;
    const seen = new Set<string>();
    const once = (...parts: string[]): boolean => {
      const key = parts.join('\0');
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    };
    for (const call of callsOf(world)) {
      const { sender, receiver, ports, about } = call;
      const to = `Service ${call.to.namespace}/${call.to.name}`;
      const ends = podsOf(receiver);
      const cuts = ports.map((port) => cutBetween(world, sender, ends, port));
      const [cut] = cuts;
      const subject = about ? { about } : {};
      const named = ports.length === 1 && ports[0] !== undefined ? `, port ${ports[0]}` : '';
      if (cut && !cuts.includes(undefined) && once(cut.policy.name, cut.direction, sender.what, to))
        report(cut.policy, {
          ...subject,
          pointer: cut.direction === 'Egress' ? '/spec/egress' : '/spec/ingress',
          severity: sender.isKnown ? 'error' : 'warning',
          message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts ${sender.what} off from ${ends.what}${named}: its calls to ${to} do not arrive`,
          fix: letThrough(cut, sender, ends, ports),
        });
      const denials = ports.map((port) => deniedBetween(world, sender, ends, port));
      const [denial] = denials;
      if (denial && !denials.includes(undefined) && once(denial.policy.name, denial.direction, sender.what, to))
        report(denial.policy, {
          ...subject,
          pointer: denial.direction === 'Egress' ? '/spec/egressDeny' : '/spec/ingressDeny',
          message: `CiliumNetworkPolicy "${denial.policy.name}" of namespace "${denial.policy.namespace}" denies the connections of ${sender.what} to ${ends.what}${named}, whatever others let through: its calls to ${to} do not arrive`,
          fix: `leave ${denial.direction === 'Egress' ? ends.what : sender.what} out of the rule that denies`,
        });
      const isRefused = (refusal: Refusal, who: string, certain: boolean): void => {
        if (!once(refusal.policy.name, sender.what, to)) return;
        report(refusal.policy, {
          ...subject,
          pointer: '/spec/rules',
          severity: sender.isKnown && certain ? 'error' : 'warning',
          message: `AuthorizationPolicy "${refusal.policy.name}" of namespace "${refusal.policy.namespace}" refuses the calls of ${sender.what} (${who}) to ${ends.what}${named}`,
          fix:
            refusal.action === 'DENY'
              ? 'except the caller in the rule that denies'
              : isOurs(refusal.policy)
                ? letThrough({ policy: refusal.policy, direction: 'Ingress' }, sender, ends, ports)
                : `add to spec.rules of AuthorizationPolicy "${refusal.policy.name}": {from: [{source: {principals: ["${who}"]}}]}`,
        });
      };
      const unnamed = ports.map((port) => refusingServer(world, receiver, sender, port));
      const [server] = unnamed;
      if (server && !unnamed.includes(undefined) && once(server.name, sender.what, to))
        report(server, {
          ...subject,
          pointer: '/spec/accessPolicy',
          severity: sender.isKnown ? 'error' : 'warning',
          message: `Server "${server.name}" of namespace "${server.namespace}" refuses the calls of ${sender.what} to ${ends.what}${named}: no AuthorizationPolicy of Linkerd lets its account "${sender.serviceAccountName ?? 'default'}" in`,
          fix: isOurs(server)
            ? letThrough({ policy: server, direction: 'Ingress' }, sender, ends, ports)
            : `add to namespace "${server.namespace}" an AuthorizationPolicy of policy.linkerd.io with targetRef Server "${server.name}" and requiredAuthenticationRefs: [{kind: ServiceAccount, name: ${sender.serviceAccountName ?? 'default'}, namespace: ${sender.namespace}}]`,
        });
      const { namespace: space, name: service } = call.to;
      const takesWaypoint = call.via === 'workload' || isIngressThroughWaypoint(world, space, service);
      if (takesWaypoint)
        for (const hop of hopsThroughWaypoint(world, call.to, sender, receiver, call.servicePorts)) {
          if (hop.refusal) isRefused(hop.refusal, hop.who, true);
          if (hop.cut && once(hop.cut.policy.name, hop.cut.direction, hop.from.what, hop.to.what))
            report(hop.cut.policy, {
              ...subject,
              pointer: hop.cut.direction === 'Egress' ? '/spec/egress' : '/spec/ingress',
              message: `NetworkPolicy "${hop.cut.policy.name}" of namespace "${hop.cut.policy.namespace}" cuts ${hop.from.what} off from ${hop.to.what}, port 15008: the calls of ${sender.what} to ${to} pass the waypoint and do not arrive`,
              fix: letThrough(hop.cut, hop.from, hop.to, [15008]),
            });
        }
      // Past a waypoint: by ztunnel at the pod, which knows who calls.
      const isAmbient = receiver.injection.ambient && !(takesWaypoint && waypointOf(world, space, service));
      if (!isAmbient && (receiver.injection.sidecar !== 'yes' || sender.injection.sidecar === 'no')) continue;
      const refusalsOf = (who: Pods) =>
        ports.map((port) => refusalOf(world, receiver, who, port === undefined ? {} : { port }));
      const refusals = refusalsOf(sender);
      const [refusal] = refusals;
      // Who speaks plain text has no name.
      const plain = isAmbient ? undefined : plainTextRule(world, call.to);
      const nameless = plain && !refusal ? refusalsOf({ ...sender, injection: NO_PROXY })[0] : undefined;
      if (plain && nameless && once(plain.name, sender.what, to))
        report(plain, {
          ...subject,
          pointer: '/spec/trafficPolicy/tls/mode',
          message: `DestinationRule "${plain.name}" of namespace "${plain.namespace}" has ${sender.what} speak plain text to ${to}, so nobody knows who it is: AuthorizationPolicy "${nameless.policy.name}" refuses its calls to ${ends.what}${named}`,
          fix: 'remove trafficPolicy.tls, or write ISTIO_MUTUAL',
        });
      if (refusal && !refusals.includes(undefined))
        isRefused(refusal, principalOf(world, sender) ?? sender.what, isAmbient || sender.injection.sidecar === 'yes');
    }
    for (const caller of statedCallers(world)) {
      const { policy, receiver, name, cidrs, ports } = caller;
      const to = `${receiver.kind} "${receiver.name}"`;
      for (const cidr of cidrs)
        for (const port of ports)
          if (!isBlockLetIn(world, caller, cidr, port) && once(policy.name, cidr, to))
            report(policy, {
              pointer: '/spec/ingress',
              severity: 'warning',
              message: `NetworkPolicy "${policy.name}" of namespace "${policy.namespace}" cuts the caller "${name}" (${cidr}) off from ${to}, port ${port}, for which it was made`,
              fix: 'take back what changes the policy after it is made (a patch, or an edit by hand), or remove the caller from "callers"',
            });
    }
    for (const { workload, to, hiding } of hiddenCalls(world)) {
      const service = `Service ${to.namespace}/${to.name}`;
      if (!once(hiding.name, service)) continue;
      report(hiding, {
        pointer: '/spec/egress',
        message: `Sidecar "${hiding.name}" of namespace "${hiding.namespace}" does not know ${service}, which ${workload.kind} "${workload.name}" calls, and refuses what it does not know (REGISTRY_ONLY)`,
        fix: `add "${to.namespace}/${to.name}.${to.namespace}.svc.cluster.local" to spec.egress[0].hosts of Sidecar "${hiding.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the callee lets in somebody else',
        manifests: [
          ...shop,
          network('cart', {
            podSelector: { matchLabels: { app: 'cart' } },
            ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }] }],
          }),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/cart',
            pointer: '/spec/ingress',
            message:
              'NetworkPolicy "cart" of namespace "shop" cuts Deployment "web" off from Deployment "cart", port 8080: its calls to Service shop/cart do not arrive',
          },
        ],
      },
      {
        name: 'the caller may not send to it',
        manifests: [
          ...shop,
          network('web', {
            podSelector: { matchLabels: { app: 'web' } },
            policyTypes: ['Egress'],
            egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }],
          }),
        ],
        expect: [{ object: 'NetworkPolicy shop/web', pointer: '/spec/egress' }],
      },
      {
        name: 'the mesh knows another caller',
        manifests: [...shop, authorization('cart', 'api')],
        expect: [
          {
            object: 'AuthorizationPolicy shop/cart',
            message:
              'AuthorizationPolicy "cart" of namespace "shop" refuses the calls of Deployment "web" (cluster.local/ns/shop/sa/web) to Deployment "cart", port 8080',
          },
        ],
      },
      {
        name: 'the waypoint knows another caller, and the pods know the caller and not the waypoint',
        manifests: [...throughWaypoint, atWaypoint('api'), atPods('web')],
        expect: [
          {
            object: 'AuthorizationPolicy shop/at-waypoint',
            message:
              'AuthorizationPolicy "at-waypoint" of namespace "shop" refuses the calls of Deployment "web" (cluster.local/ns/shop/sa/web) to Deployment "cart", port 8080',
          },
          {
            object: 'AuthorizationPolicy shop/cart',
            message:
              'AuthorizationPolicy "cart" of namespace "shop" refuses the calls of Deployment "web" (cluster.local/ns/shop/sa/waypoint) to Deployment "cart", port 8080',
          },
        ],
      },
      {
        name: 'a call that only the policy of the caller names, and a caller that no workload is',
        manifests: [
          namespace(),
          deployment('api'),
          deployment('cart'),
          service('cart'),
          ofCatalog('api', { policyTypes: ['Egress'], egress: [{ to: [podsOfApp('cart')], ports: [port] }] }),
          ofCatalog('cart', { ingress: [{ from: [podsOfApp('web')], ports: [port] }] }, [
            { name: 'nightly', ports: [8080], namespace: 'reports', labels: { app: 'report' } },
            { name: 'office', ports: [8080], cidrs: ['203.0.113.0/24'] },
          ]),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/cart',
            severity: 'error',
            message:
              'NetworkPolicy "cart" of namespace "shop" cuts Deployment "api" off from Deployment "cart", port 8080: its calls to Service shop/cart do not arrive',
          },
          {
            object: 'NetworkPolicy shop/cart',
            severity: 'warning',
            message:
              'NetworkPolicy "cart" of namespace "shop" cuts the caller "nightly" of namespace "reports" off from Deployment "cart", port 8080: its calls to Service shop/cart do not arrive',
          },
          {
            object: 'NetworkPolicy shop/cart',
            severity: 'warning',
            message:
              'NetworkPolicy "cart" of namespace "shop" cuts the caller "office" (203.0.113.0/24) off from Deployment "cart", port 8080, for which it was made',
          },
        ],
      },
      {
        name: 'a Server of Linkerd that knows another caller',
        manifests: [inLinkerd, ...shop.slice(1), linkerdServer, ...letInByLinkerd('api')],
        expect: [
          {
            object: 'Server shop/cart',
            pointer: '/spec/accessPolicy',
            message:
              'Server "cart" of namespace "shop" refuses the calls of Deployment "web" to Deployment "cart", port 8080: no AuthorizationPolicy of Linkerd lets its account "web" in',
          },
        ],
      },
      {
        name: "a policy of Cilium's that denies a caller",
        manifests: [
          ...shop,
          {
            apiVersion: 'cilium.io/v2',
            kind: 'CiliumNetworkPolicy',
            metadata: { name: 'no-web', namespace: 'shop' },
            spec: {
              endpointSelector: { matchLabels: { app: 'cart' } },
              ingressDeny: [{ fromEndpoints: [{ matchLabels: { 'k8s:app': 'web' } }] }],
            },
          },
        ],
        expect: [
          {
            object: 'CiliumNetworkPolicy shop/no-web',
            pointer: '/spec/ingressDeny',
            message:
              'CiliumNetworkPolicy "no-web" of namespace "shop" denies the connections of Deployment "web" to Deployment "cart", port 8080, whatever others let through: its calls to Service shop/cart do not arrive',
          },
        ],
      },
      {
        name: 'callers that speak plain text, and pods that want to know who they are',
        manifests: [
          ...shop,
          atPods('web'),
          {
            apiVersion: 'networking.istio.io/v1',
            kind: 'DestinationRule',
            metadata: { name: 'plain', namespace: 'shop' },
            spec: { host: 'cart', trafficPolicy: { tls: { mode: 'DISABLE' } } },
          },
        ],
        expect: [
          {
            object: 'DestinationRule shop/plain',
            pointer: '/spec/trafficPolicy/tls/mode',
            message:
              'DestinationRule "plain" of namespace "shop" has Deployment "web" speak plain text to Service shop/cart, so nobody knows who it is: AuthorizationPolicy "cart" refuses its calls to Deployment "cart", port 8080',
          },
        ],
      },
      {
        name: 'a proxy that refuses what it does not know',
        manifests: [
          ...shop,
          {
            apiVersion: 'networking.istio.io/v1',
            kind: 'Sidecar',
            metadata: { name: 'web', namespace: 'shop' },
            spec: {
              workloadSelector: { labels: { app: 'web' } },
              outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
              egress: [{ hosts: ['istio-system/*'] }],
            },
          },
        ],
        expect: [
          {
            object: 'Sidecar shop/web',
            message:
              'Sidecar "web" of namespace "shop" does not know Service shop/cart, which Deployment "web" calls, and refuses what it does not know (REGISTRY_ONLY)',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a Server of Linkerd that knows the caller',
        manifests: [inLinkerd, ...shop.slice(1), linkerdServer, ...letInByLinkerd('web')],
      },
      {
        name: 'a Server of Linkerd that only logs',
        manifests: [
          inLinkerd,
          ...shop.slice(1),
          { ...linkerdServer, spec: { ...linkerdServer.spec, accessPolicy: 'audit' } },
        ],
      },
      { name: 'a Server of pods without a proxy', manifests: [namespace('shop', {}), ...shop.slice(1), linkerdServer] },
      {
        name: 'each end of the catalog names the other',
        manifests: [
          namespace(),
          deployment('api'),
          deployment('cart'),
          service('cart'),
          ofCatalog('api', { policyTypes: ['Egress'], egress: [{ to: [podsOfApp('cart')], ports: [port] }] }),
          ofCatalog('cart', { ingress: [{ from: [podsOfApp('api')], ports: [port] }] }),
        ],
      },
      {
        name: 'the waypoint knows the caller, and the pods know the waypoint',
        manifests: [...throughWaypoint, atWaypoint('web'), atPods('waypoint')],
      },
      {
        name: 'both ends let it through, in each phase of a rollout',
        manifests: [
          ...shop,
          canary('cart'),
          network('cart', {
            podSelector: both,
            ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 8080 }] }],
          }),
          network('web', {
            podSelector: { matchLabels: { app: 'web' } },
            policyTypes: ['Egress'],
            egress: [{ to: [{ podSelector: both }] }, { ports: [{ port: 53, protocol: 'UDP' }] }],
          }),
        ],
      },
      { name: 'the mesh knows the caller', manifests: [...shop, authorization('cart', 'web')] },
    ],
  }),
});

/** The pods at the beginning of an edge: those of a workload and of its primary, or of a gateway. Load tests have rules of their own. */
/** A connection that pods need, with the pods at its ends. */
interface Call extends Receiver {
  readonly via: Edge['via'];
  readonly to: Edge['to'];
  readonly servicePorts: readonly (number | undefined)[];
  readonly sender: Pods;
}

/** Calls whose address is somewhere to be seen, and those that policies of the catalog name at one end. */
function callsOf(world: World): Call[] {
  const gateways = new Map<string, Pods | undefined>();
  const seen = world.edges().flatMap((edge) => {
    const receivers = receiversOf(world, edge);
    const of = { via: edge.via, to: edge.to, servicePorts: servicePortsOf(world, edge) };
    return sendersOf(world, edge, gateways).flatMap((sender) =>
      receivers.map((receiver): Call => ({ ...of, ...receiver, sender })),
    );
  });
  const stated = unseenCalls(world).flatMap(({ sender, receiver, port }): Call[] => {
    const to = serviceOf(world, receiver);
    const isTunnelled = sender.injection.ambient && receiver.injection.ambient;
    const ports = [isTunnelled ? undefined : port];
    return to ? [{ via: 'workload', to, servicePorts: [undefined], sender: podsOf(sender), receiver, ports }] : [];
  });
  const callers = statedCallers(world).flatMap(({ pods, receiver, ports }): Call[] => {
    const to = serviceOf(world, receiver);
    const isTunnelled = pods?.injection.ambient && receiver.injection.ambient;
    if (!pods || !to) return [];
    const of = { via: 'workload', to, servicePorts: [undefined], sender: pods, receiver } as const;
    return isTunnelled ? [{ ...of, ports: [undefined] }] : ports.map((port) => ({ ...of, ports: [port] }));
  });
  return [...seen, ...stated, ...callers];
}

/** The Service by which others call a workload; of target and primary it is the one that both take turns behind. */
function serviceOf(world: World, receiver: Workload): Edge['to'] | undefined {
  const { entry } = receiver;
  const { madeBy } = entry;
  const canary = madeBy ? world.canary(madeBy.namespace, madeBy.name) : world.canaryOfTarget(entry);
  if (canary) return { namespace: canary.namespace, name: canary.apexName };
  return world.servicesOf(receiver)[0];
}

const unseen = new WeakMap<World, readonly StatedCall[]>();

/** Those of which no address with its port is to be seen: of a port alone in a variable, or of a caller that knows it by itself. */
function unseenCalls(world: World): readonly StatedCall[] {
  const before = unseen.get(world);
  if (before) return before;
  const keyOf = ({ kind, namespace, name }: Workload, to: Edge['to'], port: number | undefined) =>
    `${kind} ${namespace}/${name} ${to.namespace}/${to.name} ${port}`;
  const known = new Set(
    world.edges().flatMap((edge) => {
      const { via, workload, to, port } = edge;
      if (via !== 'workload' || !workload || port === undefined) return [];
      return receiversOf(world, edge).flatMap(({ ports }) => ports.map((one) => keyOf(workload, to, one)));
    }),
  );
  const found = statedCalls(world).filter(({ sender, receiver, port }) => {
    const { madeBy } = sender.entry;
    const target = (madeBy && world.canary(madeBy.namespace, madeBy.name)?.target) ?? sender;
    const to = serviceOf(world, receiver);
    return to !== undefined && !known.has(keyOf(target, to, port));
  });
  unseen.set(world, found);
  return found;
}

function sendersOf(world: World, { via, workload, route }: Edge, known: Map<string, Pods | undefined>): Pods[] {
  if (via === 'workload' && workload) {
    const primary = world.canaryOfTarget(workload.entry)?.primary;
    return [workload, ...(primary ? [primary] : [])].map((one) => podsOf(one));
  }
  if (via !== 'route' || !route?.isGateway) return [];
  return route.gateways.flatMap((gateway) => {
    if (gateway === 'mesh') return [];
    // Many routes share one.
    if (!known.has(gateway)) known.set(gateway, gatewayPods(world, gateway));
    return known.get(gateway) ?? [];
  });
}

interface Receiver {
  readonly receiver: Workload;
  /** Ports of the pods, one of which has to be open; undefined: not known. */
  readonly ports: readonly (number | undefined)[];
  readonly about?: CanaryView;
}

/** The pods at the end of an edge; of a canary's Services those of target and primary, which take turns. */
function receiversOf(world: World, { to, port }: Edge): Receiver[] {
  const service = world.service(to.namespace, to.name);
  if (!service) return [];
  const { canary: about } = service;
  const workloads = about ? [about.target, about.primary].filter((one) => one !== undefined) : service.workloads;
  const targets = port === undefined ? service.ports.map((one) => one.targetPort) : [service.port(port)?.targetPort];
  return workloads.map((receiver) => ({
    receiver,
    ports: targets.length === 0 ? [undefined] : targets.map((target) => podPort(receiver, target)),
    ...(about && { about }),
  }));
}

/** The ports of the Service that a call may mean. */
function servicePortsOf(world: World, { to, port }: Edge): (number | undefined)[] {
  if (port !== undefined) return [port];
  const ports = world.service(to.namespace, to.name)?.ports ?? [];
  return ports.length === 0 ? [undefined] : ports.map((one) => one.port);
}

const NO_PROXY = { sidecar: 'no', reason: 'it speaks plain text', ambient: false } as const;

/** The DestinationRule by which callers send to a Service without mutual TLS. */
function plainTextRule(world: World, { namespace, name }: Edge['to']): Entry | undefined {
  return world.writtenDestinationRulesOf(namespace, name).find(({ object }) => {
    const mode = textAt(object, 'spec', 'trafficPolicy', 'tls', 'mode');
    return mode === 'DISABLE' || mode === 'SIMPLE';
  });
}

interface Hidden {
  readonly workload: Workload;
  readonly to: Edge['to'];
  readonly hiding: Entry;
}

/** Calls of pods whose Sidecar does not know the Service and sends to nobody else. */
function hiddenCalls(world: World): Hidden[] {
  if (world.ofKind('Sidecar').length === 0) return [];
  const known = world.edges().flatMap(({ via, workload, to, port }): Hidden[] => {
    // That of a canary of Istio's is another rule's.
    if (via !== 'workload' || !workload || world.canaryOfService(to.namespace, to.name)?.isIstio) return [];
    const hiding = refusingSidecar(world, workload, to, port);
    return hiding ? [{ workload, to, hiding }] : [];
  });
  const stated = unseenCalls(world).flatMap(({ sender, receiver }): Hidden[] => {
    if (sender.entry.madeBy) return [];
    const to = serviceOf(world, receiver);
    const hiding = to && refusingSidecar(world, sender, to, undefined);
    return to && hiding ? [{ workload: sender, to, hiding }] : [];
  });
  return [...known, ...stated];
}

function refusingSidecar(world: World, workload: Workload, to: Edge['to'], port: number | undefined) {
  if (workload.injection.sidecar === 'no') return undefined;
  const entry = hidingSidecar(world, workload, to.namespace, to.name, port);
  return textAt(entry?.object, 'spec', 'outboundTrafficPolicy', 'mode') === 'REGISTRY_ONLY' ? entry : undefined;
}
