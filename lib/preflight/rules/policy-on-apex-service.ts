import { at, isFields, listAt, textAt } from '../../kube';
import type { Entry, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const policy = (name: string, services: readonly string[]) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'BackendTLSPolicy',
  metadata: { name, namespace: 'shop' },
  spec: {
    targetRefs: services.map((service) => ({ group: '', kind: 'Service', name: service })),
    validation: { hostname: 'web.shop', wellKnownCACertificates: 'System' },
  },
});
const health = {
  apiVersion: 'networking.gke.io/v1',
  kind: 'HealthCheckPolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    targetRef: { group: '', kind: 'Service', name: 'web' },
    default: { config: { type: 'HTTP', httpHealthCheck: { port: 8080, requestPath: '/healthz' } } },
  },
};
const byGateway = canary('web', {
  spec: { provider: 'gatewayapi:v1' },
  service: { gatewayRefs: [{ name: 'public' }], hosts: ['shop.example'] },
});

/** Kinds that gateways attach to the Service to which a route sends. */
const kinds = [
  'BackendTLSPolicy',
  'XBackendTrafficPolicy',
  'BackendLBPolicy',
  'HealthCheckPolicy',
  'GCPBackendPolicy',
  'GCPTrafficDistributionPolicy',
  'UpstreamSettingsPolicy',
  'BackendConfigPolicy',
  'TargetGroupPolicy',
  'TargetGroupConfiguration',
] as const;

export default rule({
  id: 'policy-on-apex-service',
  severity: 'error',
  effect: 'outage',
  since: '0.3.0',
  why: 'A policy of a backend (health checks and timeouts of GKE, TLS to the pods, settings of an upstream) is attached to a Service, and counts where a route sends to that Service. The HTTPRoute of Flagger sends to -primary and -canary: the policy of the Service of users is out of force as soon as the Canary is initialized. A gateway of GKE then asks / for health and takes pods that do not answer there out; a gateway that should speak TLS speaks plain text.',
  cause: 'the policy is attached to the Service of users, and the route of Flagger sends to the two others',
  source: [
    'fluxcd/flagger v1.44 pkg/router/gateway_api.go (makeBackendRef)',
    'gateway-api.sigs.k8s.io/geps/gep-713 (direct policy attachment)',
    'cloud.google.com/kubernetes-engine/docs/how-to/configure-gateway-resources (HealthCheckPolicy)',
  ],
  codes: [],
  each: 'canary',
  shared: (world) => {
    const policies = policiesOf(world);
    return policies.length === 0 ? undefined : policies;
  },
  check(canary, report, _world, policies) {
    if (!canary.isGatewayApi || canary.targetRef.kind === 'Service') return;
    for (const { entry, targets } of policies) {
      if (entry.namespace !== canary.namespace || !targets.includes(canary.apexName)) continue;
      const without = [canary.primaryName, canary.canaryName].filter(
        (name) =>
          !policies.some(
            (other) =>
              other.entry.kind === entry.kind &&
              other.entry.namespace === entry.namespace &&
              other.targets.includes(name),
          ),
      );
      if (without.length === 0) continue;
      const isList = at(entry.object, 'spec', 'targetRefs') !== undefined;
      report(entry, {
        about: canary,
        pointer: isList ? '/spec/targetRefs' : '/spec/targetRef',
        message: `${entry.kind} "${entry.name}" is attached to Service "${canary.apexName}", and the route of Canary "${canary.name}" sends to ${without.map((name) => `"${name}"`).join(' and ')}, which have no such policy`,
        fix: isList
          ? `add ${without.join(' and ')} to spec.targetRefs of ${entry.kind} "${entry.name}"`
          : `add a ${entry.kind} of the same settings for each of ${without.join(' and ')}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a health check of GKE',
        manifests: [deployment('web'), byGateway, health],
        expect: [
          {
            object: 'HealthCheckPolicy shop/web',
            pointer: '/spec/targetRef',
            message:
              'HealthCheckPolicy "web" is attached to Service "web", and the route of Canary "web" sends to "web-primary" and "web-canary", which have no such policy',
          },
        ],
      },
      {
        name: 'TLS to the primary alone',
        manifests: [deployment('web'), byGateway, policy('web', ['web', 'web-primary'])],
        expect: [{ object: 'BackendTLSPolicy shop/web', pointer: '/spec/targetRefs' }],
        mended: [deployment('web'), byGateway, policy('web', ['web', 'web-primary', 'web-canary'])],
      },
    ],
    good: [
      {
        name: 'attached to both',
        manifests: [deployment('web'), byGateway, policy('web', ['web-primary', 'web-canary'])],
      },
      {
        name: 'a policy for each',
        manifests: [
          deployment('web'),
          byGateway,
          ...['web', 'web-primary', 'web-canary'].map((name) => policy(name, [name])),
        ],
      },
      { name: 'of another Service', manifests: [deployment('web'), byGateway, policy('api', ['api'])] },
    ],
  }),
});

interface ServicePolicy {
  readonly entry: Entry;
  /** Names of Services of its namespace. */
  readonly targets: readonly string[];
}

function policiesOf(world: World): ServicePolicy[] {
  return kinds.flatMap((kind) =>
    world.writtenOfKind(kind).flatMap((entry) => {
      const targets = [at(entry.object, 'spec', 'targetRef'), ...listAt(entry.object, 'spec', 'targetRefs')]
        .filter(isFields)
        .flatMap((ref) => ((textAt(ref, 'kind') ?? 'Service') === 'Service' ? (textAt(ref, 'name') ?? []) : []));
      return targets.length === 0 ? [] : [{ entry, targets }];
    }),
  );
}
