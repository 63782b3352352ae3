import type { Catalog, Service } from '../lib/catalog';

export interface BenchCatalogOptions {
  readonly services: number;
  /** @default 1 */
  readonly clusters?: number;
  /** `true` for canaries, budgets and exposure as a real shop has them; `false` for four objects a service. @default true */
  readonly full?: boolean;
}

/** How many levels of callers a big system has: a service calls services of lower levels only. */
const LEVELS = 8;
/** Calls a service, as in Online Boutique: 1.5 on average. */
const CALLS: readonly number[] = [1, 2, 0, 3, 1, 2, 1, 2];

/**
 * A valid catalog of any size: layers of services, each calling some of the layers below; one in fifty is exposed, most
 * are gRPC, one in ten is not canaried. No randomness: the same size gives the same catalog.
 */
export function benchCatalog({ services: count, clusters = 1, full = true }: BenchCatalogOptions): Catalog {
  const services = Array.from({ length: count }, (_, index) => service(index, count, full));
  return {
    platform: {
      namespace: 'shop',
      mesh: 'istio-sidecar',
      registry: 'registry.example.com/shop',
      prometheus: { address: 'http://prometheus-prometheus.monitoring:9090', scrapeInterval: '15s' },
      gitops: { url: 'https://git.example.com/shop/gitops.git', branch: 'main', secretName: 'flux-system' },
      gateway: { name: 'public', namespace: 'istio-ingress', tlsSecretName: 'shop-tls' },
    },
    clusters: Array.from({ length: clusters }, (_, index) => ({
      name: `cluster-${index}`,
      domain: `c${index}.example.com`,
      flux: { mode: 'gotk' },
    })),
    defaults: {
      image: { tag: 'v1.4.2' },
      ...(full
        ? {
            canary: {
              interval: '1m',
              threshold: 5,
              stepWeight: 10,
              maxWeight: 50,
              metrics: { interval: '1m', successRateMinPercent: 99, durationMaxMilliseconds: 500 },
              loadTest: { requestsPerSecond: 10 },
            },
          }
        : {}),
    },
    services,
  } as Catalog;
}

function service(index: number, count: number, full: boolean): Service {
  const isHttp = index % 5 === 0;
  const port = 8080 + (index % 40);
  const calls = callees(index, count);
  return {
    name: nameOf(index),
    ports: [{ port, protocol: isHttp ? 'http' : 'grpc' }],
    env: {
      PORT: String(port),
      LOG_LEVEL: 'info',
      DISABLE_PROFILER: '1',
      ...Object.fromEntries(calls.map((callee, i) => [`UPSTREAM_${i}_ADDR`, { service: nameOf(callee) }])),
    },
    resources: {
      requests: { cpu: '100m', memory: '64Mi' },
      limits: { cpu: '200m', memory: `${128 + (index % 4) * 64}Mi` },
    },
    probes: isHttp
      ? { readiness: { http: { path: '/healthz' } }, liveness: { http: { path: '/healthz' } } }
      : { readiness: { grpc: {} }, liveness: { grpc: {} } },
    autoscaling: { minReplicas: 2, maxReplicas: 10, cpuUtilizationPercent: 75 },
    ...(full
      ? {
          traffic: { requestsPerSecond: 20 + (index % 30) },
          disruptionBudget: { maxUnavailable: 1 },
          ...(index % 10 === 9 ? { canary: false } : {}),
          ...(index % 50 === 0 ? { expose: { hosts: [`s${index}.{domain}`], paths: ['/'] } } : {}),
        }
      : {}),
  } as Service;
}

const nameOf = (index: number): string => `svc-${String(index).padStart(5, '0')}`;

/** Services of lower levels, spread evenly; the lowest level calls nobody. */
function callees(index: number, count: number): number[] {
  const level = index % LEVELS;
  if (level === LEVELS - 1) return [];
  const found = new Set<number>();
  for (let call = 0; call < (CALLS[level] ?? 1); call++) {
    const below = level + 1 + ((index + call) % (LEVELS - 1 - level));
    const callee = Math.floor(((index * 7 + call * 131) % count) / LEVELS) * LEVELS + below;
    if (callee < count && callee !== index) found.add(callee);
  }
  return [...found];
}
