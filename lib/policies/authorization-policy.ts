import type { ServiceAllowed } from './allowed';
import type { Allowed, PodSet, PolicyPort } from './types';

/** In policies it stands for the mesh's own trust domain, whatever that is called. @see istio.io 1.31 tasks/security/authorization/authz-td-migration */
const TRUST_DOMAIN = 'cluster.local';

/** Selectors of Istio are labels alone: where the pods of target and primary share none, each has a policy. */
export function workloadLabels({ labels = {}, either }: PodSet): Readonly<Record<string, string>>[] {
  return either ? either.values.map((value) => ({ ...labels, [either.key]: value })) : [labels];
}

/** `spec.rules` of a policy that allows these and nobody else: by the identity of the caller, the port of the pod and the request. */
export function authorizationRules(
  { ingress }: Pick<ServiceAllowed, 'ingress'>,
  portOf: (port: PolicyPort) => number = ({ port }) => port,
): Record<string, unknown>[] {
  const byOperation = new Map<string, { operation: unknown; principals: Set<string> }>();
  for (const { peer, ports, requests } of ingress) {
    // Nobody without an identity gets through mutual TLS.
    if (peer.kind !== 'pods' || peer.account === undefined) continue;
    const operation = {
      ...(ports.length > 0 ? { ports: ports.map((port) => String(portOf(port))) } : {}),
      ...(requests?.methods && { methods: [...requests.methods] }),
      ...(requests?.paths && { paths: [...requests.paths] }),
    };
    const key = JSON.stringify(operation);
    const rule = byOperation.get(key) ?? { operation, principals: new Set<string>() };
    byOperation.set(key, rule);
    rule.principals.add(principal(peer.account));
  }
  return [...byOperation.values()].map(({ operation, principals }) => ({
    from: [{ source: { principals: [...principals].sort() } }],
    ...(Object.keys(operation as object).length > 0 ? { to: [{ operation }] } : {}),
  }));
}

/** @param account `<namespace>/<account>`; `*` for all of a namespace */
function principal(account: string): string {
  const [namespace = '', name = ''] = account.split('/');
  return `${TRUST_DOMAIN}/ns/${namespace}/sa/${name}`;
}

/** Whether a connection can be told by identity. */
export const hasIdentity = ({ peer }: Allowed): boolean => peer.kind === 'pods' && peer.account !== undefined;
