import { at, labelSelectorOf, listAt, matchesLabels, textAt } from '../kube';
import type { Entry, Workload, World } from '../world';
import { podPort } from './mutual-tls';
import { isPublic } from './network-policy';
import type { Pods } from './pods';

const GROUP = 'policy.linkerd.io';
const INJECT = 'linkerd.io/inject';

/** Whether the proxy of Linkerd runs beside the pods. @see linkerd.io 2.18 reference/cluster-configuration */
export function isInLinkerd(
  world: World,
  { namespace, podAnnotations }: Pick<Workload, 'namespace' | 'podAnnotations'>,
): boolean {
  const said = podAnnotations[INJECT] ?? world.given('Namespace', '', namespace)?.annotations[INJECT];
  return said === 'enabled' || said === 'ingress';
}

/**
 * The Server by which Linkerd's proxies refuse a connection of other pods to a port: nobody of theirs is among those whom an
 * AuthorizationPolicy lets in at it. Only what is certain counts.
 * @see linkerd.io 2.18 reference/authorization-policy
 */
export function refusingServer(
  world: World,
  receiver: Workload,
  sender: Pods,
  port: number | undefined,
): Entry | undefined {
  const servers = world.ofKind('Server', GROUP);
  if (port === undefined || servers.length === 0 || !isInLinkerd(world, receiver)) return undefined;
  const server = servers.find(
    ({ namespace, object }) =>
      namespace === receiver.namespace &&
      matchesLabels(labelSelectorOf(at(object, 'spec', 'podSelector')), receiver.podLabels) &&
      isPort(receiver, at(object, 'spec', 'port'), port),
  );
  if (!server || (textAt(server.object, 'spec', 'accessPolicy') ?? 'deny') !== 'deny') return undefined;
  const policies = world.ofKind('AuthorizationPolicy', GROUP).filter(({ namespace, object }) => {
    const kind = textAt(object, 'spec', 'targetRef', 'kind');
    const name = textAt(object, 'spec', 'targetRef', 'name');
    // One of a namespace or of a route may let it in, too.
    return namespace === server.namespace && (kind !== 'Server' || name === server.name);
  });
  return policies.some((policy) => mayLetIn(world, policy, sender)) ? undefined : server;
}

function isPort(receiver: Workload, written: unknown, port: number): boolean {
  if (typeof written !== 'number' && typeof written !== 'string') return false;
  return podPort(receiver, written) === port;
}

/** Whether all that the policy asks for may be shown by the pods. */
function mayLetIn(world: World, policy: Entry, sender: Pods): boolean {
  return listAt(policy.object, 'spec', 'requiredAuthenticationRefs').every((ref) => {
    const kind = textAt(ref, 'kind');
    const name = textAt(ref, 'name') ?? '';
    const namespace = textAt(ref, 'namespace') ?? policy.namespace;
    if (kind === 'ServiceAccount') return isAccount(sender, namespace, name);
    if (kind !== 'MeshTLSAuthentication' && kind !== 'NetworkAuthentication') return true;
    const found = world.find(kind, namespace, name, GROUP);
    if (!found) return true;
    const { object } = found;
    // Of what is inside the cluster nobody knows the address.
    if (kind === 'NetworkAuthentication') return !listAt(object, 'spec', 'networks').every(isPublic);
    return (
      listAt(object, 'spec', 'identities').some((identity) => isIdentity(sender, identity)) ||
      listAt(object, 'spec', 'identityRefs').some((one) => {
        const named = textAt(one, 'name') ?? '';
        if (textAt(one, 'kind') === 'Namespace') return named === sender.namespace;
        return isAccount(sender, textAt(one, 'namespace') ?? found.namespace, named);
      })
    );
  });
}

const isAccount = ({ namespace, serviceAccountName }: Pods, space: string, name: string): boolean =>
  namespace === space && (serviceAccountName === undefined || serviceAccountName === name);

/** `web.shop.serviceaccount.identity.linkerd.cluster.local`, `*.shop.serviceaccount…`, `*`. */
function isIdentity({ namespace, serviceAccountName }: Pods, identity: unknown): boolean {
  if (typeof identity !== 'string') return true;
  const [account, space] = identity.split('.');
  if (account === '*' && space === undefined) return true;
  if (space !== namespace) return account === '*' && space === 'serviceaccount';
  return account === '*' || serviceAccountName === undefined || account === serviceAccountName;
}
