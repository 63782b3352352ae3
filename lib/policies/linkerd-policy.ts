import type { ResolvedService } from '../catalog';
import type { ServiceAllowed } from './allowed';
import { podSelector } from './network-policy';
import type { Allowed, PodSet, PolicyMode } from './types';

/** An object of Linkerd's policy without its namespace and labels. */
interface LinkerdObject {
  readonly apiVersion: string;
  readonly kind: 'Server' | 'AuthorizationPolicy' | 'MeshTLSAuthentication' | 'NetworkAuthentication';
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

const GROUP = 'policy.linkerd.io';
const ALPHA = `${GROUP}/v1alpha1`;

/**
 * Who may connect to each port of a service, by identity: a Server a port, which refuses everybody; and for those that are let
 * in what they have to show. The node's probes get in by themselves, as no route is bound to the Server.
 * @see linkerd.io 2.18 reference/authorization-policy (Server, AuthorizationPolicy, default authorizations of probes)
 */
export function linkerdPolicies(
  { name, ports = [] }: Pick<ResolvedService, 'name' | 'ports'>,
  mode: PolicyMode,
  pods: PodSet,
  { ingress }: ServiceAllowed,
): LinkerdObject[] {
  const byTarget = new Map(ports.map((port) => [port.targetPort ?? port.port, port]));
  return [...byTarget].flatMap(([port, { protocol }]) => {
    const server = `${name}-${port}`;
    const letIn = ingress.filter((one) => one.ports.length === 0 || one.ports.some((own) => own.port === port));
    const accounts = accountsOf(letIn);
    const networks = networksOf(letIn);
    const grant = (kind: string): LinkerdObject => ({
      apiVersion: ALPHA,
      kind: 'AuthorizationPolicy',
      name: kind === 'MeshTLSAuthentication' ? server : `${server}.networks`,
      spec: {
        targetRef: { group: GROUP, kind: 'Server', name: server },
        requiredAuthenticationRefs: [{ group: GROUP, kind, name: server }],
      },
    });
    return [
      {
        apiVersion: `${GROUP}/v1beta3`,
        kind: 'Server' as const,
        name: server,
        spec: {
          podSelector: podSelector(pods),
          port,
          // Where the server speaks first nothing can be guessed; of HTTP and gRPC the proxy knows by itself.
          ...(protocol === 'tcp' && { proxyProtocol: 'opaque' }),
          accessPolicy: mode === 'audit' ? 'audit' : 'deny',
        },
      },
      ...(accounts.length === 0
        ? []
        : [
            {
              apiVersion: ALPHA,
              kind: 'MeshTLSAuthentication' as const,
              name: server,
              spec: { identityRefs: accounts },
            },
            grant('MeshTLSAuthentication'),
          ]),
      ...(networks.length === 0
        ? []
        : [
            { apiVersion: ALPHA, kind: 'NetworkAuthentication' as const, name: server, spec: { networks } },
            grant('NetworkAuthentication'),
          ]),
    ];
  });
}

interface IdentityRef {
  readonly kind: 'Namespace' | 'ServiceAccount';
  readonly name: string;
  readonly namespace?: string;
}

function accountsOf(allowed: readonly Allowed[]): IdentityRef[] {
  const accounts = new Set(
    allowed.flatMap(({ peer }) => (peer.kind === 'pods' && peer.account !== undefined ? [peer.account] : [])),
  );
  return [...accounts].sort().map((account) => {
    const [namespace = '', name = ''] = account.split('/');
    return name === '*' ? { kind: 'Namespace', name: namespace } : { kind: 'ServiceAccount', name, namespace };
  });
}

/** Who has no identity to show: addresses outside, and a Prometheus that reads a port of the program itself. Pods are told apart by the network. */
function networksOf(allowed: readonly Allowed[]): { cidr: string; except?: string[] }[] {
  const known = new Map<string, { cidr: string; except?: string[] }>();
  for (const { need, peer } of allowed) {
    if (need === 'scrape') for (const cidr of ['0.0.0.0/0', '::/0']) known.set(cidr, { cidr });
    else if (peer.kind === 'addresses')
      for (const cidr of peer.cidrs) known.set(cidr, { cidr, ...(peer.except && { except: [...peer.except] }) });
  }
  return [...known.values()];
}
