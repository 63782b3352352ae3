import { booleanAt, fieldsAt, isFields, listAt, textAt, textsAt } from '../../kube';
import type { Workload } from '../../world';
import { changedWorkloads } from '../ask';
import { deployment, deploymentOf } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'privileges-widened',
  severity: 'warning',
  since: '0.2.0',
  why: 'A container that gets more of the node (privileged, capabilities, the host’s network, processes or folders, root) is a way from a fault in the service to the whole node.',
  cause: 'what a fault in this service can reach grows',
  source: ['kubernetes.io/docs/concepts/security/pod-security-standards'],
  check(diff, report) {
    for (const { before, after } of changedWorkloads(diff)) {
      const had = new Set(privileges(before).map(({ what }) => what));
      const more = privileges(after).filter(({ what }) => !had.has(what));
      if (more.length === 0) continue;
      report(after.entry, {
        pointer: more[0]!.pointer,
        message: `${after.kind} "${after.name}" gets more of its node: ${more.map(({ what }) => what).join(', ')}`,
        fix: 'give it the one capability, volume or permission that it needs in place of it, or take it back',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'privileged, and the network of the node',
        before: [deployment('cart')],
        after: [
          deployment('cart', {
            hostNetwork: true,
            containers: [{ name: 'server', image: 'cart:v1.2.0', securityContext: { privileged: true } }],
          }),
        ],
        expect: [
          {
            object: 'Deployment shop/cart',
            message: 'Deployment "cart" gets more of its node: hostNetwork, container server is privileged',
          },
        ],
      },
    ],
    good: [
      {
        name: 'capabilities are dropped',
        before: [deploymentOf('cart', { securityContext: { capabilities: { add: ['NET_RAW'] } } })],
        after: [deploymentOf('cart', { securityContext: { capabilities: { drop: ['ALL'] } } })],
      },
    ],
  },
});

interface Privilege {
  readonly what: string;
  readonly pointer: string;
}

function privileges(workload: Workload): Privilege[] {
  const { podSpec } = workload;
  const found: Privilege[] = [];
  const add = (what: string, pointer: string) => found.push({ what, pointer });
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (booleanAt(podSpec, field)) add(field, workload.templatePointer(`/spec/${field}`));
  for (const [index, volume] of listAt(podSpec, 'volumes').entries()) {
    const host = textAt(volume, 'hostPath', 'path');
    if (host !== undefined) add(`the folder ${host} of the node`, workload.templatePointer(`/spec/volumes/${index}`));
  }
  const pod = fieldsAt(podSpec, 'securityContext');
  for (const { name, fields, pointer } of workload.containers) {
    const own = fieldsAt(fields, 'securityContext');
    const of = `container ${name}`;
    const at = `${pointer}/securityContext`;
    if (booleanAt(own, 'privileged')) add(`${of} is privileged`, at);
    if (booleanAt(own, 'allowPrivilegeEscalation')) add(`${of} may gain privileges`, at);
    for (const capability of textsAt(own, 'capabilities', 'add')) add(`${of} has ${capability}`, at);
    if ((own.runAsUser ?? pod.runAsUser) === 0) add(`${of} runs as root`, at);
    const isHeld = booleanAt(own, 'runAsNonRoot') ?? booleanAt(pod, 'runAsNonRoot');
    if (isHeld === false) add(`${of} may run as root`, at);
    const seccomp = isFields(own.seccompProfile)
      ? textAt(own, 'seccompProfile', 'type')
      : textAt(pod, 'seccompProfile', 'type');
    if (seccomp === 'Unconfined') add(`${of} is unconfined`, at);
  }
  return found;
}
