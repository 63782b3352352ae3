import * as z from 'zod';
import { metricStores } from '../../flagger';
import { entranceModes, meshModes } from '../../mesh';
import { later, number, text } from './field';
import { chartsSchema } from './release';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });

/** `platform.mesh`. */
export const meshModeSchema = z.enum(meshModes).register(z.globalRegistry, {
  description:
    "How traffic is routed and measured: decides Flagger's provider, the queries and their reporter label. Default: `istio-sidecar`.",
});

const podSecurityLevelSchema = z.enum(['restricted', 'baseline', 'privileged']).register(z.globalRegistry, {
  description:
    '`restricted`: no root, no privileges. `baseline`: root and most capabilities are admitted. `privileged`: all is, the node too.',
});

/** `policies`: whether calls that the catalog does not know are refused. */
export const policiesSchema = z.enum(['off', 'audit', 'enforce']).register(z.globalRegistry, {
  description:
    '`enforce`: the services get the connections that the catalog names and no others. `audit`: what would be refused is only logged, where the mesh can. Default: `off`.',
});

/** `platform`: what all services share. */
export const platformSchema = z
  .strictObject({
    namespace: text('Namespace of the services.', 'shop'),
    mesh: meshModeSchema.optional(),
    provider: z
      .enum(entranceModes)
      .meta({
        description:
          'In place of `mesh`: the ingress controller or gateway, already installed, that shares out what comes in by `expose`. Callers inside the cluster go past it, so a canary needs `expose`.',
      })
      .optional(),
    registry: text(
      'Registry and path of images without a repository. Needed only where there are such.',
      'registry.example.com/shop',
    ).optional(),
    podSecurity: z
      .union([
        podSecurityLevelSchema,
        z
          .record(z.string(), podSecurityLevelSchema)
          .register(z.globalRegistry, { description: 'By namespace; others are `restricted`.' }),
      ])
      .register(z.globalRegistry, {
        description:
          'Which pods the namespaces of the services admit (Pod Security Standards). Default: `restricted`. A lower level holds for all pods of the namespace, and is noted.',
      })
      .optional(),
    policies: policiesSchema
      .meta({
        description:
          'Whether the services get only the connections that the catalog names. `enforce`: NetworkPolicies, and in a mesh policies by identity, let these through and refuse all others. `audit`: what would be refused is only logged, where the mesh can. Default: `off`.',
      })
      .optional(),
    namespaces: z
      .record(
        z.string(),
        z
          .strictObject({
            labels: z.record(z.string(), z.string()).register(z.globalRegistry, { description: 'Labels.' }).optional(),
            annotations: z
              .record(z.string(), z.string())
              .register(z.globalRegistry, { description: 'Annotations.' })
              .optional(),
          })
          .register(z.globalRegistry, { description: 'Of one namespace.' }),
      )
      .register(z.globalRegistry, {
        description:
          'Labels and annotations of namespaces of the services, by name; stronger than what the platform writes there.',
      })
      .optional(),
    prometheus: z
      .strictObject({
        address: text(
          'Address that Flagger asks, as seen from its namespace. Default: the one that is installed.',
          'http://prometheus-prometheus.monitoring:9090',
        ).optional(),
        scrapeInterval: text('Prometheus duration. Default: `15s`.').optional(),
        install: flag('`false`: the address is another Prometheus, none is installed. Default: true.').optional(),
        retention: text('Prometheus duration. Default: `7d`.').optional(),
      })
      .register(z.globalRegistry, { description: 'Where metrics are.' })
      .optional(),
    gitops: z
      .strictObject({
        url: text('Address of the repository that Flux watches.', 'https://gitlab.com/example/gitops.git'),
        branch: text('Default: `main`.').optional(),
        path: text('Folder of that repository which holds what dist/ holds. Default: its root.').optional(),
        secretName: text(
          'Secret in flux-system with read-only credentials. Default: none, a public repository.',
        ).optional(),
        interval: text('How often Flux looks, a duration. Default: `1m`.').optional(),
        decryption: z
          .strictObject({ secretName: text('Secret in flux-system with the key.', 'sops-age') })
          .register(z.globalRegistry, {
            description: 'With which key Flux decrypts what SOPS has encrypted. Default: none.',
          })
          .optional(),
      })
      .register(z.globalRegistry, { description: 'The GitOps repository.' }),
    charts: chartsSchema.optional(),
    metricStores: z
      .record(
        z.string(),
        later(() =>
          z
            .strictObject({
              type: z
                .enum(metricStores.map(({ id }) => id))
                .register(z.globalRegistry, { description: "Flagger's name of it." }),
              address: text('Address, where the store has no one for all.', 'https://api.datadoghq.eu').optional(),
              region: text('Region. CloudWatch only.', 'eu-central-1').optional(),
              secretName: text('Secret with the credentials, in the namespace of the services that ask.').optional(),
              insecureSkipVerify: flag('Accept any certificate. Default: false.').optional(),
              headers: z
                .record(z.string(), z.array(z.string()))
                .register(z.globalRegistry, {
                  description: 'Headers of each question. No credentials: these belong into the Secret.',
                })
                .optional(),
            })
            .register(z.globalRegistry, { description: 'One store.' }),
        ),
      )
      .register(z.globalRegistry, {
        description: 'Other places than Prometheus where `canary.metrics.custom` may ask, by names of your own.',
      })
      .optional(),
    gateway: z
      .strictObject({
        name: text('Default: `public`.').optional(),
        namespace: text('Default: `istio-ingress`.').optional(),
        tlsSecretName: text(
          "Secret with the certificate, in the gateway's namespace. Default: none, plain HTTP.",
        ).optional(),
      })
      .register(z.globalRegistry, { description: 'The gateway for exposed services.' })
      .optional(),
    versions: z
      .strictObject({
        istio: text('Charts of Istio.').optional(),
        flagger: text('Chart of Flagger.').optional(),
        loadtester: text("Image of Flagger's load tester.").optional(),
        kubePrometheusStack: text('Chart kube-prometheus-stack.').optional(),
        prometheusOperatorCrds: text('Chart prometheus-operator-crds.').optional(),
        gatewayApi: text('Definitions of the Gateway API.').optional(),
      })
      .register(z.globalRegistry, {
        description: 'Exact versions of what is installed. Defaults: those that were current together.',
      })
      .optional(),
    observability: z
      .strictObject({
        accessLog: flag('The mesh logs requests. Default: false.').optional(),
        tracingSamplingPercent: number(
          'Percent of requests whose spans go to the collector. Default: none are sent.',
        ).optional(),
        tracingCollector: z
          .strictObject({
            host: text(
              'Its Service: `collector.observability.svc.cluster.local`. Default: `opentelemetry-collector.observability.svc.cluster.local`.',
            ),
            port: number('Default: 4317.').optional(),
          })
          .register(z.globalRegistry, { description: 'OpenTelemetry collector (gRPC) to which the mesh sends spans.' })
          .optional(),
      })
      .register(z.globalRegistry, { description: 'Logs and traces of the mesh.' })
      .optional(),
    alerts: z
      .strictObject({
        type: z
          .enum(['slack', 'msteams', 'discord', 'rocket', 'gchat'])
          .register(z.globalRegistry, { description: 'Kind of channel.' }),
        channel: text('Name of the channel.').optional(),
        secretName: text('Secret with the key `address`, in flux-system and in flagger-system.'),
        severity: z
          .enum(['info', 'warn', 'error'])
          .register(z.globalRegistry, { description: "Least severity of a rollout's alerts. Default: `warn`." })
          .optional(),
      })
      .register(z.globalRegistry, { description: 'Where Flux and Flagger say that something failed.' })
      .optional(),
  })
  .register(z.globalRegistry, { description: 'What all services share.' });

/** `flux` of a cluster: how Flux is synchronised. */
export const fluxSchema = z
  .strictObject({
    mode: z.enum(['gotk', 'FluxInstance']).register(z.globalRegistry, {
      description:
        '`gotk`: sync objects, with Flux installed by `flux install`. `FluxInstance`: for the Flux Operator.',
    }),
    version: text('FluxInstance: range of Flux versions. Default: `2.9.x`.').optional(),
    size: z
      .enum(['small', 'medium', 'large'])
      .register(z.globalRegistry, { description: 'FluxInstance: size of the controllers. Default: `medium`.' })
      .optional(),
  })
  .register(z.globalRegistry, { description: 'How Flux is synchronised.' });

/** An item of `external`: hosts outside that services call. */
export const externalSchema = later(() =>
  z
    .strictObject({
      name: text('DNS label.', 'google-apis'),
      hosts: z.array(z.string()).register(z.globalRegistry, { description: 'Hosts; a leading `*.` is a wildcard.' }),
      ports: z
        .array(
          z.strictObject({
            name: text('Default: `<protocol>-<port>`.').optional(),
            port: number('1 to 65535.'),
            protocol: z
              .enum(['http', 'https', 'grpc', 'tcp', 'tls'])
              .register(z.globalRegistry, { description: 'What it speaks.' }),
          }),
        )
        .register(z.globalRegistry, { description: 'Ports.' }),
      addresses: z
        .array(z.string())
        .register(z.globalRegistry, { description: 'IP addresses, for hosts that no DNS resolves.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'A service outside the mesh: becomes a ServiceEntry.' }),
);

/** An item of `patches`. */
export const patchSchema = later(() =>
  z
    .strictObject({
      clusters: z.array(z.string()).register(z.globalRegistry, { description: 'Default: all.' }).optional(),
      target: z
        .strictObject({
          kind: text('Kind of the object.', 'Deployment'),
          name: text('Its name.'),
          namespace: text('Its namespace. Default: any.').optional(),
        })
        .register(z.globalRegistry, { description: 'The object, which must exist in the output.' }),
      service: text(
        'Service that makes the object. Default: the one whose name the name of the object begins with; without such a one the platform.',
      ).optional(),
      reason: text('Why the catalog cannot say it.'),
      operations: z
        .array(
          z.union([
            z.strictObject({
              op: z.enum(['add', 'replace', 'test']).register(z.globalRegistry, { description: 'What is done.' }),
              path: text('JSON pointer.', '/spec/template/spec/hostNetwork'),
              value: z.unknown().register(z.globalRegistry, { description: 'The new value.' }),
            }),
            z.strictObject({
              op: z.literal('remove').register(z.globalRegistry, { description: 'What is done.' }),
              path: text('JSON pointer.'),
            }),
          ]),
        )
        .register(z.globalRegistry, { description: 'Operations of RFC 6902, in order.' }),
    })
    .register(z.globalRegistry, {
      description: 'A change of one object that no field can make. Every patch shows up in the findings.',
    }),
);
