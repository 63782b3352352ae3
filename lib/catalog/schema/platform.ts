import * as z from 'zod';

/** How traffic is routed and measured: decides Flagger's provider, the metrics' queries and their reporter label. */
export const meshModeSchema = z.enum(['istio-sidecar', 'istio-gateway-api', 'istio-ambient', 'kubernetes']);

export const platformSchema = z.strictObject({
  /** The namespace of the services. */
  namespace: z.string(),
  mesh: meshModeSchema.optional(),
  /** Registry and path that images without a repository get: `<registry>/<service name>`. */
  registry: z.string(),
  prometheus: z
    .strictObject({
      address: z.string().optional(),
      scrapeInterval: z.string().optional(),
      install: z.boolean().optional(),
      retention: z.string().optional(),
    })
    .optional(),
  gitops: z.strictObject({
    url: z.string(),
    branch: z.string().optional(),
    /** Folder of the GitOps repository that holds what dist/ holds; the repository's root when absent. */
    path: z.string().optional(),
    /** Secret in flux-system with the read-only credentials; none for a public repository. */
    secretName: z.string().optional(),
    interval: z.string().optional(),
  }),
  gateway: z
    .strictObject({
      name: z.string().optional(),
      namespace: z.string().optional(),
      tlsSecretName: z.string().optional(),
    })
    .optional(),
  versions: z
    .strictObject({
      istio: z.string().optional(),
      flagger: z.string().optional(),
      loadtester: z.string().optional(),
      kubePrometheusStack: z.string().optional(),
      prometheusOperatorCrds: z.string().optional(),
      gatewayApi: z.string().optional(),
    })
    .optional(),
  observability: z
    .strictObject({ accessLog: z.boolean().optional(), tracingSamplingPercent: z.number().optional() })
    .optional(),
  alerts: z
    .strictObject({
      type: z.enum(['slack', 'msteams', 'discord', 'rocket', 'gchat']),
      channel: z.string().optional(),
      /** Secret with the key `address`, in flux-system and in Flagger's namespace. Never its value. */
      secretName: z.string(),
      severity: z.enum(['info', 'warn', 'error']).optional(),
    })
    .optional(),
});

export const fluxSchema = z.strictObject({
  mode: z.enum(['gotk', 'FluxInstance']),
  /** Only for FluxInstance: Flux's version, the cluster's size. */
  version: z.string().optional(),
  size: z.enum(['small', 'medium', 'large']).optional(),
});

export const externalSchema = z.strictObject({
  name: z.string(),
  hosts: z.array(z.string()),
  ports: z.array(
    z.strictObject({
      name: z.string().optional(),
      port: z.number(),
      protocol: z.enum(['http', 'https', 'grpc', 'tcp', 'tls']),
    }),
  ),
  addresses: z.array(z.string()).optional(),
});

export const patchSchema = z.strictObject({
  /** All clusters when absent. */
  clusters: z.array(z.string()).optional(),
  target: z.strictObject({ kind: z.string(), name: z.string(), namespace: z.string().optional() }),
  reason: z.string(),
  /** RFC 6902. */
  operations: z.array(
    z.union([
      z.strictObject({ op: z.enum(['add', 'replace', 'test']), path: z.string(), value: z.unknown() }),
      z.strictObject({ op: z.literal('remove'), path: z.string() }),
    ]),
  ),
});
