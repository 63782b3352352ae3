import { isFields, listAt, numberAt, parseCidr, textAt, textMapAt, textsAt } from '../kube';
import type { Entry, Workload, World } from '../world';
import { isOurs } from './network-policy';
import type { Pods } from './pods';

/** Who calls a workload and is none itself, as the policy of the catalog says that was made for it. */
export interface StatedCaller {
  readonly policy: Entry;
  readonly receiver: Workload;
  /** Of the pods, each of them. */
  readonly ports: readonly number[];
  /** Absent: it comes from addresses. */
  readonly pods?: Pods;
  readonly name: string;
  readonly cidrs: readonly string[];
}

const CALLERS_ANNOTATION = 'aviary.dev/callers';

/** The callers that NetworkPolicies of the catalog were made for: they are nowhere else to be seen. */
export function statedCallers(world: World): StatedCaller[] {
  return world.ofKind('NetworkPolicy').flatMap((policy) => {
    const text = policy.annotations[CALLERS_ANNOTATION];
    if (text === undefined || !isOurs(policy)) return [];
    const receivers = world
      .workloads()
      .filter((workload) => world.selecting('NetworkPolicy', workload).includes(policy));
    return parsed(text).flatMap((caller) =>
      receivers.map((receiver) => ({ policy, receiver, ...callerOf(world, caller, receiver) })),
    );
  });
}

function parsed(text: string): unknown[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter(isFields) : [];
  } catch {
    // Somebody else's text.
    return [];
  }
}

function callerOf(world: World, caller: unknown, receiver: Workload): Omit<StatedCaller, 'policy' | 'receiver'> {
  const name = textAt(caller, 'name') ?? '';
  const namespace = textAt(caller, 'namespace');
  const account = textAt(caller, 'account');
  const ports = listAt(caller, 'ports').filter((port) => typeof port === 'number');
  const labels = textMapAt(caller, 'labels');
  if (namespace === undefined) return { name, ports, cidrs: textsAt(caller, 'cidrs') };
  const pods: Pods = {
    what: `the caller "${name}" of namespace "${namespace}"`,
    namespace,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(account !== undefined && account !== '*' && { serviceAccountName: account }),
    // Of a namespace of somebody else's nobody knows; who is let in by account is meant to have one.
    injection: world.given('Namespace', '', namespace) ? world.namespaceInjection(namespace) : receiver.injection,
    isKnown: false,
  };
  return { name, ports, pods, cidrs: [] };
}

/** Whether an address block of some policy holds all addresses of another, on the port. */
export function isBlockLetIn(world: World, { receiver }: StatedCaller, cidr: string, port: number): boolean {
  const asked = parseCidr(cidr);
  // Of addresses of the sixth version no range is known.
  const holds = (block: string): boolean => {
    const range = parseCidr(block);
    if (!asked.ok || !range.ok) return block === cidr;
    return range.value.first <= asked.value.first && asked.value.last <= range.value.last;
  };
  return world.selecting('NetworkPolicy', receiver).some(({ object }) =>
    listAt(object, 'spec', 'ingress').some((rule) => {
      const peers = listAt(rule, 'from');
      const ports = listAt(rule, 'ports');
      const isPort =
        ports.length === 0 ||
        ports.some((one) => {
          const first = numberAt(one, 'port');
          return first === undefined || (first <= port && port <= (numberAt(one, 'endPort') ?? first));
        });
      const isPeer = (peer: unknown): boolean => {
        const block = textAt(peer, 'ipBlock', 'cidr');
        return block !== undefined && holds(block);
      };
      return isPort && (peers.length === 0 || peers.some(isPeer));
    }),
  );
}
