import { at, type Fields, isFields, listAt, numberAt, textAt, textsAt } from '../kube';

/** A rule of a CiliumNetworkPolicy in the words of a NetworkPolicy. */
export interface CiliumRule {
  /** As in `from` and `to` of a NetworkPolicy; undefined: everybody. */
  readonly peers: readonly (Fields | undefined)[];
  readonly ports: readonly Fields[];
  /** Peers that a NetworkPolicy has no words for: `the names *.example.com`. */
  readonly others: readonly string[];
}

const NAMESPACE_LABEL = /^(?:k8s[:.]|any[:.])?io\.kubernetes\.pod\.namespace$/;
const EVERYBODY = new Set(['all', 'world', 'world-ipv4', 'world-ipv6']);

/**
 * The rules of one list (`ingress`, `egress`, `ingressDeny`, `egressDeny`) of a CiliumNetworkPolicy.
 * @see cilium v1.18 pkg/policy/api (IngressRule, EgressRule, EndpointSelector, Entity)
 */
export function ciliumRules(policy: unknown, list: string): CiliumRule[] {
  const side = list.startsWith('ingress') ? 'from' : 'to';
  return listAt(policy, 'spec', list).map((rule) => {
    const endpoints = listAt(rule, `${side}Endpoints`).map(peerOf);
    const blocks = [
      ...textsAt(rule, `${side}CIDR`).map((cidr) => ({ ipBlock: { cidr } })),
      ...listAt(rule, `${side}CIDRSet`).map((set) => ({ ipBlock: { cidr: textAt(set, 'cidr') } })),
    ];
    const entities = textsAt(rule, `${side}Entities`);
    const names = listAt(rule, 'toFQDNs').map(
      (one) => `the name ${textAt(one, 'matchName') ?? textAt(one, 'matchPattern') ?? ''}`,
    );
    const peers: (Fields | undefined)[] = [
      ...endpoints,
      ...blocks,
      ...entities.flatMap((entity) =>
        EVERYBODY.has(entity) ? [undefined] : entity === 'cluster' ? [{ namespaceSelector: {} }] : [],
      ),
    ];
    const others = [
      ...names,
      ...entities
        .filter((entity) => !EVERYBODY.has(entity) && entity !== 'cluster')
        .map((entity) => `the entity ${entity}`),
    ];
    const asks = PEERS.some((field) => at(rule, `${side}${field}`) !== undefined) || at(rule, 'toFQDNs') !== undefined;
    return { peers: asks ? peers : [undefined], ports: portsOf(rule), others };
  });
}

const PEERS = ['Endpoints', 'CIDR', 'CIDRSet', 'Entities', 'Services', 'Groups', 'Nodes', 'Requires'];

/** A label has its source before a colon; the one of the namespace is no label of the pod. */
function peerOf(selector: unknown): Fields {
  const labels = Object.entries(isFields(at(selector, 'matchLabels')) ? (at(selector, 'matchLabels') as Fields) : {});
  const namespace = labels.find(([key]) => NAMESPACE_LABEL.test(key))?.[1];
  const own = labels.filter(([key]) => !NAMESPACE_LABEL.test(key)).map(([key, value]) => [plain(key), value]);
  const expressions = listAt(selector, 'matchExpressions').map((one) => ({
    ...(one as Fields),
    key: plain(textAt(one, 'key') ?? ''),
  }));
  return {
    podSelector: {
      ...(own.length > 0 && { matchLabels: Object.fromEntries(own) as Fields }),
      ...(expressions.length > 0 && { matchExpressions: expressions }),
    },
    ...(namespace !== undefined && {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    }),
  };
}

const plain = (key: string): string => key.replace(/^(k8s|any):/, '');

function portsOf(rule: unknown): Fields[] {
  return listAt(rule, 'toPorts').flatMap((one) =>
    listAt(one, 'ports').map((port) => {
      const text = textAt(port, 'port') ?? '';
      const number = /^\d+$/.test(text) ? Number(text) : numberAt(port, 'port');
      return { port: number === 0 ? undefined : (number ?? text), protocol: textAt(port, 'protocol') ?? 'TCP' };
    }),
  );
}

/** The pods that a CiliumNetworkPolicy is about. */
export const ciliumSelector = (policy: unknown): Fields =>
  (peerOf(at(policy, 'spec', 'endpointSelector')) as { readonly podSelector: Fields }).podSelector;
