import * as fc from 'fast-check';
import type { Service } from '../../lib/catalog';
import { MESH_FACTS, type Mesh, type MeshMode, sharesOnlyEntering } from '../../lib/mesh';
import { canary } from './canary';

/** What a random service must know of the catalog around it. */
export interface ServiceFrame {
  readonly name: string;
  readonly mode: MeshMode;
  readonly ports: NonNullable<Service['ports']>;
  readonly clusters?: string[];
  /** The services that it may call: they have ports and run wherever it runs. */
  readonly callable: readonly { readonly name: string; readonly ports: NonNullable<Service['ports']> }[];
}

const word = fc.stringMatching(/^[a-z]([a-z0-9]{0,6}[a-z0-9])?$/);
/** Any text that a container takes: quotes, line breaks, dollars and all that YAML has to escape. */
export const text = fc
  .oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('yes', '~', '010', ' a: #b', '- x\n\ty\n', '${A:-b}', '$$(A)'),
  )
  .filter((value) => !value.includes('\0') && !/\p{Cs}/u.test(value));
const optional = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });
const seconds = (least: number) => fc.integer({ min: least, max: 900 });
const texts = fc.array(text, { minLength: 1, maxLength: 3 });
const labels = fc.dictionary(
  fc.constantFrom('team', 'example.com/tier', 'a.b/c-d_e'),
  fc.constantFrom('', 'blue', 'v1.2_x-3'),
  { maxKeys: 2 },
);
const annotations = fc.dictionary(fc.constantFrom('note', 'example.com/why', 'z'), text, { maxKeys: 2 });

/** One to three ports, each with a number of its own; names only where they do not meet. */
export const ports: fc.Arbitrary<NonNullable<Service['ports']>> = fc
  .uniqueArray(
    fc.record(
      {
        port: fc.integer({ min: 1, max: 65_535 }),
        targetPort: fc.integer({ min: 1, max: 65_535 }),
        protocol: fc.constantFrom('http' as const, 'grpc' as const, 'tcp' as const),
        isNamed: fc.boolean(),
      },
      { requiredKeys: ['port', 'protocol', 'isNamed'] },
    ),
    { selector: ({ port }) => port, minLength: 1, maxLength: 3 },
  )
  .map((list) =>
    list.map(({ isNamed, ...port }, index) => (isNamed ? { ...port, name: `${port.protocol}-p${index}` } : port)),
  );

const cpu = fc.constantFrom('50m', '0.5', '1', '1e1', '2k');
const bytes = fc.constantFrom('0.5G', '64Mi', '1.5Gi', '2e3', '128974848', '5000m');
const resources = fc.oneof(
  fc.record({ requests: optional({ cpu, memory: bytes, 'ephemeral-storage': bytes }) }),
  fc.record({ limits: optional({ cpu, memory: bytes }) }),
  fc.constant({ requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '0.1', memory: '67108864' } }),
);

const image = fc.oneof(
  fc.constantFrom('redis:7.4.1', `localhost:5000/a/b@sha256:${'0a'.repeat(32)}`),
  fc.record({ tag: fc.constantFrom('v1', '1.2.3-rc.1', 'latest') }),
  fc.record({ digest: fc.constant(`sha256:${'0a'.repeat(32)}`) }),
  fc.record({
    repository: fc.constantFrom('redis', 'localhost:5000/a/b', 'registry.example.com/shop/x_y'),
    tag: fc.constant('7'),
    digest: fc.constant(`sha256:${'f0'.repeat(32)}`),
  }),
);

const key = fc.record(
  { name: fc.constantFrom('db', 'a.b-c'), key: fc.constantFrom('password', 'TLS_crt.pem'), optional: fc.boolean() },
  { requiredKeys: ['name', 'key'] },
);

function env({ callable }: ServiceFrame): fc.Arbitrary<NonNullable<Service['env']>> {
  const format = fc.constantFrom('host:port' as const, 'host' as const, 'port' as const, 'url' as const);
  const references = callable.flatMap(({ name, ports: theirs }) => [
    fc.record({ service: fc.constant(name), format }, { requiredKeys: ['service'] }),
    ...theirs.map(({ port, name: portName }) => fc.constant({ service: name, port: portName ?? port })),
  ]);
  const value = fc.oneof(
    text,
    fc.record({ secret: key }),
    fc.record({ configMap: key }),
    fc.record({
      field: fc.constantFrom('metadata.name', 'status.podIP', "metadata.labels['app']", "metadata.labels['team']"),
    }),
    ...references,
  );
  // Each may refer to one that stands behind it by name.
  const names = ['ADDR', 'B', 'Z_9', '_', 'lower.case', 'with-dash'];
  return fc.dictionary(fc.constantFrom(...names), fc.tuple(value, fc.boolean()), { maxKeys: 4 }).map((values) =>
    Object.fromEntries(
      Object.entries(values).map(([name, [one, refers]]) => {
        const later = names.slice(names.indexOf(name) + 1).filter((other) => Object.hasOwn(values, other));
        return [name, refers && typeof one === 'string' ? `${one}${later.map((other) => `$(${other})`).join()}` : one];
      }),
    ),
  );
}

function probe({ ports: own }: ServiceFrame, kind: string) {
  const named = own.flatMap(({ name, port, targetPort }) => [
    targetPort ?? port,
    ...(name === undefined ? [] : [name]),
  ]);
  const port = fc.constantFrom<number | string>(...named, 8080);
  const optionalPort = own.length > 0 ? [] : (['port'] as const);
  const handler = fc.oneof(
    fc.record({
      http: fc.record(
        { path: fc.constantFrom('/', '/healthz?full=1'), port, headers: fc.constant({ 'X-Probe': 'a b' }) },
        { requiredKeys: ['path', ...optionalPort] },
      ),
    }),
    fc.record({ grpc: fc.record({ port, service: word }, { requiredKeys: [...optionalPort] }) }),
    fc.record({ tcp: fc.record({ port }, { requiredKeys: [...optionalPort] }) }),
    fc.record({ exec: fc.record({ command: texts }) }),
  );
  const timing = optional({
    initialDelaySeconds: seconds(0),
    periodSeconds: seconds(1),
    timeoutSeconds: seconds(1),
    successThreshold: kind === 'readiness' ? seconds(1) : fc.constant(1),
    failureThreshold: seconds(1),
  });
  return fc.tuple(handler, timing).map(([one, two]) => ({ ...one, ...two }));
}

const volumes = fc
  .uniqueArray(
    fc.oneof(
      fc.record({
        emptyDir: fc.record({ medium: fc.constant('Memory' as const), sizeLimit: bytes }, { requiredKeys: [] }),
      }),
      fc.record({ configMap: fc.record({ name: word, optional: fc.boolean() }, { requiredKeys: ['name'] }) }),
      fc.record({ secret: fc.record({ secretName: word, optional: fc.boolean() }, { requiredKeys: ['secretName'] }) }),
      fc.record({
        persistentVolumeClaim: fc.record({ claimName: word }),
        readOnly: fc.boolean(),
        subPath: fc.constant('a/b'),
      }),
    ),
    { maxLength: 3 },
  )
  .map((list) => list.map((source, index) => ({ name: `v${index}`, mountPath: `/mnt/v${index}`, ...source })));

const config = fc
  .array(fc.dictionary(fc.constantFrom('app.yaml', 'a_b', 'Z-1'), text, { minKeys: 1, maxKeys: 3 }), { maxLength: 2 })
  .map((list) =>
    list.map((files, index) => ({
      mountPath: `/c${index}`,
      files,
      ...(index === 1 && { subPath: Object.keys(files)[0]! }),
    })),
  );

const expression = fc.oneof(
  fc.record({
    key: fc.constant('zone'),
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.constant(['a', 'b']),
  }),
  fc.record({ key: fc.constant('zone'), operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
);
const nodeTerm = fc.record({ matchExpressions: fc.array(expression, { minLength: 1, maxLength: 2 }) });
const podTerm = fc.record(
  {
    labelSelector: fc.record({ matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 1 }) }),
    topologyKey: fc.constant('kubernetes.io/hostname'),
    namespaces: fc.constant(['a']),
  },
  { requiredKeys: ['topologyKey', 'labelSelector'] },
);
const weight = fc.integer({ min: 1, max: 100 });
const podAffinity = optional({
  requiredDuringSchedulingIgnoredDuringExecution: fc.array(podTerm, { minLength: 1, maxLength: 2 }),
  preferredDuringSchedulingIgnoredDuringExecution: fc.array(fc.record({ weight, podAffinityTerm: podTerm }), {
    minLength: 1,
    maxLength: 2,
  }),
});
const scheduling = {
  nodeSelector: fc.constant({ 'kubernetes.io/arch': 'arm64' }),
  affinity: optional({
    nodeAffinity: optional({
      requiredDuringSchedulingIgnoredDuringExecution: fc.record({
        nodeSelectorTerms: fc.array(nodeTerm, { minLength: 1, maxLength: 2 }),
      }),
      preferredDuringSchedulingIgnoredDuringExecution: fc.array(fc.record({ weight, preference: nodeTerm }), {
        minLength: 1,
        maxLength: 1,
      }),
    }),
    podAffinity,
    podAntiAffinity: podAffinity,
  }),
  tolerations: fc.constantFrom(
    [{ operator: 'Exists' as const }],
    [
      { key: 'a', operator: 'Equal' as const, value: 'b', effect: 'NoExecute' as const, tolerationSeconds: 30 },
      { key: 'c', operator: 'Exists' as const, effect: 'NoSchedule' as const },
    ],
  ),
  topologySpread: fc.constantFrom(
    [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule' as const,
        minDomains: 2,
      },
    ],
    [{ maxSkew: 2, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' as const }],
  ),
};

const autoscaling = fc
  .record(
    {
      minReplicas: fc.integer({ min: 1, max: 5 }),
      more: fc.nat(5),
      cpuUtilizationPercent: weight,
      memoryUtilizationPercent: weight,
      scaleDownStabilizationSeconds: seconds(0),
    },
    { requiredKeys: ['minReplicas', 'more'] },
  )
  .map(({ more, ...rest }) => ({ ...rest, maxReplicas: rest.minReplicas + more }));
const scaling = fc.oneof(
  fc.constant({}),
  fc.record({ replicas: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ replicas: fc.integer({ min: 1, max: 9 }), autoscaling: fc.constant(false as const) }),
  fc.record({ autoscaling }),
);

function initContainers(frame: ServiceFrame) {
  return fc
    .array(
      fc.record(
        {
          image: fc.constantFrom('busybox:1.38.0', `a.example.com/b@sha256:${'1b'.repeat(32)}`),
          command: texts,
          args: texts,
          env: env(frame),
          resources,
        },
        { requiredKeys: ['image'] },
      ),
      { maxLength: 2 },
    )
    .map((list) => list.map((init, index) => ({ name: `init-${index}`, ...init })));
}

/** Callers that are no service of the catalog: pods elsewhere, and addresses outside. */
function callers({ ports: own }: ServiceFrame): fc.Arbitrary<NonNullable<Service['callers']>> {
  if (own.length === 0) return fc.constant([]);
  const named = {
    name: fc.constant('caller'),
    namespace: fc.constantFrom('reports', 'batch'),
    labels: fc.constant({ app: 'report' }),
  };
  const requests = { methods: fc.constant<string[]>(['GET']), paths: fc.constant<string[]>(['/api/*']) };
  const pods = fc.record<NonNullable<Service['callers']>[number]>(
    {
      ...named,
      account: fc.constant('nightly'),
      ...(own.every(({ protocol }) => protocol !== 'tcp') && requests),
    },
    { requiredKeys: ['name', 'namespace', 'labels'] },
  );
  const addresses = fc.record<NonNullable<Service['callers']>[number]>({
    name: fc.constant('caller'),
    cidrs: fc.constant<string[]>(['203.0.113.0/24', '198.51.100.7/32']),
  });
  return fc
    .uniqueArray(fc.oneof(pods, addresses), {
      selector: ({ namespace }) => namespace,
      maxLength: 2,
    })
    .map((list) => list.map((one, index) => ({ ...one, name: `caller-${index}` })));
}

/** Calls that no variable names: of services, whole or narrowed. */
function calls({ callable }: ServiceFrame): fc.Arbitrary<NonNullable<Service['calls']>> {
  return fc.subarray([...callable]).chain((some) =>
    fc.tuple(
      ...some.map(({ name, ports: [first] }) =>
        fc.oneof(
          { weight: 3, arbitrary: fc.constant(name) },
          {
            weight: 1,
            arbitrary: fc.record<{ service: string; port?: number; paths?: string[] }>(
              {
                service: fc.constant(name),
                port: fc.constant(first!.port),
                ...(first!.protocol !== 'tcp' && { paths: fc.constant(['/shop.Cart/*']) }),
              },
              { requiredKeys: ['service', 'port'] },
            ),
          },
        ),
      ),
    ),
  );
}

const exposed = fc.record(
  {
    paths: fc.uniqueArray(fc.constantFrom('/', '/api', '/a/b-c'), { minLength: 1, maxLength: 2 }),
    hosts: fc.uniqueArray(fc.constantFrom('{domain}', 'www.{domain}', '*.{domain}', 'example.org'), {
      minLength: 1,
      maxLength: 2,
    }),
  },
  { requiredKeys: ['hosts'] },
);

/** A service that is valid in its frame, with any of the fields. */
export function service(frame: ServiceFrame): fc.Arbitrary<Service> {
  const { name, mode, ports: own, clusters } = frame;
  const mesh: Mesh = MESH_FACTS[mode];
  const protocol = own[0]?.protocol;
  const canBeExposed =
    mesh.exposesBy !== 'nothing' && (protocol === 'http' || (protocol === 'grpc' && !mesh.refusesGrpc));
  const fields = optional({
    description: text,
    imagePullPolicy: fc.constantFrom('Always' as const, 'IfNotPresent' as const, 'Never' as const),
    command: texts,
    args: texts,
    env: env(frame),
    namespace: fc.constantFrom('shop', 'other'),
    calls: calls(frame),
    callers: callers(frame),
    resources,
    probes: optional({
      readiness: probe(frame, 'readiness'),
      liveness: probe(frame, 'liveness'),
      startup: probe(frame, 'startup'),
    }),
    serviceAccount: optional({
      create: fc.boolean(),
      annotations,
      automountToken: fc.constantFrom(true, false, 'account' as const),
      automountByDefault: fc.boolean(),
      secrets: fc.constant(['vault']),
    }),
    securityContext: optional({
      runAsUser: fc.integer({ min: 1, max: 65_534 }),
      runAsGroup: fc.nat(65_534),
      fsGroup: fc.nat(65_534),
      readOnlyRootFilesystem: fc.boolean(),
    }),
    volumes,
    configMaps: fc.constantFrom([{ name: `${name}.settings`, data: { A: 'x ${y}', 'b.conf': '' } }]),
    claims: fc.constantFrom([{ name: `${name}-data`, storage: '1Gi', accessModes: ['ReadWriteMany' as const] }]),
    access: fc.constantFrom(
      [{ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }],
      [
        { clusterRole: 'view' },
        { name: `${name}-x`, isClusterWide: true, rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] },
      ],
    ),
    monitors: fc.constantFrom([{ endpoints: [{ port: 'http' }] }]),
    config,
    initContainers: initContainers(frame),
    ...scheduling,
    disruptionBudget: fc.constantFrom<NonNullable<Service['disruptionBudget']>>(
      false,
      { minAvailable: 1 },
      { maxUnavailable: '25%' },
    ),
    labels,
    annotations,
    podLabels: labels,
    podAnnotations: annotations,
    terminationGracePeriodSeconds: seconds(0),
    progressDeadlineSeconds: seconds(1),
    priorityClassName: fc.constant('high'),
    traffic: fc.record({ requestsPerSecond: fc.nat(1000) }),
    expose: canBeExposed ? fc.oneof(fc.constant(false as const), exposed) : fc.constant(false as const),
    build: optional({
      dockerfile: fc.constantFrom('Dockerfile', 'docker/Dockerfile'),
      target: word,
      args: fc.dictionary(fc.constantFrom('GO_VERSION', 'A_1'), text, { maxKeys: 2 }),
      platforms: fc.subarray(['linux/amd64', 'linux/arm64']),
      paths: fc.subarray(['protos', 'go.work']),
    }).map((build) => ({ context: `src/${frame.name}`, ...build })),
    preflight: fc.record({
      ignore: fc.array(fc.record({ code: fc.constant('no-traffic'), reason: fc.constant('a test calls it') }), {
        maxLength: 1,
      }),
    }),
  });
  const rollout = own[0]
    ? fc.option(
        fc.oneof(
          { weight: 1, arbitrary: fc.constant(false as const) },
          { weight: 4, arbitrary: canary(mode, own[0].protocol) },
        ),
        { nil: undefined },
      )
    : fc.constant(undefined);
  return fc.tuple(fields, image, scaling, rollout).map(([rest, imageOf, scale, canaryOf]): Service => {
    // Bounds for the primary's autoscaler need one.
    const scaled = 'autoscaling' in scale ? scale.autoscaling !== false : 'replicas' in scale && scale.replicas > 1;
    const canaryFields = canaryOf && !scaled ? { ...canaryOf, primaryScalerReplicas: undefined } : canaryOf;
    return JSON.parse(
      JSON.stringify({
        name,
        clusters,
        image: imageOf,
        ports: own.length > 0 ? own : undefined,
        ...rest,
        // Rights are for an account that has a name; without any, services may share one.
        serviceAccount:
          rest.serviceAccount?.create === false
            ? { ...rest.serviceAccount, name: rest.access ? `${name.slice(0, 40)}-own` : 'shared' }
            : rest.serviceAccount,
        ...scale,
        expose: rest.expose && withHosts(rest.expose, name),
        // Where only what comes in is shared out, a canary needs a host.
        canary: sharesOnlyEntering(mesh) && !rest.expose ? false : canaryFields,
        // A name of its objects, where nothing goes by that of the service.
        workloadName:
          canaryOf || rest.expose || rest.description === undefined || frame.name.length > 40 ? undefined : `${name}-w`,
      }),
    );
  });
}

/** Hosts of its own: a host leads to one service. */
const withHosts = (expose: { hosts: string[]; paths?: string[] }, name: string) => ({
  ...expose,
  hosts: expose.hosts.map((host) => (host.startsWith('*.') ? `*.${name}.${host.slice(2)}` : `${name}.${host}`)),
});
