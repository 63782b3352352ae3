import { nearest } from '../../findings';
import {
  at,
  type Fields,
  fieldsAt,
  hostMatches,
  isFields,
  labelSelectorOf,
  listAt,
  matchesLabels,
  numberAt,
  textAt,
  textMapAt,
} from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment, namespace } from '../case-manifests';
import { rule } from '../rule';

const gateway = (listener: object) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'public', namespace: 'ingress' },
  spec: {
    gatewayClassName: 'istio',
    listeners: [
      { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } }, ...listener },
    ],
  },
});
const routed = (ref: object = {}, hosts = ['shop.example.com']) =>
  canary('frontend', {
    spec: { provider: 'gatewayapi:v1' },
    service: { hosts, gatewayRefs: [{ name: 'public', namespace: 'ingress', ...ref }] },
    analysis: { metrics: [] },
  });

export default rule({
  id: 'gwapi-parent-rejected',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A Gateway takes a route only through a listener that allows the namespace and the kind of the route, has its section name and port, and a host in common. Without one it sets Accepted to False, and Flagger, which reads that condition of each parent before it touches a weight, stops there: the Canary does not leave the phase in which it is.',
  cause: 'Flagger does nothing while a parent of the route has not accepted it',
  source: [
    'fluxcd/flagger v1.44 pkg/router/gateway_api.go (GetRoutes)',
    'kubernetes-sigs/gateway-api v1 apis/v1/gateway_types.go (AllowedRoutes)',
  ],
  codes: ['GWAPI_PARENT_REJECTED'],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isGatewayApi) return;
    for (const [index, ref] of canary.gatewayRefs.entries()) {
      const parent = parentOf(world, canary, ref);
      if (!parent) continue;
      const problem = problemOf(world, canary, ref, parent);
      if (!problem) continue;
      const { listener, near, ...words } = problem;
      const at = listener === undefined ? undefined : `/spec/listeners/${listener}`;
      report(at === undefined ? canary : parent, {
        about: canary,
        ...(near ? { nearest: near } : {}),
        ...words,
        pointer: at ?? `/spec/service/${words.pointer ?? `gatewayRefs/${index}`}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'routes of the same namespace only, which is the default',
        manifests: [deployment('frontend'), gateway({ allowedRoutes: undefined }), routed()],
        expect: [
          {
            object: 'Gateway ingress/public',
            pointer: '/spec/listeners/0',
            message:
              'no listener of Gateway ingress/public takes routes of namespace "shop", where the route of Canary "frontend" is: "http" takes those of its own namespace',
          },
        ],
      },
      {
        name: 'the namespace does not have the label',
        manifests: [
          namespace('shop', {}),
          deployment('frontend'),
          gateway({
            allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { 'shop-access': 'yes' } } } },
          }),
          routed(),
        ],
        expect: [
          {
            object: 'Gateway ingress/public',
            message:
              'no listener of Gateway ingress/public takes routes of namespace "shop", where the route of Canary "frontend" is: "http" takes those of namespaces that its selector selects',
          },
        ],
      },
      {
        name: 'a section name that no listener has',
        manifests: [deployment('frontend'), gateway({}), routed({ sectionName: 'htpp' })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gatewayRefs/0',
            message: 'Gateway ingress/public has no listener "htpp", which Canary "frontend" names: it has "http" (80)',
          },
        ],
      },
      {
        name: 'another port',
        manifests: [deployment('frontend'), gateway({}), routed({ port: 8080 })],
        expect: [
          {
            object: 'Canary shop/frontend',
            message:
              'Gateway ingress/public has no listener on port 8080, which Canary "frontend" names: it has "http" (80)',
          },
        ],
      },
      {
        name: 'no host in common',
        manifests: [deployment('frontend'), gateway({ hostname: '*.example.org' }), routed()],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/hosts',
            message:
              'Gateway ingress/public takes none of the hosts of Canary "frontend" (shop.example.com): "http" takes "*.example.org"',
          },
        ],
      },
      {
        name: 'a listener for TLS routes',
        manifests: [deployment('frontend'), gateway({ protocol: 'TLS', port: 443 }), routed()],
        expect: [
          {
            object: 'Canary shop/frontend',
            message:
              'no listener of Gateway ingress/public takes HTTPRoutes, of which kind the route of Canary "frontend" is: "http" is of protocol TLS',
          },
        ],
      },
    ],
    good: [
      { name: 'a listener for all', manifests: [deployment('frontend'), gateway({}), routed()] },
      {
        name: 'the namespace has the label, and the host fits',
        manifests: [
          namespace('shop', { 'shop-access': 'yes' }),
          deployment('frontend'),
          gateway({
            hostname: '*.example.com',
            allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { 'shop-access': 'yes' } } } },
          }),
          routed({ sectionName: 'http', port: 80 }),
        ],
      },
      {
        name: 'the labels of the namespace are not known',
        manifests: [
          deployment('frontend'),
          gateway({
            allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { 'shop-access': 'yes' } } } },
          }),
          routed(),
        ],
      },
      { name: 'the Gateway is not among the manifests', manifests: [deployment('frontend'), routed()] },
    ],
  }),
});

interface Problem {
  readonly message: string;
  readonly fix: string;
  readonly near?: string | undefined;
  /** Field of `spec.service`, where it is not the reference. */
  readonly pointer?: string;
  /** Index of the listener that has to change; undefined: the Canary has to. */
  readonly listener?: number;
}

interface Listener {
  readonly index: number;
  readonly fields: Fields;
  readonly name: string;
  readonly port: number | undefined;
}

function parentOf(world: World, canary: CanaryView, ref: Fields): Entry | undefined {
  if ((textAt(ref, 'kind') || 'Gateway') !== 'Gateway') return undefined;
  const reference = `${textAt(ref, 'namespace') || canary.namespace}/${textAt(ref, 'name') ?? ''}`;
  return world.gateway(reference, 'gateway.networking.k8s.io');
}

/** The first reason why none of the listeners is left for the route: each condition is asked of those that the one before left. */
function problemOf(world: World, canary: CanaryView, ref: Fields, parent: Entry): Problem | undefined {
  const gateway = `Gateway ${parent.namespace}/${parent.name}`;
  const its = `the route of Canary "${canary.name}" is`;
  const listeners = listAt(parent.object, 'spec', 'listeners')
    .filter(isFields)
    .map(
      (fields, index): Listener => ({
        index,
        fields,
        name: textAt(fields, 'name') ?? '',
        port: numberAt(fields, 'port'),
      }),
    );
  const [first] = listeners;
  if (!first) return undefined;
  const all = listeners.map(({ name, port }) => `"${name}" (${port})`).join(', ');
  const section = textAt(ref, 'sectionName');
  const named = listeners.filter(({ name }) => !section || name === section);
  if (named.length === 0) {
    const near = nearest(
      section ?? '',
      listeners.map(({ name }) => name),
    );
    return {
      message: `${gateway} has no listener "${section}", which Canary "${canary.name}" names: it has ${all}`,
      fix: `write sectionName: ${near ?? first.name}`,
      near,
    };
  }
  const port = numberAt(ref, 'port');
  const atPort = named.filter((listener) => port === undefined || listener.port === port);
  if (atPort.length === 0)
    return {
      message: `${gateway} has no listener on port ${port}, which Canary "${canary.name}" names: it has ${all}`,
      fix: `write port: ${named[0]?.port}, or leave it out`,
    };
  const ofKind = atPort.filter(({ fields }) => takesHttpRoutes(fields));
  if (ofKind.length === 0)
    return {
      message: `no listener of ${gateway} takes HTTPRoutes, of which kind ${its}: ${atPort.map(({ name, fields }) => `"${name}" is of protocol ${textAt(fields, 'protocol') ?? 'none'}`).join(', ')}`,
      fix: `add a listener of protocol HTTP or HTTPS to ${gateway}, and name it here`,
    };
  const fromHere = ofKind.filter(({ fields }) => takesNamespace(world, fields, parent.namespace, canary.namespace));
  if (fromHere.length === 0) {
    const from = ofKind.map(({ name, fields }) => `"${name}" takes ${namespacesTaken(fields)}`).join(', ');
    return {
      message: `no listener of ${gateway} takes routes of namespace "${canary.namespace}", where ${its}: ${from}`,
      fix: namespaceFix(ofKind[0] ?? first, gateway, canary.namespace),
      listener: ofKind[0]?.index ?? 0,
    };
  }
  const hosts = fromHere.map(({ fields }) => textAt(fields, 'hostname') ?? '').filter((host) => host !== '');
  const meets = canary.hosts.length === 0 || hosts.length < fromHere.length;
  if (meets || canary.hosts.some((host) => hosts.some((pattern) => hostMatches(pattern, host)))) return undefined;
  return {
    message: `${gateway} takes none of the hosts of Canary "${canary.name}" (${canary.hosts.join(', ')}): ${fromHere.map(({ name, fields }) => `"${name}" takes "${textAt(fields, 'hostname')}"`).join(', ')}`,
    fix: `write a host that matches ${hosts.map((host) => `"${host}"`).join(' or ')} in service.hosts, or add a listener for ${canary.hosts[0]} to ${gateway}`,
    pointer: 'hosts',
  };
}

function takesHttpRoutes(listener: Fields): boolean {
  const kinds = listAt(listener, 'allowedRoutes', 'kinds');
  if (kinds.length > 0) return kinds.some((kind) => textAt(kind, 'kind') === 'HTTPRoute');
  const protocol = textAt(listener, 'protocol') ?? '';
  // Others than the standard ones are an implementation's own: it knows what they take.
  return !['TCP', 'UDP', 'TLS'].includes(protocol);
}

function takesNamespace(world: World, listener: Fields, own: string, namespace: string): boolean {
  switch (textAt(listener, 'allowedRoutes', 'namespaces', 'from') || 'Same') {
    case 'Same':
      return own === namespace;
    case 'Selector': {
      const entry = world.given('Namespace', '', namespace);
      const selector = labelSelectorOf(at(listener, 'allowedRoutes', 'namespaces', 'selector'));
      return !entry || matchesLabels(selector, { ...entry.labels, 'kubernetes.io/metadata.name': namespace });
    }
    case 'None':
      return false;
    default:
      return true;
  }
}

function namespacesTaken(listener: Fields): string {
  switch (textAt(listener, 'allowedRoutes', 'namespaces', 'from') || 'Same') {
    case 'Same':
      return 'those of its own namespace';
    case 'Selector':
      return 'those of namespaces that its selector selects';
    default:
      return 'none';
  }
}

function namespaceFix({ fields, name }: Listener, gateway: string, namespace: string): string {
  const selector = fieldsAt(fields, 'allowedRoutes', 'namespaces', 'selector');
  const labels = Object.entries(textMapAt(selector, 'matchLabels')).map(([key, value]) => `${key}: "${value}"`);
  const isBySelector = textAt(fields, 'allowedRoutes', 'namespaces', 'from') === 'Selector';
  if (isBySelector && labels.length > 0 && listAt(selector, 'matchExpressions').length === 0)
    return `add the ${labels.length === 1 ? 'label' : 'labels'} ${labels.join(', ')} to Namespace "${namespace}"`;
  return `write allowedRoutes: {namespaces: {from: All}} at listener "${name}" of ${gateway}`;
}
