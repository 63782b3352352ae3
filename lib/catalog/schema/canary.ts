import * as z from 'zod';

const stringMatch = z.strictObject({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  regex: z.string().optional(),
});

export const webhookSchema = z.strictObject({
  name: z.string(),
  type: z.enum([
    'confirm-rollout',
    'pre-rollout',
    'rollout',
    'confirm-traffic-increase',
    'confirm-promotion',
    'post-rollout',
    'rollback',
    'event',
  ]),
  url: z.string(),
  timeout: z.string().optional(),
  retries: z.number().optional(),
  muteAlert: z.boolean().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});

export const customMetricSchema = z.strictObject({
  name: z.string(),
  /** PromQL with Flagger's functions: `{{ target }}`, `{{ namespace }}`, `{{ interval }}`. Becomes a MetricTemplate. */
  query: z.string(),
  min: z.number().optional(),
  max: z.number().optional(),
  interval: z.string().optional(),
});

/** A Flagger rollout. The strategy follows from the fields, as Flagger itself decides it. */
export const canarySchema = z.strictObject({
  interval: z.string().optional(),
  threshold: z.number().optional(),
  stepWeight: z.number().optional(),
  stepWeights: z.array(z.number()).optional(),
  maxWeight: z.number().optional(),
  stepWeightPromotion: z.number().optional(),
  iterations: z.number().optional(),
  match: z
    .array(
      z.strictObject({
        headers: z.record(z.string(), stringMatch).optional(),
        sourceLabels: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  mirror: z.boolean().optional(),
  mirrorWeight: z.number().optional(),
  sessionAffinity: z.strictObject({ cookieName: z.string(), maxAge: z.number().optional() }).optional(),
  skipAnalysis: z.boolean().optional(),
  revertOnDeletion: z.boolean().optional(),
  progressDeadlineSeconds: z.number().optional(),
  primaryReadyThreshold: z.number().optional(),
  canaryReadyThreshold: z.number().optional(),
  metrics: z
    .strictObject({
      interval: z.string().optional(),
      successRateMinPercent: z.union([z.literal(false), z.number()]).optional(),
      durationMaxMilliseconds: z.union([z.literal(false), z.number()]).optional(),
      custom: z.array(customMetricSchema).optional(),
    })
    .optional(),
  /** `false`: the service's own callers are traffic enough. */
  loadTest: z
    .union([
      z.literal(false),
      z.strictObject({
        requestsPerSecond: z.number().optional(),
        concurrency: z.number().optional(),
        duration: z.string().optional(),
        path: z.string().optional(),
        headers: z.record(z.string(), z.string()).optional(),
        grpcCall: z.string().optional(),
        grpcProto: z.string().optional(),
      }),
    ])
    .optional(),
  webhooks: z.array(webhookSchema).optional(),
  alerts: z.boolean().optional(),
  primaryScalerReplicas: z
    .strictObject({ minReplicas: z.number().optional(), maxReplicas: z.number().optional() })
    .optional(),
  timeout: z.string().optional(),
  retries: z
    .strictObject({ attempts: z.number(), perTryTimeout: z.string().optional(), retryOn: z.string().optional() })
    .optional(),
});
