import {
  at,
  canonicalJson,
  fieldsAt,
  isFields,
  isolatedDirections,
  listAt,
  textAt,
  textMapAt,
  textsAt,
} from '../../kube';
import type { Entry } from '../../world';
import { listed } from '../ask';
import { annotated, networkPolicy, object } from '../case-objects';
import { danger } from '../danger';

const fromPods = (app: string) => ({ podSelector: { matchLabels: { app } } });
const allow = (rules: readonly unknown[]) =>
  object('security.istio.io/v1', 'AuthorizationPolicy', 'cart', { spec: { rules } });
const principals = (...names: string[]) => ({ from: [{ source: { principals: names } }] });
const port = { port: 7070 };
const https = { number: 443, name: 'https', protocol: 'TLS' };
const outside = (spec: object) => object('networking.istio.io/v1', 'ServiceEntry', 'api', { spec });

/** What a policy lets through, or no longer refuses. */
interface Opening {
  readonly pointer: string;
  /** For people. */
  readonly what: string;
  /** Whether it is more than somebody by name. */
  readonly isWide: boolean;
}

export default danger({
  id: 'policy-lets-more-through',
  severity: 'warning',
  since: '0.2.0',
  why: 'A policy that is kept and lets more through is easy to overlook in a review: a port that is left out opens all of them, a selector of a whole namespace takes the place of one caller, a policy that only logs refuses nobody. One more caller by name is what a new call needs: it is a note. (A rule without any peer, and a policy that goes, have dangers of their own.)',
  cause: 'connections that were refused get through',
  source: [
    'kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go (NetworkPolicySpec)',
    'istio.io/latest/docs/reference/config/security/authorization-policy',
    'istio.io/latest/docs/reference/config/networking/sidecar',
    'istio.io/latest/docs/reference/config/networking/service-entry',
  ],
  check(diff, report) {
    for (const change of diff.of(...Object.keys(OPENINGS))) {
      const { before, after, kind, name } = change;
      if (!before || !after) continue;
      const found = OPENINGS[kind]?.(before, after) ?? [];
      for (const isWide of [true, false]) {
        const [first, ...rest] = found.filter((one) => one.isWide === isWide);
        if (!first) continue;
        const whats = [...new Set([first, ...rest].map(({ what }) => what))];
        report(change, {
          pointer: first.pointer,
          severity: isWide ? 'warning' : 'info',
          message: `${kind} "${name}" lets more through: ${listed(whats)}`,
          fix: isWide
            ? 'name the pods and the ports that need it, or say in the commit why all of them do'
            : 'nothing, where the new call is meant',
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'the ports of a rule are left out',
        before: [networkPolicy('cart', { ingress: [{ from: [fromPods('web')], ports: [port] }] })],
        after: [networkPolicy('cart', { ingress: [{ from: [fromPods('web')] }] })],
        expect: [
          {
            object: 'NetworkPolicy shop/cart',
            message: 'NetworkPolicy "cart" lets more through: pods with app: web, all ports',
          },
        ],
      },
      {
        name: 'a whole namespace, and every address',
        before: [networkPolicy('cart', { ingress: [{ from: [fromPods('web')], ports: [port] }] })],
        after: [
          networkPolicy('cart', {
            ingress: [
              {
                from: [fromPods('web'), { namespaceSelector: {} }, { ipBlock: { cidr: '0.0.0.0/0' } }],
                ports: [port],
              },
            ],
          }),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/cart',
            message:
              'NetworkPolicy "cart" lets more through: all pods of all namespaces, port 7070, the addresses 0.0.0.0/0, port 7070',
          },
        ],
      },
      {
        name: 'egress is no longer isolated, and the pods are others',
        before: [networkPolicy('cart', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })],
        after: [networkPolicy('cart', { podSelector: { matchLabels: { app: 'cart' } }, policyTypes: ['Ingress'] })],
        expect: [
          {
            object: 'NetworkPolicy shop/cart',
            message: 'NetworkPolicy "cart" lets more through: it no longer isolates the egress, it selects other pods',
          },
        ],
      },
      {
        name: 'one more caller by name is a note',
        before: [networkPolicy('cart', { ingress: [{ from: [fromPods('web')], ports: [port] }] })],
        after: [networkPolicy('cart', { ingress: [{ from: [fromPods('web'), fromPods('api')], ports: [port] }] })],
        expect: [
          {
            object: 'NetworkPolicy shop/cart',
            severity: 'info',
            message: 'NetworkPolicy "cart" lets more through: pods with app: api, port 7070',
          },
        ],
      },
      {
        name: 'the mesh only logs',
        before: [allow([principals('cluster.local/ns/shop/sa/web')])],
        after: [annotated(allow([principals('cluster.local/ns/shop/sa/web')]), { 'istio.io/dry-run': 'true' })],
        expect: [
          {
            object: 'AuthorizationPolicy shop/cart',
            message: 'AuthorizationPolicy "cart" lets more through: it only logs (istio.io/dry-run)',
          },
        ],
      },
      {
        name: 'a pattern in place of a caller',
        before: [allow([principals('cluster.local/ns/shop/sa/web')])],
        after: [allow([principals('cluster.local/ns/shop/*')])],
        expect: [
          {
            object: 'AuthorizationPolicy shop/cart',
            message: 'AuthorizationPolicy "cart" lets more through: principals cluster.local/ns/shop/*, all requests',
          },
        ],
      },
      {
        name: 'more hosts outside, at whatever address',
        before: [outside({ hosts: ['api.example.com'], ports: [https], resolution: 'DNS' })],
        after: [outside({ hosts: ['api.example.com', '*.example.com'], ports: [https], resolution: 'NONE' })],
        expect: [
          {
            object: 'ServiceEntry shop/api',
            message:
              'ServiceEntry "api" lets more through: host *.example.com, whatever address the caller chooses (resolution NONE)',
          },
        ],
      },
      {
        name: 'the proxy sends to hosts that it does not know',
        before: [
          object('networking.istio.io/v1', 'Sidecar', 'web', {
            spec: { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' }, egress: [{ hosts: ['shop/cart.shop.svc'] }] },
          }),
        ],
        after: [
          object('networking.istio.io/v1', 'Sidecar', 'web', {
            spec: { egress: [{ hosts: ['shop/cart.shop.svc'] }] },
          }),
        ],
        expect: [
          {
            object: 'Sidecar shop/web',
            message: 'Sidecar "web" lets more through: hosts that no object names (no longer REGISTRY_ONLY)',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a caller goes',
        before: [networkPolicy('cart', { ingress: [{ from: [fromPods('web'), fromPods('api')], ports: [port] }] })],
        after: [networkPolicy('cart', { ingress: [{ from: [fromPods('web')], ports: [port] }] })],
      },
      {
        name: 'the same in another order',
        before: [networkPolicy('cart', { ingress: [{ from: [fromPods('web'), fromPods('api')], ports: [port] }] })],
        after: [
          networkPolicy('cart', {
            ingress: [
              { from: [fromPods('api')], ports: [port] },
              { from: [fromPods('web')], ports: [port] },
            ],
          }),
        ],
      },
    ],
  },
});

function networkOpenings(before: Entry, after: Entry): Opening[] {
  const found: Opening[] = [];
  for (const [type, direction, side] of [
    ['Ingress', 'ingress', 'from'],
    ['Egress', 'egress', 'to'],
  ] as const) {
    const [was, is] = [before, after].map(({ object }) => isolatedDirections(object).includes(type));
    if (was && !is)
      found.push({ pointer: '/spec/policyTypes', what: `it no longer isolates the ${direction}`, isWide: true });
    if (!was || !is) continue;
    const known = new Set(atoms(before, direction, side).map(({ key }) => key));
    const open = new Set(
      atoms(before, direction, side).flatMap(({ peerKey, isAllPorts }) => (isAllPorts ? [peerKey] : [])),
    );
    for (const atom of atoms(after, direction, side))
      if (!known.has(atom.key) && !open.has(atom.peerKey))
        found.push({ pointer: `/spec/${direction}`, what: atom.what, isWide: atom.isWide });
  }
  const selectors = [before, after].map(({ object }) => canonicalJson(at(object, 'spec', 'podSelector') ?? {}));
  if (selectors[0] !== selectors[1])
    found.push({ pointer: '/spec/podSelector', what: 'it selects other pods', isWide: true });
  return found;
}

interface Atom extends Omit<Opening, 'pointer'> {
  readonly key: string;
  readonly peerKey: string;
  readonly isAllPorts: boolean;
}

/** One peer and one port each; rules without a peer are another danger's. */
function atoms({ object }: Entry, direction: string, side: string): Atom[] {
  return listAt(object, 'spec', direction).flatMap((rule) => {
    const ports = listAt(rule, 'ports');
    return listAt(rule, side).flatMap((peer) =>
      (ports.length === 0 ? [undefined] : ports).map((port): Atom => {
        const number = at(port, 'port');
        const isAllPorts = port === undefined || number === undefined;
        const text = isAllPorts
          ? 'all ports'
          : `port ${number}${at(port, 'endPort') ? ` to ${at(port, 'endPort')}` : ''}`;
        return {
          key: `${canonicalJson(peer)} ${canonicalJson(port ?? null)}`,
          peerKey: canonicalJson(peer),
          isAllPorts,
          what: `${peerText(peer)}, ${text}`,
          isWide: isWidePeer(peer) || isAllPorts || at(port, 'endPort') !== undefined,
        };
      }),
    );
  });
}

const isEmptySelector = (selector: unknown): boolean =>
  !isFields(selector) ||
  (Object.keys(textMapAt(selector, 'matchLabels')).length === 0 && listAt(selector, 'matchExpressions').length === 0);

const isWidePeer = (peer: unknown): boolean =>
  at(peer, 'ipBlock') !== undefined
    ? !/\/(32|128)$/.test(textAt(peer, 'ipBlock', 'cidr') ?? '')
    : isEmptySelector(at(peer, 'podSelector'));

function peerText(peer: unknown): string {
  const cidr = textAt(peer, 'ipBlock', 'cidr');
  if (cidr !== undefined) return `the addresses ${cidr}`;
  const pods = isEmptySelector(at(peer, 'podSelector'))
    ? 'all pods'
    : `pods with ${selectorText(at(peer, 'podSelector'))}`;
  const spaces = at(peer, 'namespaceSelector');
  if (!isFields(spaces)) return pods;
  return `${pods} of ${isEmptySelector(spaces) ? 'all namespaces' : `namespaces with ${selectorText(spaces)}`}`;
}

function selectorText(selector: unknown): string {
  const labels = Object.entries(textMapAt(selector, 'matchLabels')).map(([key, value]) => `${key}: ${value}`);
  const rest = listAt(selector, 'matchExpressions').map(
    (one) => `${textAt(one, 'key')} ${textAt(one, 'operator')} ${textsAt(one, 'values').join(', ')}`,
  );
  return [...labels, ...rest].join(', ');
}

function authorizationOpenings(before: Entry, after: Entry): Opening[] {
  const isDeny = textAt(before.object, 'spec', 'action') === 'DENY';
  if (isDeny) return [];
  const found: Opening[] = [];
  const dry = ({ annotations }: Entry) => annotations['istio.io/dry-run'] === 'true';
  if (dry(after) && !dry(before))
    found.push({ pointer: '/metadata/annotations', what: 'it only logs (istio.io/dry-run)', isWide: true });
  const target = ({ object }: Entry) =>
    canonicalJson(['selector', 'targetRefs', 'targetRef'].map((field) => at(object, 'spec', field) ?? ''));
  const asks = ({ object }: Entry) => listAt(object, 'spec', 'requiredAuthenticationRefs').map(canonicalJson);
  if (asks(before).some((ref) => !asks(after).includes(ref)))
    found.push({ pointer: '/spec/requiredAuthenticationRefs', what: 'it asks for something else', isWide: true });
  if (target(before) !== target(after)) found.push({ pointer: '/spec', what: 'it is about other pods', isWide: true });
  const known = new Set(requests(before).map(({ key }) => key));
  for (const { key, what, isWide } of requests(after))
    if (!known.has(key)) found.push({ pointer: '/spec/rules', what, isWide });
  return found;
}

/** One source and one operation each; empty rules are another danger's. */
function requests({ object }: Entry): (Omit<Opening, 'pointer'> & { readonly key: string })[] {
  return listAt(object, 'spec', 'rules').flatMap((rule) => {
    if (isFields(rule) && Object.keys(rule).length === 0) return [];
    const operations = listAt(rule, 'to').map((to) => fieldsAt(to, 'operation'));
    const sources = listAt(rule, 'from').map((from) => fieldsAt(from, 'source'));
    const single = sources.flatMap((source) => {
      const { principals, ...rest } = source;
      return Array.isArray(principals) && principals.length > 0
        ? principals.map((one: unknown) => ({ ...rest, principals: [one] }))
        : [source];
    });
    return (single.length === 0 ? [{}] : single).flatMap((source) =>
      (operations.length === 0 ? [{}] : operations).map((operation) => {
        const text = canonicalJson(source);
        return {
          key: `${text} ${canonicalJson(operation)} ${canonicalJson(listAt(rule, 'when'))}`,
          what: `${sourceText(source)}, ${operationText(operation)}`,
          isWide: text.includes('*') || text === '{}' || Object.keys(operation).length === 0,
        };
      }),
    );
  });
}

const sourceText = (source: Readonly<Record<string, unknown>>): string =>
  Object.keys(source).length === 0
    ? 'everybody'
    : Object.keys(source)
        .map((key) => `${key} ${textsAt(source, key).join(', ')}`)
        .join(', ');

const operationText = (operation: Readonly<Record<string, unknown>>): string =>
  Object.keys(operation).length === 0
    ? 'all requests'
    : Object.keys(operation)
        .sort()
        .map((key) => `${key} ${textsAt(operation, key).join(', ')}`)
        .join(', ');

function sidecarOpenings(before: Entry, after: Entry): Opening[] {
  const found: Opening[] = [];
  const mode = ({ object }: Entry) => textAt(object, 'spec', 'outboundTrafficPolicy', 'mode');
  if (mode(before) === 'REGISTRY_ONLY' && mode(after) !== 'REGISTRY_ONLY')
    found.push({
      pointer: '/spec/outboundTrafficPolicy',
      what: 'hosts that no object names (no longer REGISTRY_ONLY)',
      isWide: true,
    });
  const hosts = ({ object }: Entry) => listAt(object, 'spec', 'egress').flatMap((egress) => textsAt(egress, 'hosts'));
  const known = new Set(hosts(before));
  for (const host of hosts(after))
    if (!known.has(host)) found.push({ pointer: '/spec/egress', what: `host ${host}`, isWide: host.includes('*') });
  const pods = ({ object }: Entry) => canonicalJson(at(object, 'spec', 'workloadSelector') ?? {});
  if (pods(before) !== pods(after))
    found.push({ pointer: '/spec/workloadSelector', what: 'it is about other pods', isWide: true });
  return found;
}

/** What the mesh knows outside, and so lets through where proxies send to what they know alone. */
function entryOpenings(before: Entry, after: Entry): Opening[] {
  const found: Opening[] = [];
  const add = (field: string, what: string, isWide: boolean) => found.push({ pointer: `/spec/${field}`, what, isWide });
  const texts = ({ object }: Entry, field: string) => textsAt(object, 'spec', field);
  for (const host of texts(after, 'hosts'))
    if (!texts(before, 'hosts').includes(host)) add('hosts', `host ${host}`, host.startsWith('*'));
  const ports = ({ object }: Entry) => listAt(object, 'spec', 'ports').map((port) => at(port, 'number'));
  for (const port of ports(after)) if (!ports(before).includes(port)) add('ports', `port ${port}`, false);
  for (const address of texts(after, 'addresses'))
    if (!texts(before, 'addresses').includes(address))
      add('addresses', `the addresses ${address}`, address.includes('/') && !/\/(32|128)$/.test(address));
  const resolution = ({ object }: Entry) => textAt(object, 'spec', 'resolution') ?? 'NONE';
  if (resolution(after) === 'NONE' && resolution(before) !== 'NONE')
    add('resolution', 'whatever address the caller chooses (resolution NONE)', true);
  const spaces = texts(after, 'exportTo');
  const isForAll = (list: readonly string[]) => list.length === 0 || list.includes('*');
  if (isForAll(spaces) && !isForAll(texts(before, 'exportTo'))) add('exportTo', 'every namespace', true);
  return found;
}

const OPENINGS: Readonly<Record<string, (before: Entry, after: Entry) => Opening[]>> = {
  NetworkPolicy: networkOpenings,
  AuthorizationPolicy: authorizationOpenings,
  Sidecar: sidecarOpenings,
  ServiceEntry: entryOpenings,
  Server: serverOpenings,
  MeshTLSAuthentication: identityOpenings,
  NetworkAuthentication: networksOpenings,
};

/** Linkerd's policy for a port: what it does with those whom nobody lets in, and which pods it is about. */
function serverOpenings(before: Entry, after: Entry): Opening[] {
  const access = ({ object }: Entry) => textAt(object, 'spec', 'accessPolicy') ?? 'deny';
  const about = ({ object }: Entry) => canonicalJson([at(object, 'spec', 'podSelector'), at(object, 'spec', 'port')]);
  const pods = '/spec/podSelector';
  return [
    ...(access(before) === 'deny' && access(after) !== 'deny'
      ? [{ pointer: '/spec/accessPolicy', what: `whom nobody lets in (accessPolicy ${access(after)})`, isWide: true }]
      : []),
    ...(about(before) === about(after)
      ? []
      : [{ pointer: pods, what: 'it is about other pods or ports', isWide: true }]),
  ];
}

function identityOpenings(before: Entry, after: Entry): Opening[] {
  const identities = ({ object }: Entry): { readonly key: string; readonly isWide: boolean }[] => [
    ...textsAt(object, 'spec', 'identities').map((name) => ({ key: name, isWide: name.startsWith('*') })),
    ...listAt(object, 'spec', 'identityRefs').map((ref) => ({
      key: `${textAt(ref, 'kind')} ${textAt(ref, 'namespace') ?? ''}/${textAt(ref, 'name')}`.replace(' /', ' '),
      isWide: textAt(ref, 'kind') === 'Namespace',
    })),
  ];
  const known = new Set(identities(before).map(({ key }) => key));
  return identities(after)
    .filter(({ key }) => !known.has(key))
    .map(({ key, isWide }) => ({ pointer: '/spec', what: key, isWide }));
}

function networksOpenings(before: Entry, after: Entry): Opening[] {
  const networks = ({ object }: Entry) => listAt(object, 'spec', 'networks');
  const known = new Set(networks(before).map(canonicalJson));
  return networks(after)
    .filter((one) => !known.has(canonicalJson(one)))
    .map((one) => {
      const cidr = textAt(one, 'cidr') ?? '';
      return { pointer: '/spec/networks', what: `the addresses ${cidr}`, isWide: !/\/(32|128)$/.test(cidr) };
    });
}
