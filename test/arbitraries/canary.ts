import * as fc from 'fast-check';
import type { Service } from '../../lib/catalog';
import { providerOf } from '../../lib/flagger';
import { countsRequests, MESH_FACTS, type MeshMode, seesGrpcStatus } from '../../lib/mesh';

type Canary = Exclude<Service['canary'], false | undefined>;
type Protocol = NonNullable<Service['ports']>[number]['protocol'];

const percent = fc.integer({ min: 1, max: 100 });
const duration = fc.constantFrom('10s', '30s', '1m', '90s', '2m30s');
const optional = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });

/** One of the strategies that Flagger knows, where mesh and protocol allow it. */
function strategy(mode: MeshMode, protocol: Protocol): fc.Arbitrary<Partial<Canary>> {
  const { can } = providerOf(MESH_FACTS[mode].provider);
  const iterations = fc.integer({ min: 1, max: 20 });
  const blueGreen = fc.record({ iterations });
  if (!can.weigh) return fc.oneof(fc.constant({}), blueGreen);
  const cookie = fc.record({ cookieName: fc.constant('side'), maxAge: percent }, { requiredKeys: ['cookieName'] });
  const weights = fc.oneof(
    fc.constant({}),
    fc
      .record(
        { stepWeight: percent, maxWeight: percent, stepWeightPromotion: percent },
        { requiredKeys: ['stepWeight'] },
      )
      // A step above the maximum is refused.
      .map((one) => ({ ...one, stepWeight: Math.min(one.stepWeight, one.maxWeight ?? 50) })),
    fc
      .uniqueArray(percent, { minLength: 1, maxLength: 4 })
      .map((steps) => ({ stepWeights: steps.sort((a, b) => a - b) })),
  );
  if (protocol === 'tcp') return fc.oneof(weights, blueGreen);
  const match = fc.array(
    fc.oneof(
      fc.record({
        headers: fc.record({
          'x-user': fc.constantFrom<{ exact: string } | { regex: string }>(
            { exact: 'insider' },
            ...(can.matchHeaders.includes('regex') ? [{ regex: '^a.*' }] : []),
          ),
        }),
      }),
      ...(!can.matchSource
        ? []
        : [
            fc.record({
              headers: fc.constant({ cookie: { prefix: 'beta=' } }),
              sourceLabels: fc.constant({ app: 'web' }),
            }),
            fc.record({ sourceLabels: fc.constant({ app: 'web' }) }),
          ]),
    ),
    { minLength: 1, maxLength: 2 },
  );
  return fc.oneof(
    weights,
    ...(can.affinity ? [fc.tuple(weights, cookie).map(([one, sessionAffinity]) => ({ ...one, sessionAffinity }))] : []),
    blueGreen,
    ...(can.matchHeaders.length > 0 ? [fc.record({ iterations, match })] : []),
    ...(can.mirror === 'none'
      ? []
      : [fc.record({ iterations, mirror: fc.constant(true), ...(can.mirrorShare ? { mirrorWeight: percent } : {}) })]),
    ...(can.mirror === 'weights' ? [weights.map((one) => ({ ...one, mirror: true, mirrorWeight: 100 }))] : []),
  );
}

const off = fc.constant(false as const);

/** Bounds only where somebody counts requests. */
const metricsOf = (isCounted: boolean, isSeen: boolean) =>
  optional({
    interval: duration,
    successRateMinPercent: isCounted && isSeen ? fc.oneof(off, fc.constantFrom(99, 99.5, 100)) : off,
    durationMaxMilliseconds: isCounted ? fc.oneof(off, fc.integer({ min: 1, max: 5000 })) : off,
    custom: fc
      .uniqueArray(fc.constantFrom('errors', 'queue-depth'), { maxLength: 2 })
      .map((names) => names.map((name) => ({ name, query: `sum(x{n="{{ namespace }}"}[{{ interval }}])`, max: 1 }))),
  });

const loadTest = optional({
  requestsPerSecond: fc.integer({ min: 1, max: 500 }),
  concurrency: fc.integer({ min: 1, max: 50 }),
  duration,
  path: fc.constantFrom('/', '/a?b=c&d=%20'),
  headers: fc.constant({ 'X-Load': 'a b' }),
  grpcCall: fc.constant('shop.Cart/Get'),
  grpcProto: fc.constant('/tmp/cart.proto'),
});

const webhooks = fc
  .uniqueArray(
    fc.constantFrom(
      'confirm-rollout',
      'pre-rollout',
      'rollout',
      'confirm-traffic-increase',
      'confirm-promotion',
      'post-rollout',
      'rollback',
      'event',
    ),
    { maxLength: 3 },
  )
  .map((types) =>
    types.map((type) => ({
      name: `hook-${type}`,
      type,
      url: 'http://gate.shop/check',
      timeout: '5s',
      retries: 2,
      muteAlert: true,
      metadata: { k: 'v' },
    })),
  );

/** A rollout that is valid for a service whose first port speaks the protocol. */
export function canary(mode: MeshMode, protocol: Protocol): fc.Arbitrary<Canary> {
  const mesh = MESH_FACTS[mode];
  const { serviceFields } = providerOf(mesh.provider);
  const fields = optional({
    interval: duration,
    threshold: fc.integer({ min: 1, max: 10 }),
    skipAnalysis: fc.boolean(),
    revertOnDeletion: fc.boolean(),
    progressDeadlineSeconds: fc.integer({ min: 1, max: 900 }),
    primaryReadyThreshold: percent,
    canaryReadyThreshold: percent,
    metrics: metricsOf(countsRequests(mesh) && protocol !== 'tcp', protocol !== 'grpc' || seesGrpcStatus(mesh)),
    loadTest: protocol === 'tcp' ? fc.constant(false as const) : fc.oneof(fc.constant(false as const), loadTest),
    webhooks,
    alerts: fc.boolean(),
    primaryScalerReplicas: fc.constant({ minReplicas: 1, maxReplicas: 20 }),
    // Only where the router of the provider reads them: elsewhere they are refused.
    ...(serviceFields.includes('timeout') ? { timeout: duration } : {}),
    ...(serviceFields.includes('retries')
      ? {
          retries: fc.record(
            { attempts: fc.nat(5), perTryTimeout: duration, retryOn: fc.constant('5xx') },
            { requiredKeys: ['attempts'] },
          ),
        }
      : {}),
  });
  return fc.tuple(fields, strategy(mode, protocol)).map(([rest, how]) => ({ ...rest, ...how }) as Canary);
}
