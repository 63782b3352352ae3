import { podSecurityViolations } from './pod-security';

const strict = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const pod = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
const template = (spec: object, container: object = { securityContext: strict }) => ({
  spec: { securityContext: pod, containers: [{ name: 'a', ...container }], ...spec },
});
const secure = (more: object) => template({}, { securityContext: { ...strict, ...more } });

/** Expected values follow the fixtures of k8s.io/pod-security-admission v1.36 test/. */
test.each<[string, object, string[], string[]]>([
  ['what restricted asks for', template({}), [], []],
  [
    'nothing said',
    template({ securityContext: undefined }, {}),
    [],
    [
      'container "a": allowPrivilegeEscalation: false, capabilities.drop: [ALL], runAsNonRoot: true, seccompProfile.type: RuntimeDefault',
    ],
  ],
  [
    'said by the container alone',
    template({ securityContext: {} }, { securityContext: { ...strict, ...pod } }),
    [],
    [],
  ],
  [
    'a capability that restricted admits',
    secure({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
    [],
    [],
  ],
  [
    'a capability of baseline',
    secure({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } }),
    [],
    ['container "a": not the capability CHOWN'],
  ],
  [
    'another capability',
    secure({ capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }),
    ['container "a": not the capability NET_ADMIN'],
    ['container "a": not the capability NET_ADMIN'],
  ],
  ['root', secure({ runAsUser: 0 }), [], ['container "a": runAsUser that is not 0']],
  [
    'root in the pod',
    template({ securityContext: { ...pod, runAsUser: 0 } }),
    [],
    ['the pod: runAsUser that is not 0'],
  ],
  ['privileged', secure({ privileged: true }), ['container "a": not privileged'], ['container "a": not privileged']],
  [
    'the host',
    template({ hostNetwork: true, volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
    ['no hostNetwork', 'no hostPath volume ("v")'],
    ['no hostNetwork', 'no hostPath volume ("v")'],
  ],
  ['a volume of NFS', template({ volumes: [{ name: 'v', nfs: {} }, { name: 'e' }] }), [], ['no nfs volume ("v")']],
  [
    'ports and probes of the host',
    template(
      {},
      {
        securityContext: strict,
        ports: [{ containerPort: 80, hostPort: 80 }],
        livenessProbe: { httpGet: { host: 'example.org' } },
      },
    ),
    ['container "a": no hostPort', 'container "a": no host in livenessProbe'],
    ['container "a": no hostPort', 'container "a": no host in livenessProbe'],
  ],
  [
    'profiles and sysctls',
    template({
      securityContext: {
        runAsNonRoot: true,
        seccompProfile: { type: 'Unconfined' },
        sysctls: [{ name: 'kernel.msgmax' }, { name: 'net.ipv4.tcp_syncookies' }],
      },
    }),
    ['the pod: a seccompProfile that is not Unconfined', 'no sysctl kernel.msgmax'],
    [
      'the pod: a seccompProfile that is not Unconfined',
      'no sysctl kernel.msgmax',
      'container "a": seccompProfile.type: RuntimeDefault',
    ],
  ],
])('%s', (_name, pods, baseline, restricted) => {
  const asks = (level: 'baseline' | 'restricted') =>
    podSecurityViolations(pods as never, level).map((violation) => violation.asks);
  expect(asks('baseline')).toEqual(baseline);
  expect(asks('restricted')).toEqual(restricted);
});
