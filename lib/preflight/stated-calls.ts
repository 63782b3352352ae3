import { at, type LabelSelector, labelSelectorOf, listAt, numberAt, textAt } from '../kube';
import type { Entry, Workload, World } from '../world';
import { isOurs } from './network-policy';

/** A connection between two workloads that a policy of the catalog lets through at one of its ends. */
export interface StatedCall {
  readonly sender: Workload;
  readonly receiver: Workload;
  /** Of the pods; undefined: all of them. */
  readonly port: number | undefined;
}

/**
 * The connections that NetworkPolicies of the catalog name: each of them stands in the policies of both its ends, so what one end
 * names the other has to let through, whether or not an address of the callee is to be seen anywhere.
 */
export function statedCalls(world: World): StatedCall[] {
  const found = new Map<string, StatedCall>();
  for (const policy of world.ofKind('NetworkPolicy')) {
    const own = selectorAt(policy, 'podSelector');
    if (!isOurs(policy) || !isNamed(own)) continue;
    const selected = world.workloadsMatching(policy.namespace, own);
    for (const [list, side] of DIRECTIONS)
      for (const rule of listAt(policy.object, 'spec', list))
        for (const peer of listAt(rule, side)) {
          const others = workloadsOf(world, policy, peer);
          for (const one of selected)
            for (const other of others) {
              const [sender, receiver] = list === 'ingress' ? [other, one] : [one, other];
              for (const port of portsOf(rule)) found.set(keyOf(sender, receiver, port), { sender, receiver, port });
            }
        }
  }
  return [...found.values()];
}

const DIRECTIONS = [
  ['ingress', 'from'],
  ['egress', 'to'],
] as const;

const keyOf = (sender: Workload, receiver: Workload, port: number | undefined): string => {
  const ends = [sender, receiver].map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
  return `${ends.join(' ')} ${port}`;
};

function workloadsOf(world: World, policy: Entry, peer: unknown): readonly Workload[] {
  const pods = labelSelectorOf(at(peer, 'podSelector'));
  if (!isNamed(pods)) return [];
  const spaces = at(peer, 'namespaceSelector');
  const namespace =
    spaces === undefined ? policy.namespace : textAt(spaces, 'matchLabels', 'kubernetes.io/metadata.name');
  return namespace === undefined ? [] : world.workloadsMatching(namespace, pods);
}

function portsOf(rule: unknown): (number | undefined)[] {
  const ports = listAt(rule, 'ports').filter((port) => (textAt(port, 'protocol') ?? 'TCP') === 'TCP');
  return listAt(rule, 'ports').length === 0 ? [undefined] : ports.map((port) => numberAt(port, 'port'));
}

const selectorAt = (policy: Entry, field: string): LabelSelector => labelSelectorOf(at(policy.object, 'spec', field));

const isNamed = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length + matchExpressions.length > 0;
