import * as fc from 'fast-check';
import type { Catalog, Service, ServiceDefaults } from '../../lib/catalog';

type Canary = Exclude<Service['canary'], false | undefined>;
type Probe = NonNullable<NonNullable<Service['probes']>['readiness']>;
type Mesh = NonNullable<Catalog['platform']['mesh']>;

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
const names = (min: number, max: number) => fc.uniqueArray(label, { minLength: min, maxLength: max });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const seconds = (min: number, max: number) => fc.integer({ min, max }).map((value) => `${value}s`);
const text = fc.string({ maxLength: 20 }).filter((value) => !value.includes('${'));

const protocol = fc.constantFrom('http' as const, 'grpc' as const, 'tcp' as const);
const ports: fc.Arbitrary<NonNullable<Service['ports']>> = fc
  .uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 3 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers.map((port, index) =>
        fc.record({
          name: fc.constant(index === 0 ? undefined : `p${index}`),
          port: fc.constant(port),
          targetPort: optional(fc.integer({ min: 1, max: 65535 })),
          protocol,
        }),
      ),
    ),
  )
  .map((list) => list.map(clean));

/** JSON has no undefined. */
function clean<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const resources = fc.record({
  requests: fc.record({ cpu: fc.constantFrom('10m', '0.1', '100m'), memory: fc.constantFrom('16Mi', '64Mi', '1e7') }),
  limits: optional(
    fc.record({ cpu: fc.constantFrom('200m', '1', '2'), memory: fc.constantFrom('128Mi', '1Gi', '1G') }),
  ),
});

const timing = fc.record({
  initialDelaySeconds: optional(fc.nat(60)),
  periodSeconds: optional(fc.integer({ min: 1, max: 60 })),
  failureThreshold: optional(fc.integer({ min: 1, max: 9 })),
});
const probe: fc.Arbitrary<Probe> = fc
  .tuple(
    fc.oneof(
      fc.record({
        http: fc.record({ path: fc.constantFrom('/', '/healthz'), headers: optional(fc.constant({ Cookie: 'a=b' })) }),
      }),
      fc.constant({ grpc: {} }),
      fc.constant({ tcp: {} }),
      fc.constant({ exec: { command: ['true'] as string[] } }),
    ),
    timing,
  )
  .map(([handler, rest]) => clean({ ...handler, ...rest }));

function strategy(mesh: Mesh, first: string): fc.Arbitrary<Canary> {
  const iterations = fc.record({ iterations: fc.integer({ min: 1, max: 20 }) });
  if (mesh === 'kubernetes') return iterations;
  const weights = fc.oneof(
    fc.record({
      stepWeight: fc.integer({ min: 1, max: 100 }),
      maxWeight: optional(fc.integer({ min: 1, max: 100 })),
      stepWeightPromotion: optional(fc.integer({ min: 1, max: 100 })),
    }),
    fc.record({
      stepWeights: fc
        .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 })
        .map((list) => list.sort((a, b) => a - b)),
    }),
    fc.record({ sessionAffinity: fc.constant({ cookieName: 'side' }) }),
    fc.constant({ skipAnalysis: true }),
  );
  if (first === 'tcp') return fc.oneof(iterations, fc.record({ stepWeight: fc.integer({ min: 1, max: 50 }) }));
  const ab = iterations.map(
    (canary): Canary => ({ ...canary, match: [{ headers: { 'x-canary': { exact: 'yes' } } }] }),
  );
  const mirrored = iterations.map((canary): Canary => ({ ...canary, mirror: true, mirrorWeight: 50 }));
  return fc.oneof(weights as fc.Arbitrary<Canary>, iterations, ab, mirrored);
}

function canary(mesh: Mesh, first: string): fc.Arbitrary<Canary> {
  const loadTest =
    first === 'tcp'
      ? fc.constant(false as const)
      : fc.oneof(
          fc.constant(false as const),
          fc.record({
            requestsPerSecond: optional(fc.integer({ min: 1, max: 100 })),
            path: optional(fc.constantFrom('/', '/cart?x=1')),
            headers: optional(fc.constant({ 'x-canary': 'yes' })),
          }),
        );
  return fc
    .tuple(
      strategy(mesh, first),
      fc.record({
        interval: optional(seconds(10, 120)),
        threshold: optional(fc.integer({ min: 1, max: 10 })),
        progressDeadlineSeconds: optional(fc.integer({ min: 1, max: 900 })),
        metrics: optional(
          fc.record({
            interval: optional(seconds(30, 90)),
            successRateMinPercent: optional(fc.constantFrom(false as const, 95, 99.9)),
            custom: optional(fc.constant([{ name: 'queue', query: 'sum(queue{app="{{ target }}"})', max: 10 }])),
          }),
        ),
        loadTest: optional(loadTest),
        webhooks: optional(
          fc.constant([
            {
              name: 'gate',
              type: 'confirm-promotion' as const,
              url: 'http://flagger-loadtester.flagger-system/gate/check',
            },
          ]),
        ),
        revertOnDeletion: optional(fc.boolean()),
      }),
    )
    .map(([how, rest]) => clean({ ...rest, ...how }) as Canary);
}

function service(name: string, others: readonly string[], mesh: Mesh, hosts: number): fc.Arbitrary<Service> {
  return ports.chain((list) => {
    const first = list[0]!.protocol;
    const reference = others.length > 0 ? fc.constantFrom(...others).map((callee) => ({ service: callee })) : text;
    const env = fc.dictionary(
      fc.stringMatching(/^[A-Z]{1,4}_ADDR$/),
      fc.oneof(
        text,
        reference,
        fc.constant({ secret: { name: 'db', key: 'password' } }),
        fc.constant({ configMap: { name: 'settings', key: 'mode', optional: true } }),
        fc.constant({ field: 'status.podIP' }),
      ),
      { maxKeys: 4, noNullPrototype: true },
    );
    const exposed = first !== 'tcp' && mesh !== 'kubernetes';
    return fc
      .record({
        name: fc.constant(name),
        image: optional(
          fc.record({
            repository: optional(fc.constant('redis')),
            tag: fc.constantFrom('v1', 'alpine'),
            digest: optional(fc.constant(`sha256:${'a'.repeat(64)}`)),
          }),
        ),
        ports: fc.constant(list),
        env: optional(env),
        resources: optional(resources),
        probes: optional(
          fc.record({ readiness: optional(probe), liveness: optional(probe), startup: optional(probe) }),
        ),
        scale: fc.oneof(
          fc.constant({}),
          fc.record({ replicas: fc.integer({ min: 1, max: 9 }) }),
          fc.record({
            autoscaling: fc.record({
              minReplicas: fc.integer({ min: 1, max: 3 }),
              maxReplicas: fc.integer({ min: 3, max: 9 }),
              memoryUtilizationPercent: optional(fc.integer({ min: 10, max: 100 })),
            }),
          }),
        ),
        serviceAccount: optional(
          fc.record({
            create: optional(fc.boolean()),
            annotations: optional(fc.constant({ 'example.com/role': 'x' })),
          }),
        ),
        securityContext: optional(
          fc.record({ runAsUser: fc.integer({ min: 1, max: 65535 }), readOnlyRootFilesystem: fc.boolean() }),
        ),
        volumes: optional(
          fc.constantFrom(
            [{ name: 'tmp', mountPath: '/tmp', emptyDir: { sizeLimit: '64Mi' } }],
            [{ name: 'keys', mountPath: '/keys', readOnly: true, secret: { secretName: 'keys', optional: true } }],
          ),
        ),
        config: optional(
          fc
            .dictionary(fc.stringMatching(/^[a-z]{1,8}\.ya?ml$/), text, {
              minKeys: 1,
              maxKeys: 3,
              noNullPrototype: true,
            })
            .map((files) => [{ mountPath: '/etc/app', files }]),
        ),
        initContainers: optional(fc.constant([{ name: 'wait', image: 'busybox:1.38.0', command: ['true'] }])),
        tolerations: optional(
          fc.constant([{ key: 'dedicated', operator: 'Exists' as const, effect: 'NoSchedule' as const }]),
        ),
        topologySpread: optional(
          fc.constant([
            { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' as const },
          ]),
        ),
        affinity: optional(
          fc.constant({
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 50,
                  podAffinityTerm: {
                    labelSelector: { matchLabels: { app: name } },
                    topologyKey: 'kubernetes.io/hostname',
                  },
                },
              ],
            },
          }),
        ),
        disruptionBudget: optional(fc.constantFrom({ maxUnavailable: 1 }, { minAvailable: '50%' }, false as const)),
        annotations: optional(
          fc.dictionary(fc.constantFrom('example.com/team', 'note'), text, { noNullPrototype: true }),
        ),
        traffic: optional(fc.record({ requestsPerSecond: fc.integer({ min: 0, max: 1000 }) })),
        expose: exposed
          ? optional(fc.record({ hosts: fc.constant([`h${hosts}.{domain}`]), paths: optional(fc.constant(['/api'])) }))
          : fc.constant(undefined),
        canary: fc.oneof(fc.constant(undefined), fc.constant(false as const), canary(mesh, first)),
      })
      .map(({ scale, ...rest }) => clean({ ...rest, ...scale }) as Service);
  });
}

/** Random catalogs that are valid, with every feature. */
export const catalogs: fc.Arbitrary<Catalog> = fc
  .tuple(
    names(1, 6),
    names(1, 3),
    fc.constantFrom<Mesh>('istio-sidecar', 'istio-sidecar', 'istio-gateway-api', 'istio-ambient', 'kubernetes'),
  )
  .chain(([serviceNames, clusterNames, mesh]) =>
    fc.record({
      platform: fc.record({
        namespace: fc.constant('shop'),
        mesh: fc.constant(mesh),
        registry: fc.constant('registry.example.com/shop'),
        prometheus: optional(fc.record({ scrapeInterval: fc.constantFrom('5s', '15s', '1m'), install: fc.boolean() })),
        gitops: fc.record({
          url: fc.constant('https://gitlab.com/example/gitops.git'),
          path: optional(fc.constantFrom('fleet', 'a/b')),
        }),
        gateway: optional(fc.record({ name: fc.constant('edge'), tlsSecretName: optional(fc.constant('tls')) })),
        observability: optional(
          fc.record({ accessLog: fc.boolean(), tracingSamplingPercent: optional(fc.integer({ min: 0, max: 100 })) }),
        ),
        alerts: optional(
          fc.record({ type: fc.constantFrom('slack' as const, 'gchat' as const), secretName: fc.constant('hook') }),
        ),
      }),
      clusters: fc.tuple(
        ...clusterNames.map((name, index) =>
          fc.record({
            name: fc.constant(name),
            domain: fc.constant(`c${index}.example.com`),
            flux: fc.constantFrom<Catalog['clusters'][number]['flux']>(
              { mode: 'gotk' },
              { mode: 'FluxInstance', size: 'small' },
            ),
            services: optional(
              fc.dictionary(
                fc.constantFrom(...serviceNames),
                fc.record({ labels: fc.constant({ tier: 'a' }) }) as fc.Arbitrary<ServiceDefaults>,
                { noNullPrototype: true },
              ),
            ),
          }),
        ),
      ),
      defaults: fc.record({
        image: fc.constant({ tag: 'v1' }),
        progressDeadlineSeconds: optional(fc.integer({ min: 60, max: 600 })),
      }),
      services: fc.tuple(
        ...serviceNames.map((name, index) =>
          service(
            name,
            serviceNames.filter((other) => other !== name),
            mesh,
            index,
          ),
        ),
      ),
      external: optional(
        fc.constant([
          {
            name: 'outside',
            hosts: ['api.example.org', '*.example.net'],
            ports: [{ port: 443, protocol: 'https' as const }],
          },
        ]),
      ),
    }),
  )
  .map((catalog) => clean(catalog) as Catalog);
