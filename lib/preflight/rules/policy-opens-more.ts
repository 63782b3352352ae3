import {
  at,
  canonicalJson,
  fieldsAt,
  isFields,
  isolatedDirections,
  labelSelectorOf,
  listAt,
  textAt,
  textMapAt,
  textsAt,
} from '../../kube';
import type { Entry, Workload, World } from '../../world';
import { deployment, namespace } from '../case-manifests';
import { ciliumRules, ciliumSelector } from '../cilium-rules';
import { podPort } from '../mutual-tls';
import { isCutBy, isOurs } from '../network-policy';
import { podsOf } from '../pods';
import { rule } from '../rule';

const ours = { 'app.kubernetes.io/managed-by': 'aviary' };
const network = (name: string, spec: object, labels: Record<string, string> = {}) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop', labels },
  spec,
});
const authorization = (name: string, spec: object, labels: Record<string, string> = {}) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'shop', labels },
  spec,
});
const sidecarOf = (name: string, labels: Record<string, string>, workloadSelector?: object) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Sidecar',
  metadata: { name, namespace: 'shop', labels },
  spec: { ...(workloadSelector && { workloadSelector }), egress: [{ hosts: ['./*'] }] },
});
const cilium = (spec: object) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'own', namespace: 'shop' },
  spec,
});
const endpoints = (app: string) => ({ endpointSelector: { matchLabels: { app } } });
const of = (app: string) => ({ podSelector: { matchLabels: { app } } });
const fromAccount = (...names: string[]) => ({
  from: [{ source: { principals: names.map((name) => `cluster.local/ns/shop/sa/${name}`) } }],
});
const shop = [
  namespace('shop', { 'istio-injection': 'enabled' }),
  deployment('cart'),
  deployment('web'),
  deployment('report'),
  network(
    'cart',
    {
      ...of('cart'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [of('web')], ports: [{ port: 8080, protocol: 'TCP' }] }],
    },
    ours,
  ),
  authorization('cart', { selector: { matchLabels: { app: 'cart' } }, rules: [fromAccount('web')] }, ours),
];

export default rule({
  id: 'policy-opens-more',
  severity: 'warning',
  effect: 'wrong',
  since: '0.2.0',
  why: 'Policies add up: what one of them lets through, all others cannot refuse. A policy of your own that selects the pods of a service of the catalog opens what it names, whatever the calls of the catalog say; a rule without peers, a whole namespace or a range of addresses opens far more than the one caller that was meant. (A NetworkPolicy that cuts a call of the catalog, or an AuthorizationPolicy that denies it, has rules of its own.)',
  cause: 'what one policy lets through, another cannot refuse',
  source: [
    'kubernetes.io/docs/concepts/services-networking/network-policies (the two sorts of pod isolation)',
    'istio.io 1.31 concepts/security (implicit enablement, layers of ALLOW)',
  ],
  codes: [],
  each: 'object',
  shared(world) {
    // Only where the catalog says who calls whom is there something to go beyond.
    const policies = KINDS.flatMap((kind) => world.ofKind(kind));
    const spaces = new Set(policies.filter(isOurs).map((policy) => policy.namespace));
    if (spaces.size === 0 || policies.every(isOurs)) return undefined;
    return { spaces };
  },
  check(entry, report, world, { spaces }) {
    const { kind, namespace: space, name } = entry;
    if (!KINDS.includes(kind) || isOurs(entry) || !spaces.has(space)) return;
    if (kind === 'Sidecar') {
      for (const { workload, own } of besideOurs(world, entry))
        report(entry, {
          pointer: '/spec/workloadSelector',
          message: `Sidecar "${name}" of namespace "${space}" is about the pods of ${workload.kind} "${workload.name}", as Sidecar "${own.name}" of the catalog is: which of the two holds is not defined`,
          cause: 'Istio takes one Sidecar for a pod, and says of two only that the outcome is undefined',
          fix: `say in the catalog whom "${workload.name}" calls ("calls", "external") and remove Sidecar "${name}", or give it a workloadSelector of other pods`,
        });
      return;
    }
    const found = kind === 'AuthorizationPolicy' ? authorizationOpenings(world, entry) : networkOpenings(world, entry);
    const [first] = found;
    if (!first) return;
    const texts = [...new Set(found.map(({ text }) => text))];
    const more = texts.length > MAX_TOLD ? `, and ${texts.length - MAX_TOLD} more` : '';
    report(entry, {
      pointer: first.pointer,
      message: `${kind} "${name}" of namespace "${space}" opens more than the calls of the catalog: ${texts.slice(0, MAX_TOLD).join('; ')}${more}`,
      fix: `say in the catalog who calls ("calls" of a service, "callers" for anybody else) and remove ${kind} "${name}", or narrow it to pods and ports`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'every pod of the namespace, and one by name',
        manifests: [
          ...shop,
          network('own', {
            ...of('cart'),
            ingress: [{ from: [{ podSelector: {} }] }, { from: [of('report')], ports: [{ port: 8080 }] }],
          }),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/own',
            pointer: '/spec/ingress/0',
            message:
              'NetworkPolicy "own" of namespace "shop" opens more than the calls of the catalog: Deployment "cart" to every pod of namespace "shop", all ports; Deployment "cart" to Deployment "report", port 8080',
          },
        ],
      },
      {
        name: 'everybody may be called',
        manifests: [...shop, network('own', { ...of('cart'), policyTypes: ['Egress'], egress: [{}] })],
        expect: [
          {
            object: 'NetworkPolicy shop/own',
            pointer: '/spec/egress/0',
            message:
              'NetworkPolicy "own" of namespace "shop" opens more than the calls of the catalog: from Deployment "cart" to everybody, all ports',
          },
        ],
      },
      {
        name: 'a second Sidecar for the same pods',
        manifests: [
          ...shop,
          sidecarOf('web', ours, { labels: { app: 'web' } }),
          sidecarOf('own', {}, { labels: { app: 'web' } }),
        ],
        expect: [
          {
            object: 'Sidecar shop/own',
            pointer: '/spec/workloadSelector',
            message:
              'Sidecar "own" of namespace "shop" is about the pods of Deployment "web", as Sidecar "web" of the catalog is: which of the two holds is not defined',
          },
        ],
      },
      {
        name: "a policy of Cilium's: entities, another workload, names",
        manifests: [
          ...shop,
          cilium({
            ...endpoints('cart'),
            ingress: [
              { fromEntities: ['cluster'] },
              {
                fromEndpoints: [{ matchLabels: { 'k8s:app': 'report' } }],
                toPorts: [{ ports: [{ port: '8080' }] }],
              },
            ],
            egress: [{ toFQDNs: [{ matchPattern: '*.example.com' }] }],
          }),
        ],
        expect: [
          {
            object: 'CiliumNetworkPolicy shop/own',
            pointer: '/spec/ingress/0',
            message:
              'CiliumNetworkPolicy "own" of namespace "shop" opens more than the calls of the catalog: Deployment "cart" to every pod of every namespace, all ports; Deployment "cart" to Deployment "report", port 8080; from Deployment "cart" to the name *.example.com, all ports',
          },
        ],
      },
      {
        name: 'an account that no call names, and everybody',
        manifests: [
          ...shop,
          authorization('own', { selector: { matchLabels: { app: 'cart' } }, rules: [fromAccount('report'), {}] }),
        ],
        expect: [
          {
            object: 'AuthorizationPolicy shop/own',
            pointer: '/spec/rules/0',
            message:
              'AuthorizationPolicy "own" of namespace "shop" opens more than the calls of the catalog: Deployment "cart" to principals cluster.local/ns/shop/sa/report; Deployment "cart" to everybody',
          },
        ],
      },
    ],
    good: [
      {
        name: "a Sidecar of all pods that have none of their own, and Cilium's words for a call of the catalog",
        manifests: [
          ...shop,
          sidecarOf('web', ours, { labels: { app: 'web' } }),
          sidecarOf('default', {}),
          cilium({
            ...endpoints('cart'),
            ingress: [
              {
                fromEndpoints: [{ matchLabels: { 'k8s:app': 'web' } }],
                toPorts: [{ ports: [{ port: '8080', protocol: 'TCP' }] }],
              },
            ],
          }),
        ],
      },
      {
        name: 'what a call of the catalog has already',
        manifests: [
          ...shop,
          network('own', { ...of('cart'), ingress: [{ from: [of('web')], ports: [{ port: 8080 }] }] }),
          authorization('own', { selector: { matchLabels: { app: 'cart' } }, rules: [fromAccount('web')] }),
        ],
      },
      {
        name: 'pods that the catalog does not know, and a policy that denies',
        manifests: [
          ...shop,
          deployment('job'),
          network('own', { ...of('job'), ingress: [{}] }),
          authorization('own', { action: 'DENY', rules: [fromAccount('job')] }),
        ],
      },
      {
        name: 'a namespace without policies of the catalog',
        manifests: [...shop.slice(0, 4), network('own', { ...of('cart'), ingress: [{}] })],
      },
    ],
  }),
});

const KINDS = ['NetworkPolicy', 'CiliumNetworkPolicy', 'AuthorizationPolicy', 'Sidecar'];

const MAX_TOLD = 4;

/** Pods for which there is a Sidecar of the catalog, too. One without a selector holds only where no other does. */
function besideOurs(world: World, sidecar: Entry): { readonly workload: Workload; readonly own: Entry }[] {
  const labels = textMapAt(sidecar.object, 'spec', 'workloadSelector', 'labels');
  if (Object.keys(labels).length === 0) return [];
  return world.workloadsWith(sidecar.namespace, labels).flatMap((workload) => {
    if (workload.entry.madeBy) return [];
    const own = world.selecting('Sidecar', workload).find((one) => isOurs(one) && isSelecting(one));
    return own ? [{ workload, own }] : [];
  });
}

const isSelecting = ({ object }: Entry): boolean =>
  Object.keys(textMapAt(object, 'spec', 'workloadSelector', 'labels')).length > 0;

interface Opening {
  readonly pointer: string;
  readonly text: string;
}

/** Pods that the policy selects and that a policy of the catalog is about by name. */
function served(world: World, policy: Entry, kind: 'NetworkPolicy' | 'AuthorizationPolicy'): Workload[] {
  const selector =
    kind === 'NetworkPolicy'
      ? labelSelectorOf(
          policy.kind === 'CiliumNetworkPolicy'
            ? ciliumSelector(policy.object)
            : at(policy.object, 'spec', 'podSelector'),
        )
      : { matchLabels: textMapAt(policy.object, 'spec', 'selector', 'matchLabels') };
  return world
    .workloadsMatching(policy.namespace, selector)
    .filter((workload) => !workload.entry.madeBy && world.selecting(kind, workload).some(isOfOneService));
}

/** Whether a policy is the catalog's and not that of a whole namespace. */
const isOfOneService = (policy: Entry): boolean =>
  isOurs(policy) &&
  (isNamed(at(policy.object, 'spec', 'podSelector')) || isNamed(at(policy.object, 'spec', 'selector')));

const isNamed = (selector: unknown): boolean => {
  const { matchLabels = {}, matchExpressions = [] } = labelSelectorOf(selector);
  return Object.keys(matchLabels).length + matchExpressions.length > 0;
};

function networkOpenings(world: World, policy: Entry): Opening[] {
  const workloads = served(world, policy, 'NetworkPolicy');
  if (workloads.length === 0) return [];
  const found: Opening[] = [];
  for (const [direction, list, side] of [
    ['Ingress', 'ingress', 'from'],
    ['Egress', 'egress', 'to'],
  ] as const) {
    for (const [index, { peers, ports, others = [] }] of rulesOf(policy, direction, list, side).entries())
      for (const workload of workloads) {
        const add = (who: string) => {
          const ends =
            direction === 'Ingress'
              ? `${workload.kind} "${workload.name}" to ${who}`
              : `from ${workload.kind} "${workload.name}" to ${who}`;
          found.push({ pointer: `/spec/${list}/${index}`, text: `${ends}, ${portsText(ports)}` });
        };
        const known = ownAtoms(world, workload, list, side);
        for (const peer of peers)
          if (peer === undefined || !isCovered(known, peer, ports))
            whoIs(world, policy, workload, direction, peer, ports).forEach(add);
        others.forEach(add);
      }
  }
  return found;
}

interface OwnRule {
  readonly peers: readonly unknown[];
  readonly ports: readonly unknown[];
  readonly others?: readonly string[];
}

function rulesOf(
  policy: Entry,
  direction: 'Ingress' | 'Egress',
  list: 'ingress' | 'egress',
  side: 'from' | 'to',
): readonly OwnRule[] {
  if (policy.kind === 'CiliumNetworkPolicy') return ciliumRules(policy.object, list);
  if (!isolatedDirections(policy.object).includes(direction)) return [];
  return listAt(policy.object, 'spec', list).map((rule) => {
    const peers = listAt(rule, side);
    return { peers: peers.length === 0 ? [undefined] : peers, ports: listAt(rule, 'ports') };
  });
}

/** Peers of the catalog's own policies of some pods, with the ports that each has. */
function ownAtoms(world: World, workload: Workload, list: string, side: string): ReadonlyMap<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const policy of world.selecting('NetworkPolicy', workload).filter(isOurs))
    for (const rule of listAt(policy.object, 'spec', list))
      for (const peer of listAt(rule, side)) {
        const key = canonicalJson(peer);
        const known = found.get(key) ?? new Set<string>();
        found.set(key, known);
        const ports = listAt(rule, 'ports');
        if (ports.length === 0) known.add('*');
        for (const port of ports) known.add(portKey(port));
      }
  return found;
}

function isCovered(known: ReadonlyMap<string, Set<string>>, peer: unknown, ports: readonly unknown[]): boolean {
  const own = known.get(canonicalJson(peer));
  return own !== undefined && (own.has('*') || (ports.length > 0 && ports.every((port) => own.has(portKey(port)))));
}

const portKey = (port: unknown): string =>
  `${at(port, 'port')}-${at(port, 'endPort') ?? ''}/${textAt(port, 'protocol') ?? 'TCP'}`;

/** Whom a peer means that no call of the catalog means: workloads by name, or how wide it is. */
function whoIs(
  world: World,
  policy: Entry,
  workload: Workload,
  direction: 'Ingress' | 'Egress',
  peer: unknown,
  ports: readonly unknown[],
): string[] {
  if (peer === undefined) return ['everybody'];
  const cidr = textAt(peer, 'ipBlock', 'cidr');
  if (cidr !== undefined) return [`the addresses ${cidr}`];
  const spaces = at(peer, 'namespaceSelector');
  const pods = at(peer, 'podSelector');
  const space = isFields(spaces)
    ? textAt(spaces, 'matchLabels', 'kubernetes.io/metadata.name')
    : (policy.namespace as string | undefined);
  if (isFields(spaces) && !isNamed(spaces)) return [`${isNamed(pods) ? 'such pods' : 'every pod'} of every namespace`];
  if (!isNamed(pods)) return [`every pod of ${space === undefined ? 'such namespaces' : `namespace "${space}"`}`];
  const others = space === undefined ? [] : world.workloadsMatching(space, labelSelectorOf(pods));
  if (others.length === 0)
    return [
      `pods with ${selectorText(pods)}${space === undefined || space === policy.namespace ? '' : ` of namespace "${space}"`}`,
    ];
  const numbers = ports.length === 0 ? [undefined] : ports.map((port) => at(port, 'port'));
  return others
    .filter((other) => {
      if (other.entry.madeBy || other === workload) return false;
      const [from, to] = direction === 'Ingress' ? [other, workload] : [workload, other];
      return numbers.some((number) => {
        const port = typeof number === 'number' || typeof number === 'string' ? podPort(to, number) : undefined;
        return isCutBy(world, direction, { from: podsOf(from), to: podsOf(to), port }, isOurs);
      });
    })
    .map(({ kind, name }) => `${kind} "${name}"`);
}

function selectorText(selector: unknown): string {
  const labels = Object.entries(textMapAt(selector, 'matchLabels')).map(([key, value]) => `${key}: ${value}`);
  const rest = listAt(selector, 'matchExpressions').map(
    (one) => `${textAt(one, 'key')} ${textAt(one, 'operator')} ${textsAt(one, 'values').join(', ')}`,
  );
  return [...labels, ...rest].join(', ');
}

function portsText(ports: readonly unknown[]): string {
  const numbers = ports.map((port) => {
    const [first, last] = [at(port, 'port'), at(port, 'endPort')];
    return first === undefined ? 'all ports' : `port ${first}${last === undefined ? '' : ` to ${last}`}`;
  });
  return numbers.length === 0 ? 'all ports' : [...new Set(numbers)].join(', ');
}

/** Sources and operations of an ALLOW that no policy of the catalog for the same pods or Services has. */
function authorizationOpenings(world: World, policy: Entry): Opening[] {
  const { object } = policy;
  if ((textAt(object, 'spec', 'action') ?? 'ALLOW') !== 'ALLOW' || policy.annotations['istio.io/dry-run'] === 'true')
    return [];
  const services = targetsOf(object);
  const targets: { readonly what: string; readonly own: readonly Entry[] }[] =
    services.length > 0
      ? services.map((name) => ({
          what: `Service "${name}"`,
          own: world
            .inNamespace('AuthorizationPolicy', policy.namespace)
            .filter((other) => isOurs(other) && targetsOf(other.object).includes(name)),
        }))
      : served(world, policy, 'AuthorizationPolicy').map((workload) => ({
          what: `${workload.kind} "${workload.name}"`,
          own: world.selecting('AuthorizationPolicy', workload).filter(isOfOneService),
        }));
  return targets
    .filter(({ own }) => own.length > 0)
    .flatMap(({ what, own }) => {
      const known = new Set(own.flatMap((one) => listAt(one.object, 'spec', 'rules').flatMap(grants)));
      return listAt(object, 'spec', 'rules').flatMap((rule, index): Opening[] => {
        // What a condition narrows is nobody's to compare.
        if (listAt(rule, 'when').length > 0) return [];
        return grants(rule)
          .filter((grant) => !known.has(grant) && !known.has(withoutOperation(grant)))
          .map((grant) => ({ pointer: `/spec/rules/${index}`, text: `${what} to ${grantText(grant)}` }));
      });
    });
}

const targetsOf = (policy: unknown): string[] =>
  listAt(policy, 'spec', 'targetRefs').flatMap((target) =>
    textAt(target, 'kind') === 'Service' ? [textAt(target, 'name') ?? ''] : [],
  );

/** One source and one operation each, as a text. */
function grants(rule: unknown): string[] {
  const sources = listAt(rule, 'from').map((from) => fieldsAt(from, 'source'));
  const operations = listAt(rule, 'to').map((to) => fieldsAt(to, 'operation'));
  const single = sources.flatMap((source) => {
    const { principals, ...rest } = source;
    return Array.isArray(principals) && principals.length > 0
      ? principals.map((one: unknown) => ({ ...rest, principals: [one] }))
      : [source];
  });
  return (single.length === 0 ? [{}] : single).flatMap((source) =>
    (operations.length === 0 ? [{}] : operations).map((operation) => canonicalJson([source, operation])),
  );
}

const withoutOperation = (grant: string): string => canonicalJson([(JSON.parse(grant) as unknown[])[0], {}]);

function grantText(grant: string): string {
  const [source, operation] = JSON.parse(grant) as [object, object];
  const text = (fields: object): string =>
    Object.entries(fields)
      .map(([key, values]) => `${key} ${[values].flat().join(', ')}`)
      .join(', ');
  const who = text(source) || 'everybody';
  return Object.keys(operation).length === 0 ? who : `${who} (${text(operation)})`;
}
