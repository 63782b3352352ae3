import * as fc from 'fast-check';
import type { KubeObject } from '../../lib/kube';

/** Fields that may be there. */
const some = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });
const text = fc.constantFrom('', 'x', 'http://cart:80/x', '${A:-b}', '$(B)', 'two\nlines', '007', 'on', 'ä "q" \\');
const words = fc.array(fc.constantFrom('sh', '-c', 'sleep 1', '--url=http://cart:80', '$(A)'), { maxLength: 3 });
const map = (...keys: string[]) =>
  fc.dictionary(fc.constantFrom(...keys), fc.constantFrom('a', 'b.c', ''), { maxKeys: 2 });
const labels = map('app', 'team', 'example.com/x', 'app.kubernetes.io/part-of', 'app.kubernetes.io/version');
const annotations = map('a.example.com/b', 'prometheus.io/scrape');
const quantity = fc.constantFrom('100m', '0.1', '64Mi', '1', '1Gi', '1e3');

const variable = fc
  .tuple(
    fc.constantFrom('A', 'B', 'CART_ADDR', 'log.level', 'PASSWORD_FILE'),
    fc.oneof(
      text.map((value) => ({ value })),
      fc.constantFrom(
        {},
        { value: null },
        { value: 'cart:80' },
        { valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        { valueFrom: { configMapKeyRef: { name: 'settings', key: 'k', optional: true } } },
        { valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['team']" } } },
        { valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi', containerName: 'main' } } },
      ),
    ),
  )
  .map(([name, value]) => ({ name, ...value }));

const action = fc.constantFrom(
  { httpGet: { path: '/ok', port: 8080 } },
  { httpGet: { path: 'ok', port: 'web', scheme: 'HTTPS', httpHeaders: [{ name: 'X-A', value: 'b' }] } },
  { tcpSocket: { port: 8080 } },
  { grpc: { port: 8080, service: 'x' } },
  { exec: { command: ['true'] } },
);
const probe = fc
  .tuple(action, some({ initialDelaySeconds: fc.nat(9), periodSeconds: fc.integer({ min: 1, max: 9 }) }))
  .map(([handler, timing]) => ({ ...handler, ...timing }));

const security = fc.constantFrom(
  null,
  {},
  { runAsUser: 0 },
  { privileged: true },
  { capabilities: { add: ['NET_ADMIN'], drop: [] } },
  { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' }, readOnlyRootFilesystem: false },
);
const resources = some({
  requests: some({ cpu: quantity, memory: quantity }),
  limits: fc.constantFrom({}, null, { memory: '2Gi' }, { 'example.com/chip': '1' }),
});

function container(name: string, mounts: readonly string[]) {
  return fc
    .tuple(
      some({
        imagePullPolicy: fc.constantFrom('Always', 'IfNotPresent', ''),
        command: words,
        args: words,
        workingDir: fc.constantFrom('', '/w'),
        env: fc.uniqueArray(variable, { maxLength: 4, selector: ({ name }) => name }),
        envFrom: fc.constant([{ configMapRef: { name: 'settings' } }, { prefix: 'P_', secretRef: { name: 's' } }]),
        resources,
        securityContext: security,
        lifecycle: fc.constant({ preStop: { exec: { command: ['sleep', '5'] } } }),
        tty: fc.boolean(),
        volumeMounts: fc.subarray(
          mounts.flatMap((mount, index) => [
            { name: mount, mountPath: `/m${index}` },
            { name: mount, mountPath: `/n${index}`, subPath: 'x', readOnly: true },
          ]),
        ),
      }),
      fc.constantFrom(
        'nginx',
        'registry.example.com/a/b:1.2',
        'redis:7@sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d',
      ),
    )
    .map(([fields, image]) => ({ name, image, ...fields }));
}

const VOLUMES = {
  tmp: { emptyDir: {} },
  shm: { emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
  conf: { configMap: { name: 'settings', items: [{ key: 'k', path: 'p' }], defaultMode: 420 } },
  all: {
    projected: {
      sources: [
        { secret: { name: 's' } },
        { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
    },
  },
  host: { hostPath: { path: '/var/log', type: '' } },
  disk: { persistentVolumeClaim: { claimName: 'disk' } },
} as const;

const pod = fc.subarray(Object.keys(VOLUMES) as (keyof typeof VOLUMES)[]).chain((names) =>
  fc
    .tuple(
      fc.tuple(
        container('main', names),
        some({
          readinessProbe: probe,
          livenessProbe: probe,
          startupProbe: probe,
        }),
      ),
      fc.option(container('sidecar', names), { nil: undefined }),
      fc.option(
        // One that runs to its end has no hooks.
        container('init', names).map(({ lifecycle: _, ...init }) => init),
        { nil: undefined },
      ),
      some({
        serviceAccountName: fc.constantFrom('', 'default', 'shared'),
        automountServiceAccountToken: fc.boolean(),
        terminationGracePeriodSeconds: fc.nat(60),
        nodeSelector: map('disk', 'zone'),
        affinity: fc.constantFrom({}, { podAffinity: null, nodeAffinity: {} }),
        tolerations: fc.constantFrom([], [{ operator: 'Exists' }]),
        hostAliases: fc.constant([{ ip: '10.0.0.1', hostnames: ['a'] }]),
        dnsPolicy: fc.constantFrom('ClusterFirst', 'Default'),
        hostNetwork: fc.boolean(),
        enableServiceLinks: fc.boolean(),
        priorityClassName: fc.constantFrom('', 'high'),
        imagePullSecrets: fc.constant([{ name: 'pull' }]),
        securityContext: fc.constantFrom(
          {},
          { fsGroup: 1000 },
          { runAsNonRoot: true, sysctls: [{ name: 'net.core.somaxconn', value: '1' }] },
        ),
        schedulerName: fc.constantFrom('default-scheduler', 'mine'),
      }),
    )
    .map(([[main, probes], sidecar, init, fields]) => ({
      ...fields,
      ...(init && { initContainers: [init] }),
      containers: [
        {
          ...main,
          ...probes,
          ports: [
            { name: 'web', containerPort: 8080 },
            { containerPort: 9090, protocol: 'UDP' },
          ],
        },
        ...(sidecar ? [sidecar] : []),
      ],
      ...(names.length > 0 && { volumes: names.map((name) => ({ name, ...VOLUMES[name] })) }),
    })),
);

const service = (name: string, selector: object) =>
  fc
    .tuple(
      fc.subarray(
        [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: '8080', port: 8080 },
          { name: 'a-name-that-is-longer-than-a-port', port: 81, targetPort: 'web', appProtocol: 'kubernetes.io/h2c' },
          { name: 'udp', port: 53, protocol: 'UDP', targetPort: 9090 },
        ],
        { minLength: 1 },
      ),
      some({
        type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
        sessionAffinity: fc.constantFrom('None', 'ClientIP'),
        publishNotReadyAddresses: fc.boolean(),
      }),
      fc.constantFrom(name, `${name}-svc`),
    )
    .map(([ports, fields, own]) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: own, namespace: 'shop' },
      spec: { selector, ports, ...fields },
    }));

/** A workload of some kind with what belongs to it, as somebody may have written it: valid, and not as we would. */
function application(name: string): fc.Arbitrary<object[]> {
  const selector = fc.constantFrom<Record<string, string>>(
    { app: name },
    { 'app.kubernetes.io/name': name },
    { name, tier: 'x' },
  );
  return fc
    .tuple(
      fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'),
      selector,
      labels,
      annotations,
      pod,
    )
    .chain(([kind, matchLabels, own, notes, podSpec]) => {
      const isJob = kind === 'Job' || kind === 'CronJob';
      const template = {
        metadata: { labels: { ...own, ...matchLabels }, annotations: notes },
        spec: { ...podSpec, ...(isJob && { restartPolicy: 'OnFailure' }) },
      };
      const job = { backoffLimit: 2, template };
      const spec =
        kind === 'Job'
          ? job
          : kind === 'CronJob'
            ? { schedule: '@daily', jobTemplate: { spec: job } }
            : {
                ...(kind !== 'DaemonSet' && { replicas: 2 }),
                ...(kind === 'StatefulSet' && { serviceName: name }),
                selector: { matchLabels },
                template,
              };
      const workload = {
        apiVersion: isJob ? 'batch/v1' : 'apps/v1',
        kind,
        metadata: { name, namespace: 'shop', labels: own, annotations: notes },
        spec,
      };
      const services = isJob ? fc.constant([]) : fc.array(service(name, matchLabels), { maxLength: 1 });
      return services.map((list) => [workload, ...list]);
    });
}

/** Objects of one namespace. */
export const applications: fc.Arbitrary<KubeObject[]> = fc
  .tuple(application('cart'), application('web'))
  .map((lists) => [
    ...lists.flat(),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'shared', namespace: 'shop' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' }, data: { k: 'v' } },
  ])
  .map((objects) => JSON.parse(JSON.stringify(objects)) as KubeObject[]);
