import { countsRequests, entranceModes, MESH_FACTS } from '../../lib/mesh';
import type { CatalogData } from '../lib/synth';

/** A catalog that uses a part of what can be said. */
export interface Variant {
  readonly name: string;
  readonly catalog: CatalogData;
}

type Json = Record<string, unknown>;

const grpcPort = { port: 7070, protocol: 'grpc' };
const http = (name: string, fields: Json): Json => ({
  name,
  ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
  resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
  probes: { readiness: { http: { path: '/healthz' } }, liveness: { tcp: {} } },
  traffic: { requestsPerSecond: 20 },
  ...fields,
});
const grpc = (name: string, fields: Json): Json => ({
  name,
  ports: [grpcPort],
  resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { memory: '64Mi' } },
  probes: { readiness: { grpc: {} }, liveness: { grpc: {} } },
  traffic: { requestsPerSecond: 20 },
  ...fields,
});

const caller = (name: string, callees: readonly string[]): Json =>
  http(name, {
    env: Object.fromEntries(callees.map((callee, index) => [`ADDRESS_${index}`, { service: callee }])),
    canary: false,
  });

const metrics = { interval: '1m', successRateMinPercent: 99, durationMaxMilliseconds: 500 };
const rollout = { interval: '1m', threshold: 5, metrics };

/** Every strategy of a Canary, for HTTP and gRPC where both make sense. */
export const strategies: Readonly<Record<string, Json>> = {
  weighted: { ...rollout, stepWeight: 10, maxWeight: 50 },
  'weighted-promotion': { ...rollout, stepWeight: 20, maxWeight: 60, stepWeightPromotion: 20 },
  steps: { ...rollout, stepWeights: [5, 20, 50, 80] },
  // Nobody's request reaches it before the switch: the load test is what is measured.
  'blue-green': { ...rollout, iterations: 5, loadTest: { requestsPerSecond: 10 } },
  'a-b': {
    ...rollout,
    iterations: 5,
    match: [
      { headers: { 'x-canary': { exact: 'insider' } } },
      { headers: { cookie: { regex: '^(.*?;)?(canary=always)(;.*)?$' } } },
    ],
  },
  mirror: { ...rollout, stepWeight: 10, maxWeight: 30, mirror: true, mirrorWeight: 50 },
  'blue-green-mirror': { ...rollout, iterations: 4, mirror: true },
  affinity: {
    ...rollout,
    stepWeight: 10,
    maxWeight: 50,
    sessionAffinity: { cookieName: 'flagger-cookie', maxAge: 3600 },
  },
  skip: { ...rollout, stepWeight: 10, maxWeight: 50, skipAnalysis: true },
};

const platform = (fields: Json): Json => ({
  namespace: 'shop',
  registry: 'registry.example.com/shop',
  prometheus: { address: 'http://prometheus-prometheus.monitoring:9090', scrapeInterval: '15s' },
  gitops: { url: 'https://gitlab.example.com/shop/gitops.git', branch: 'main' },
  ...fields,
});

const cluster = (fields: Json = {}): Json => ({
  name: 'test',
  domain: 'test.example.com',
  flux: { mode: 'gotk' },
  ...fields,
});

const defaults = { image: { tag: '1.0.0' } };

const callAll = (services: readonly Json[]): Json =>
  caller(
    'storefront',
    services.map(({ name }) => String(name)),
  );

function strategyServices(make: typeof http, names: readonly string[]): Json[] {
  const services = names.map((name) => make(name, { canary: strategies[name] }));
  return [...services, callAll(services)];
}

/** Without a mesh nobody counts requests: only hooks and checks of one's own judge. */
const uncounted: typeof http = (name, fields = {}) => {
  const { metrics: _, ...canary } = fields.canary as Json;
  return http(name, {
    ...fields,
    canary: { ...canary, metrics: { successRateMinPercent: false, durationMaxMilliseconds: false } },
  });
};

/** Where an ingress controller shares out traffic, a canary gets what comes in from outside. */
const entered =
  (by: (typeof entranceModes)[number]): typeof http =>
  (name, fields = {}) =>
    (countsRequests(MESH_FACTS[by]) ? http : uncounted)(name, {
      ...fields,
      expose: { hosts: [`${name}.{domain}`], paths: ['/', '/api'] },
    });

const everything: Json = {
  platform: platform({
    mesh: 'istio-sidecar',
    prometheus: { scrapeInterval: '10s', install: true, retention: '5d' },
    gitops: {
      url: 'ssh://git@gitlab.example.com/shop/gitops.git',
      branch: 'live',
      path: 'deploy/tree',
      secretName: 'flux-system',
      interval: '2m',
    },
    gateway: { name: 'public', namespace: 'istio-ingress', tlsSecretName: 'shop-tls' },
    observability: { accessLog: true, tracingSamplingPercent: 0.5 },
    alerts: { type: 'msteams', channel: 'shop', secretName: 'teams-webhook', severity: 'error' },
  }),
  clusters: [
    cluster({ name: 'one', flux: { mode: 'gotk' }, defaults: { annotations: { 'example.com/owner': 'one' } } }),
    cluster({
      name: 'two',
      domain: 'two.example.com',
      flux: { mode: 'FluxInstance', version: '2.9.x', size: 'large' },
      services: { web: { autoscaling: { minReplicas: 3, maxReplicas: 9, memoryUtilizationPercent: 80 } } },
    }),
  ],
  defaults,
  services: [
    http('web', {
      description: 'Everything that a service may say.',
      image: { repository: 'registry.example.com/shop/web', digest: `sha256:${'0123456789abcdef'.repeat(4)}` },
      imagePullPolicy: 'IfNotPresent',
      command: ['/web'],
      args: ['--port=8080', 'yes', 'null', '0x10', '1e3'],
      env: {
        PLAIN: 'on',
        NUMBER: '0123',
        BACKEND: { service: 'backend' },
        BACKEND_URL: { service: 'backend', format: 'url' },
        BACKEND_PORT: { service: 'backend', format: 'port' },
        BACKEND_HOST: { service: 'backend', format: 'host' },
        TOKEN: { secret: { name: 'web-token', key: 'token', optional: true } },
        MODE: { configMap: { name: 'web-mode', key: 'mode', optional: true } },
        POD_IP: { field: 'status.podIP' },
      },
      resources: {
        requests: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '100Mi' },
        limits: { cpu: '0.5', memory: '1Gi', 'ephemeral-storage': '1Gi' },
      },
      probes: {
        readiness: {
          http: { path: '/healthz', headers: { Cookie: 'probe=1' } },
          periodSeconds: 5,
          failureThreshold: 2,
        },
        liveness: { exec: { command: ['/bin/true'] }, initialDelaySeconds: 5, timeoutSeconds: 2 },
        startup: { tcp: {}, periodSeconds: 5, failureThreshold: 10 },
      },
      autoscaling: {
        minReplicas: 2,
        maxReplicas: 6,
        cpuUtilizationPercent: 70,
        scaleDownStabilizationSeconds: 120,
      },
      disruptionBudget: { maxUnavailable: '25%' },
      serviceAccount: { create: true, annotations: { 'example.com/role': 'web' }, automountToken: false },
      securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, readOnlyRootFilesystem: true },
      volumes: [
        { name: 'cache', mountPath: '/cache', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
        { name: 'mode', mountPath: '/mode', configMap: { name: 'web-mode', optional: true }, readOnly: true },
        { name: 'token', mountPath: '/token', secret: { secretName: 'web-token', optional: true }, readOnly: true },
      ],
      config: [{ mountPath: '/etc/web', files: { 'web.yaml': 'a: 1\nb: "two"\n', 'empty.txt': '' } }],
      initContainers: [
        { name: 'migrate', image: 'registry.example.com/shop/migrate:1.0.0', command: ['/migrate'], args: ['--once'] },
      ],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 10, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
          ],
        },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              podAffinityTerm: {
                labelSelector: { matchLabels: { app: 'web' } },
                topologyKey: 'kubernetes.io/hostname',
              },
            },
          ],
        },
      },
      tolerations: [{ key: 'spot', operator: 'Equal', value: 'true', effect: 'NoSchedule' }],
      topologySpread: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' }],
      labels: { team: 'web' },
      annotations: { 'example.com/runbook': 'https://example.com/web' },
      podAnnotations: { 'example.com/profile': 'cpu' },
      terminationGracePeriodSeconds: 20,
      progressDeadlineSeconds: 120,
      priorityClassName: 'system-cluster-critical',
      expose: { hosts: ['www.{domain}', '{domain}'], paths: ['/shop', '/static'] },
      canary: {
        ...strategies.weighted,
        progressDeadlineSeconds: 120,
        primaryReadyThreshold: 90,
        canaryReadyThreshold: 80,
        revertOnDeletion: true,
        timeout: '15s',
        retries: { attempts: 3, perTryTimeout: '1s', retryOn: 'gateway-error,connect-failure' },
        primaryScalerReplicas: { minReplicas: 2, maxReplicas: 8 },
        alerts: true,
        loadTest: {
          requestsPerSecond: 10,
          concurrency: 2,
          duration: '2m',
          path: '/shop',
          headers: { 'X-Test': 'a b' },
        },
        webhooks: [
          'confirm-rollout',
          'pre-rollout',
          'rollout',
          'confirm-traffic-increase',
          'confirm-promotion',
          'post-rollout',
          'rollback',
          'event',
        ].map((type) => ({
          name: type,
          type,
          url: 'http://gate.shop/hook',
          timeout: '30s',
          retries: 2,
          muteAlert: true,
          metadata: { reason: 'test' },
        })),
        metrics: {
          ...metrics,
          custom: [
            {
              name: 'saturation',
              query:
                'sum(rate(container_cpu_usage_seconds_total{namespace="{{ namespace }}",pod=~"{{ target }}-.*"}[{{ interval }}]))',
              min: 0,
              max: 10,
              interval: '2m',
            },
          ],
        },
      },
    }),
    grpc('backend', {
      ports: [grpcPort],
      env: { DATABASE: 'database.example.com:5432' },
      replicas: 2,
      canary: { ...strategies.weighted, loadTest: { grpcCall: 'grpc.health.v1.Health/Check' } },
    }),
    http('gate', { canary: false }),
    {
      name: 'cache',
      image: { repository: 'redis', tag: '7' },
      ports: [{ name: 'redis', port: 6379, protocol: 'tcp' }],
      probes: { readiness: { tcp: {} } },
      replicas: 1,
      disruptionBudget: { minAvailable: 0 },
      canary: false,
    },
  ],
  external: [
    { name: 'payments', hosts: ['api.payments.example.com'], ports: [{ port: 443, protocol: 'https' }] },
    {
      name: 'database',
      hosts: ['database.example.com'],
      ports: [{ name: 'tcp-postgres', port: 5432, protocol: 'tcp' }],
      addresses: ['192.0.2.10'],
    },
  ],
  patches: [
    {
      clusters: ['one'],
      target: { kind: 'Deployment', name: 'cache' },
      reason: 'shows that a patch reaches its object',
      operations: [{ op: 'add', path: '/metadata/annotations/example.com~1patched', value: 'yes' }],
    },
  ],
};

/** Catalogs that between them use every option, every strategy, each mesh mode and both ways to bootstrap Flux. */
export const variants: readonly Variant[] = [
  { name: 'every-option', catalog: everything },
  {
    name: 'strategies-http',
    catalog: {
      platform: platform({ mesh: 'istio-sidecar' }),
      clusters: [cluster()],
      defaults,
      services: strategyServices(http, Object.keys(strategies)),
    },
  },
  {
    name: 'strategies-grpc',
    catalog: {
      platform: platform({ mesh: 'istio-sidecar' }),
      clusters: [cluster({ flux: { mode: 'FluxInstance' } })],
      defaults,
      services: strategyServices(grpc, ['weighted', 'weighted-promotion', 'steps', 'blue-green', 'mirror', 'skip']),
    },
  },
  ...(['istio-gateway-api', 'istio-ambient', 'kubernetes'] as const).map((mesh) => ({
    name: `mesh-${mesh}`,
    catalog: {
      platform: platform({ mesh }),
      clusters: [cluster()],
      defaults,
      services:
        mesh === 'kubernetes'
          ? strategyServices(uncounted, ['blue-green'])
          : strategyServices(http, ['weighted', 'blue-green']),
    },
  })),
  // Somebody else runs these: what the services need of them, and nothing of theirs.
  ...(['linkerd', 'linkerd-gateway-api', 'kuma'] as const).map((mesh) => ({
    name: `mesh-${mesh}`,
    catalog: {
      platform: platform({ mesh }),
      clusters: [cluster()],
      defaults,
      services: strategyServices(http, ['weighted', 'steps', 'blue-green']),
    },
  })),
  {
    name: 'mesh-istio-managed',
    catalog: {
      platform: platform({ mesh: 'istio-managed', gateway: { namespace: 'ingress', name: 'public' } }),
      clusters: [cluster()],
      defaults,
      services: strategyServices(uncounted, ['weighted', 'steps', 'blue-green']),
    },
  },
  ...entranceModes.map((provider) => ({
    name: `provider-${provider}`,
    catalog: {
      platform: platform({ provider, gateway: { namespace: 'ingress', name: 'public' } }),
      clusters: [cluster()],
      defaults,
      services: strategyServices(entered(provider), ['weighted', 'steps', 'blue-green']),
    },
  })),
  {
    name: 'no-mesh-extras',
    catalog: {
      platform: platform({ prometheus: { address: 'http://prometheus.elsewhere:9090' } }),
      clusters: [cluster()],
      services: [http('plain', { image: { tag: '1' }, canary: false })],
    },
  },
  {
    name: 'kinds-and-containers',
    catalog: {
      platform: platform({}),
      clusters: [cluster()],
      defaults: { image: { tag: '1' } },
      services: [
        {
          name: 'legacy',
          selector: { name: 'legacy', tier: 'web' },
          podLabels: { team: 'shop' },
          ports: [
            { port: 80, targetPort: 8080, protocol: 'http', nodePort: 30080, appProtocol: false },
            { name: 'dns', port: 53, protocol: 'tcp', transport: 'UDP' },
          ],
          service: { name: 'web', type: 'NodePort', sessionAffinity: 'ClientIP', externalTrafficPolicy: 'Local' },
          services: [
            {
              name: 'web-pods',
              clusterIP: 'None',
              publishNotReadyAddresses: true,
              ports: [{ port: 80, targetPort: 'http' }],
            },
            { name: 'old', type: 'ExternalName', externalName: 'old.example.com' },
          ],
          metadata: {
            Service: { annotations: { 'example.com/a': 'b' } },
            Deployment: { labels: { 'example.com/x': 'y' } },
          },
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '10%' } },
          minReadySeconds: 3,
          revisionHistoryLimit: 2,
          env: { MEMORY: { resource: 'limits.memory', divisor: '1Mi' } },
          container: {
            name: 'web',
            workingDir: '/srv',
            envFrom: [{ configMap: 'settings', optional: true }],
            ports: [{ name: 'admin', containerPort: 9000 }],
            lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
            },
            terminationMessagePolicy: 'FallbackToLogsOnError',
          },
          pod: {
            securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
            imagePullSecrets: ['registry'],
            hostAliases: [{ ip: '192.0.2.1', hostnames: ['old.example.com'] }],
            dnsConfig: { options: [{ name: 'ndots', value: '1' }] },
            enableServiceLinks: false,
            readinessGates: [{ conditionType: 'example.com/ready' }],
          },
          probes: {
            readiness: { http: { port: 'http', scheme: 'HTTPS' } },
          },
          volumes: [
            { name: 'tmp', mountPath: '/tmp', mounts: [{ mountPath: '/cache', subPath: 'cache' }], emptyDir: {} },
            {
              name: 'all',
              mountPath: '/all',
              projected: {
                sources: [
                  { configMap: { name: 'settings', items: [{ key: 'a', path: 'b' }], optional: true } },
                  { serviceAccountToken: { path: 'token', audience: 'vault' } },
                  { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
                ],
              },
            },
            {
              name: 'scratch',
              mountPath: '/scratch',
              ephemeral: {
                volumeClaimTemplate: {
                  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
                },
              },
            },
            { name: 'secrets', mountPath: '/secrets', csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true } },
          ],
          autoscaling: {
            minReplicas: 1,
            maxReplicas: 4,
            metrics: [
              {
                type: 'Pods',
                pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } },
              },
            ],
            behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
          },
          disruptionBudget: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
        },
        {
          name: 'db',
          kind: 'statefulset',
          ports: [{ port: 5432, protocol: 'tcp' }],
          replicas: 3,
          statefulSet: {
            podManagementPolicy: 'Parallel',
            updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
            persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Delete' },
            ordinalsStart: 1,
            minReadySeconds: 5,
            revisionHistoryLimit: 3,
            volumeClaimTemplates: [
              {
                name: 'data',
                namespace: 'shop',
                storage: '8Gi',
                mountPath: '/data',
                mounts: [{ mountPath: '/logs', subPath: 'logs' }],
                storageClassName: 'fast',
                volumeMode: 'Filesystem',
                selector: { matchLabels: { disk: 'fast' } },
                volumeAttributesClassName: 'gold',
                volumeName: 'disk-1',
              },
            ],
          },
          containers: [
            {
              name: 'exporter',
              image: 'exporter:1',
              ports: [{ name: 'metrics', containerPort: 9187 }],
              env: { ADDR: { service: 'db' } },
              envFrom: [{ secret: 'dsn', prefix: 'PG_', optional: true }],
              mounts: [{ name: 'data', mountPath: '/data', readOnly: true }],
              probes: { liveness: { http: { path: '/', port: 'metrics' } } },
              lifecycle: { preStop: { sleep: { seconds: 5 } } },
            },
          ],
        },
        {
          name: 'agent',
          kind: 'daemonset',
          daemonSet: { updateStrategy: { rollingUpdate: { maxUnavailable: '10%' } }, minReadySeconds: 1 },
        },
        {
          name: 'migrate',
          kind: 'job',
          job: {
            backoffLimit: 1,
            completions: 2,
            parallelism: 2,
            completionMode: 'Indexed',
            activeDeadlineSeconds: 300,
          },
          env: { DB: { service: 'db' } },
          initContainers: [
            { name: 'proxy', image: 'proxy:1', restartPolicy: 'Always', probes: { startup: { tcp: { port: 80 } } } },
            { name: 'wait', image: 'busybox:1.38.0', command: ['true'] },
          ],
        },
        {
          name: 'clean',
          kind: 'cronjob',
          cronJob: {
            schedule: '*/5 * * * *',
            timeZone: 'Etc/UTC',
            concurrencyPolicy: 'Forbid',
            startingDeadlineSeconds: 60,
            suspend: true,
            successfulJobsHistoryLimit: 1,
            failedJobsHistoryLimit: 1,
            restartPolicy: 'OnFailure',
            ttlSecondsAfterFinished: 600,
          },
        },
      ],
    },
  },
  {
    name: 'gke',
    catalog: {
      platform: {
        namespace: 'shop',
        registry: 'europe-west3-docker.pkg.dev/example-shop/shop',
        gitops: { url: 'https://gitlab.com/example/gitops.git' },
      },
      clusters: [
        {
          name: 'small',
          domain: 'small.example.com',
          flux: { mode: 'gotk' },
          gke: { project: 'example-shop', region: 'europe-west3' },
        },
        {
          name: 'large',
          domain: 'example.com',
          flux: { mode: 'FluxInstance' },
          gke: {
            project: 'example-shop',
            region: 'europe-west3',
            namespace: 'google',
            zones: ['europe-west3-a', 'europe-west3-b'],
            releaseChannel: 'STABLE',
            ranges: {
              nodes: '10.16.0.0/20',
              pods: '10.32.0.0/14',
              services: '10.48.0.0/20',
              controlPlane: '172.16.1.0/28',
            },
            maxPodsPerNode: 64,
            nodePools: [
              { name: 'default', machineType: 'n2-standard-8', minNodes: 2, maxNodes: 10 },
              {
                name: 'spot',
                spot: true,
                minNodes: 0,
                labels: { 'example.com/spot': 'true' },
                taints: [{ key: 'spot', value: 'true', effect: 'NO_SCHEDULE' }],
              },
            ],
            privateEndpoint: true,
            authorizedNetworks: [{ name: 'office', range: '203.0.113.0/24' }],
            deletionPolicy: 'delete',
            registry: { name: 'shop' },
            dns: { domain: 'example.com' },
            fleet: { mesh: true },
            workloads: [
              {
                name: 'external-secrets',
                namespace: 'external-secrets',
                serviceAccount: 'external-secrets',
                roles: ['roles/secretmanager.secretAccessor'],
              },
            ],
          },
        },
      ],
      defaults: { image: { tag: 'v1' } },
      services: [
        grpc('cart', {
          serviceAccount: {
            annotations: { 'iam.gke.io/gcp-service-account': 'cart-service@example-shop.iam.gserviceaccount.com' },
          },
        }),
      ],
    },
  },
];
