import { podSecurityViolations } from '../../kube';
import { deployment, namespace } from '../case-manifests';
import { rule } from '../rule';

const enforced = (level: string) => namespace('shop', { 'pod-security.kubernetes.io/enforce': level });
const secure = {
  pod: { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } },
  container: { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
};

export default rule({
  id: 'pod-security-refuses',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A namespace with the label pod-security.kubernetes.io/enforce admits only pods of its level. A workload that asks for more is accepted, but each of its pods is refused: it stays at 0 of 1, and a rollout waits until its deadline.',
  cause: 'the API server accepts the workload and refuses each of its pods',
  source: [
    'k8s.io/pod-security-admission v1.36 policy/',
    'kubernetes.io/docs/concepts/security/pod-security-standards',
  ],
  codes: [],
  echoOf: ['hostport-conflict'],
  each: 'workload',
  check(workload, report, world) {
    const { namespace: inside } = workload;
    const level = world.given('Namespace', '', inside)?.labels['pod-security.kubernetes.io/enforce'];
    if (level !== 'restricted' && level !== 'baseline') return;
    const violations = podSecurityViolations(workload.template, level);
    const [first] = violations;
    if (!first) return;
    report(workload, {
      pointer: workload.templatePointer(first.pointer),
      message: `namespace "${inside}" enforces Pod Security "${level}", and no pod of ${workload.kind} "${workload.name}" is admitted. It asks for: ${violations.map(({ asks }) => asks).join('; ')}`,
      fix: `write what it asks for, or give Namespace "${inside}" the label pod-security.kubernetes.io/enforce: ${level === 'restricted' && podSecurityViolations(workload.template, 'baseline').length === 0 ? 'baseline' : 'privileged'}, which all of its pods may then use`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a container that says nothing, in a namespace for restricted pods',
        manifests: [enforced('restricted'), deployment('cart')],
        expect: [
          {
            object: 'Deployment shop/cart',
            pointer: '/spec/template/spec/containers/0',
            message:
              'namespace "shop" enforces Pod Security "restricted", and no pod of Deployment "cart" is admitted. It asks for: container "server": allowPrivilegeEscalation: false, capabilities.drop: [ALL], runAsNonRoot: true, seccompProfile.type: RuntimeDefault',
          },
        ],
      },
      {
        name: 'the network of the node, in a namespace for baseline',
        manifests: [enforced('baseline'), deployment('cart', { pod: { hostNetwork: true } })],
        expect: [{ object: 'Deployment shop/cart', pointer: '/spec/template/spec/hostNetwork' }],
      },
    ],
    good: [
      { name: 'pods that fit', manifests: [enforced('restricted'), deployment('cart', secure)] },
      {
        name: 'a namespace that only warns',
        manifests: [namespace('shop', { 'pod-security.kubernetes.io/warn': 'restricted' }), deployment('cart')],
      },
      { name: 'baseline admits a container that says nothing', manifests: [enforced('baseline'), deployment('cart')] },
    ],
  }),
});
