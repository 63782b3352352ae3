import * as z from 'zod';
import { canarySchema } from './canary';

/** http, grpc and tcp decide port names, `appProtocol`, probes and metrics. */
export const protocolSchema = z.enum(['http', 'grpc', 'tcp']);

export const imageSchema = z.strictObject({
  repository: z.string().optional(),
  tag: z.string().optional(),
  digest: z.string().optional(),
});

export const portSchema = z.strictObject({
  name: z.string().optional(),
  port: z.number(),
  targetPort: z.number().optional(),
  protocol: protocolSchema,
});

const keyReference = z.strictObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() });

export const envValueSchema = z.union([
  z.string(),
  z.strictObject({
    service: z.string(),
    port: z.union([z.string(), z.number()]).optional(),
    format: z.enum(['host:port', 'host', 'port', 'url']).optional(),
  }),
  z.strictObject({ secret: keyReference }),
  z.strictObject({ configMap: keyReference }),
  z.strictObject({ field: z.string() }),
]);
const env = z.record(z.string(), envValueSchema);

const resourceList = z.strictObject({
  cpu: z.string().optional(),
  memory: z.string().optional(),
  'ephemeral-storage': z.string().optional(),
});
export const resourcesSchema = z.strictObject({ requests: resourceList.optional(), limits: resourceList.optional() });

const portReference = z.union([z.string(), z.number()]);
export const probeSchema = z.strictObject({
  http: z
    .strictObject({
      path: z.string(),
      port: portReference.optional(),
      headers: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  grpc: z.strictObject({ port: portReference.optional(), service: z.string().optional() }).optional(),
  tcp: z.strictObject({ port: portReference.optional() }).optional(),
  exec: z.strictObject({ command: z.array(z.string()) }).optional(),
  initialDelaySeconds: z.number().optional(),
  periodSeconds: z.number().optional(),
  timeoutSeconds: z.number().optional(),
  successThreshold: z.number().optional(),
  failureThreshold: z.number().optional(),
});

export const securityContextSchema = z.strictObject({
  runAsUser: z.number().optional(),
  runAsGroup: z.number().optional(),
  fsGroup: z.number().optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
});

export const volumeSchema = z.strictObject({
  name: z.string(),
  mountPath: z.string(),
  readOnly: z.boolean().optional(),
  subPath: z.string().optional(),
  emptyDir: z.strictObject({ medium: z.literal('Memory').optional(), sizeLimit: z.string().optional() }).optional(),
  configMap: z.strictObject({ name: z.string(), optional: z.boolean().optional() }).optional(),
  secret: z.strictObject({ secretName: z.string(), optional: z.boolean().optional() }).optional(),
  persistentVolumeClaim: z.strictObject({ claimName: z.string() }).optional(),
});

export const configSchema = z.strictObject({
  mountPath: z.string(),
  files: z.record(z.string(), z.string()),
});

const labelSelector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});
const nodeSelectorTerm = z.strictObject({
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});
const podAffinityTerm = z.strictObject({
  labelSelector: labelSelector.optional(),
  namespaces: z.array(z.string()).optional(),
  topologyKey: z.string(),
});
const podAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(podAffinityTerm).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z
    .array(z.strictObject({ weight: z.number(), podAffinityTerm }))
    .optional(),
});
export const affinitySchema = z.strictObject({
  nodeAffinity: z
    .strictObject({
      requiredDuringSchedulingIgnoredDuringExecution: z
        .strictObject({ nodeSelectorTerms: z.array(nodeSelectorTerm) })
        .optional(),
      preferredDuringSchedulingIgnoredDuringExecution: z
        .array(z.strictObject({ weight: z.number(), preference: nodeSelectorTerm }))
        .optional(),
    })
    .optional(),
  podAffinity: podAffinity.optional(),
  podAntiAffinity: podAffinity.optional(),
});
export const tolerationSchema = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.number().optional(),
});
/** The label selector is the workload's own: nobody writes it, so it cannot be wrong. */
export const topologySpreadSchema = z.strictObject({
  maxSkew: z.number(),
  topologyKey: z.string(),
  whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
  minDomains: z.number().optional(),
});

export const autoscalingSchema = z.strictObject({
  minReplicas: z.number(),
  maxReplicas: z.number(),
  cpuUtilizationPercent: z.number().optional(),
  memoryUtilizationPercent: z.number().optional(),
  scaleDownStabilizationSeconds: z.number().optional(),
});

export const initContainerSchema = z.strictObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: env.optional(),
  resources: resourcesSchema.optional(),
});

export const exposeSchema = z.strictObject({
  /** `{domain}` stands for the cluster's domain. */
  hosts: z.array(z.string()),
  /** Path prefixes; all paths when absent. */
  paths: z.array(z.string()).optional(),
});

/** Every field that a default, a cluster or a service may set. */
export const serviceFields = {
  image: imageSchema.optional(),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  ports: z.array(portSchema).optional(),
  env: env.optional(),
  resources: resourcesSchema.optional(),
  probes: z
    .strictObject({
      readiness: probeSchema.optional(),
      liveness: probeSchema.optional(),
      startup: probeSchema.optional(),
    })
    .optional(),
  replicas: z.number().optional(),
  /** `false` switches an inherited autoscaler off. */
  autoscaling: z.union([z.literal(false), autoscalingSchema]).optional(),
  serviceAccount: z
    .strictObject({
      create: z.boolean().optional(),
      name: z.string().optional(),
      annotations: z.record(z.string(), z.string()).optional(),
      automountToken: z.boolean().optional(),
    })
    .optional(),
  securityContext: securityContextSchema.optional(),
  volumes: z.array(volumeSchema).optional(),
  config: z.array(configSchema).optional(),
  initContainers: z.array(initContainerSchema).optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
  affinity: affinitySchema.optional(),
  tolerations: z.array(tolerationSchema).optional(),
  topologySpread: z.array(topologySpreadSchema).optional(),
  disruptionBudget: z
    .union([
      z.literal(false),
      z.strictObject({
        minAvailable: z.union([z.number(), z.string()]).optional(),
        maxUnavailable: z.union([z.number(), z.string()]).optional(),
      }),
    ])
    .optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  podAnnotations: z.record(z.string(), z.string()).optional(),
  terminationGracePeriodSeconds: z.number().optional(),
  progressDeadlineSeconds: z.number().optional(),
  priorityClassName: z.string().optional(),
  traffic: z.strictObject({ requestsPerSecond: z.number() }).optional(),
  expose: z.union([z.literal(false), exposeSchema]).optional(),
  canary: z.union([z.literal(false), canarySchema]).optional(),
  preflight: z.strictObject({ ignore: z.array(z.strictObject({ code: z.string(), reason: z.string() })) }).optional(),
} as const;

/** Defaults and overrides: any field of a service but its name and its clusters. */
export const serviceDefaultsSchema = z.strictObject(serviceFields);

export const serviceSchema = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  /** The clusters where it runs; all when absent. */
  clusters: z.array(z.string()).optional(),
  ...serviceFields,
});
