import type { KubeObject } from '../kube';
import { compareObjects } from './compare';

const deployment = (pod: object, spec: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: pod },
    ...spec,
  },
});
const pod = (container: object): KubeObject =>
  deployment({ containers: [{ name: 'web', image: 'web:1', ...container }] });
const service = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec,
});
const paths = (before: KubeObject, after: KubeObject) =>
  compareObjects(before, after).map(({ path, before: was, after: is }) => `${path}: ${text(was)} -> ${text(is)}`);
const text = (value: unknown) => JSON.stringify(value) ?? 'nothing';

test.each<[string, KubeObject, KubeObject]>([
  ['replicas written out', deployment({ containers: [] }), deployment({ containers: [] }, { replicas: 1 })],
  [
    'another form of an amount',
    pod({ resources: { limits: { cpu: '1000m' } } }),
    pod({ resources: { limits: { cpu: 1 } } }),
  ],
  [
    'the request that follows from a limit',
    pod({ resources: { limits: { cpu: '1' } } }),
    pod({ resources: { limits: { cpu: '1' }, requests: { cpu: '1' } } }),
  ],
  [
    'the protocol of a port',
    pod({ ports: [{ containerPort: 80 }] }),
    pod({ ports: [{ containerPort: 80, protocol: 'TCP' }] }),
  ],
  [
    'order of variables that expand nothing',
    pod({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    }),
    pod({
      env: [
        { name: 'B', value: '2' },
        { name: 'A', value: '1' },
      ],
    }),
  ],
  ['an empty security context', pod({}), pod({ securityContext: {} })],
  [
    'defaults of a probe',
    pod({ livenessProbe: { httpGet: { port: 80 } } }),
    pod({ livenessProbe: { httpGet: { path: '/', port: 80, scheme: 'HTTP' }, periodSeconds: 10 } }),
  ],
  [
    'the old name of the account',
    deployment({ serviceAccount: 'web', containers: [] }),
    deployment({ serviceAccountName: 'web', containers: [] }),
  ],
  [
    'the target port',
    service({ ports: [{ port: 80 }] }),
    service({ type: 'ClusterIP', ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] }),
  ],
  ['the pull policy of latest', pod({ image: 'web:latest' }), pod({ image: 'web:latest', imagePullPolicy: 'Always' })],
  ['null and absent', deployment({ containers: [], nodeSelector: null }), deployment({ containers: [] })],
  [
    'the mode of a mounted Secret',
    deployment({ containers: [], volumes: [{ name: 's', secret: { secretName: 's' } }] }),
    deployment({ containers: [], volumes: [{ name: 's', secret: { secretName: 's', defaultMode: 420 } }] }),
  ],
])('no difference: %s', (_, before, after) => {
  expect(paths(before, after)).toEqual([]);
});

test.each<[string, KubeObject, KubeObject, string[]]>([
  [
    'a value of a variable, named by its variable',
    pod({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    }),
    pod({
      env: [
        { name: 'B', value: '3' },
        { name: 'A', value: '1' },
      ],
    }),
    ['spec.template.spec.containers[web].env[B].value: "2" -> "3"'],
  ],
  [
    'the order of variables of which one uses another',
    pod({
      env: [
        { name: 'HOST', value: 'db' },
        { name: 'URL', value: 'http://$(HOST)' },
      ],
    }),
    pod({
      env: [
        { name: 'URL', value: 'http://$(HOST)' },
        { name: 'HOST', value: 'db' },
      ],
    }),
    ['spec.template.spec.containers[web].env (order): ["HOST","URL"] -> ["URL","HOST"]'],
  ],
  [
    'arguments in another order',
    pod({ args: ['a', 'b'] }),
    pod({ args: ['b', 'a'] }),
    [
      'spec.template.spec.containers[web].args[0]: "a" -> "b"',
      'spec.template.spec.containers[web].args[1]: "b" -> "a"',
    ],
  ],
  [
    'a container more',
    deployment({ containers: [{ name: 'web', image: 'web:1' }] }),
    deployment({
      containers: [
        { name: 'web', image: 'web:1' },
        { name: 'proxy', image: 'proxy:1', imagePullPolicy: 'Always' },
      ],
    }),
    [
      'spec.template.spec.containers[proxy]: nothing -> {"name":"proxy","image":"proxy:1","imagePullPolicy":"Always","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}',
    ],
  ],
  [
    'an empty folder in place of none',
    deployment({ containers: [], volumes: [{ name: 'tmp', emptyDir: {} }] }),
    deployment({ containers: [], volumes: [{ name: 'tmp', emptyDir: { medium: 'Memory' } }] }),
    ['spec.template.spec.volumes[tmp].emptyDir.medium: nothing -> "Memory"'],
  ],
  [
    'a verb of a Role',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'r' },
      rules: [{ verbs: ['get', 'list'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'r' },
      rules: [{ verbs: ['list', 'get', 'watch'] }],
    },
    ['rules[0].verbs[]: nothing -> "watch"'],
  ],
  [
    'ports of one number and two protocols',
    service({
      ports: [
        { name: 'tcp', port: 53 },
        { name: 'udp', port: 53, protocol: 'UDP' },
      ],
    }),
    service({
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'tcp', port: 53 },
      ],
    }),
    ['spec.ports[53/UDP].name: "udp" -> "dns"'],
  ],
])('a difference: %s', (_, before, after, expected) => {
  expect(paths(before, after)).toEqual(expected);
});
