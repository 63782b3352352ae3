import * as z from 'zod';
import { buildSchema } from './build';
import { callersSchema, callsSchema } from './calls';
import { canarySchema } from './canary';
import { containerFields, mainContainerSchema } from './container';
import { later, number, text } from './field';
import { kindFields } from './kinds';
import { accessSchema, claimSchema, configMapSchema, monitorSchema, routeObjectSchema } from './objects';
import { furtherServiceSchema, objectMetadataSchema, ownServiceSchema, transportSchema } from './own-service';
import { podSchema, strategySchema } from './pod';
import { releaseSchema } from './release';
import { expression, labelSelector } from './selector';
import { volumeSchema } from './volume';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const texts = (description: string) => z.array(z.string()).register(z.globalRegistry, { description });
const map = (description: string) => z.record(z.string(), z.string()).register(z.globalRegistry, { description });

/** What a port speaks. */
export const protocolSchema = z.enum(['http', 'grpc', 'tcp']).register(z.globalRegistry, {
  description: 'What the port speaks. Decides port names, `appProtocol`, and the metrics and load test of a canary.',
});

const imagePartsSchema = z
  .strictObject({
    repository: text('Registry and path without tag. Default: `<platform.registry>/<name>`.', 'redis').optional(),
    tag: text('Tag.', 'v0.10.6').optional(),
    digest: text(
      'Digest; stands beside the tag or alone.',
      'sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d',
    ).optional(),
  })
  .register(z.globalRegistry, {
    description: 'The container image. A tag or a digest is needed: `latest` would start no rollout.',
  });

/** `image`: one text, or its parts. */
export const imageSchema = z
  .union([
    z.string().register(z.globalRegistry, {
      description: 'The whole reference, with tag or digest.',
      examples: ['redis:7.4.1'],
    }),
    imagePartsSchema,
  ])
  .register(z.globalRegistry, {
    description: 'The container image. A tag or a digest is needed: `latest` would start no rollout.',
  });

/** An item of `ports`. */
export const portSchema = z
  .strictObject({
    name: text(
      'Name of the port, at most 15 characters. Default: the protocol; `<protocol>-<port>` from the second one on.',
      'tcp-redis',
    ).optional(),
    port: number('Port of the Service, 1 to 65535: what callers use.', 80),
    targetPort: number('Port of the container. Default: `port`.', 8080).optional(),
    targetPortName: text(
      "Name of the container's port, by which the Service then leads to it. Default: it leads to the number.",
    ).optional(),
    protocol: protocolSchema,
    transport: transportSchema
      .meta({
        description:
          'What carries it. UDP and SCTP pass no mesh: such a port cannot be the first one of a canary. Default: `TCP`.',
      })
      .optional(),
    nodePort: number(
      'Port of every node, for `service.type` NodePort or LoadBalancer. Default: one that is free.',
    ).optional(),
    appProtocol: z
      .union([z.literal(false).register(z.globalRegistry, { description: 'None.' }), z.string()])
      .register(z.globalRegistry, { description: "`appProtocol` of the Service's port. Default: the protocol." })
      .optional(),
  })
  .register(z.globalRegistry, {
    description: 'One port. The first one is what references, probes and the canary mean when they name none.',
  });

const keyReference = (kind: string) =>
  z
    .strictObject({
      name: text(`Name of the ${kind}, in the namespace of the services.`),
      key: text(`Key in the ${kind}.`),
      optional: flag(`Start without it when the ${kind} is missing. Default: false.`).optional(),
    })
    .register(z.globalRegistry, { description: `A key of a ${kind}.` });

/** A variable: a text, or where its value comes from. */
export const envValueSchema = z
  .union([
    z.string().register(z.globalRegistry, { description: 'A literal value. Not for secrets: they are refused.' }),
    z
      .strictObject({
        service: text('Name of another service of this catalog.', 'cartservice'),
        port: z
          .union([z.string(), z.number()])
          .register(z.globalRegistry, { description: 'Name or number of one of its ports. Default: the first one.' })
          .optional(),
        format: z
          .enum(['host:port', 'host', 'port', 'url'])
          .register(z.globalRegistry, { description: 'What of the address. Default: `host:port`.' })
          .optional(),
      })
      .register(z.globalRegistry, {
        description: 'The address of another service. These references are the call graph.',
      }),
    z
      .strictObject({ secret: keyReference('Secret') })
      .register(z.globalRegistry, { description: 'A value from a Secret.' }),
    z
      .strictObject({ configMap: keyReference('ConfigMap') })
      .register(z.globalRegistry, { description: 'A value from a ConfigMap.' }),
    z
      .strictObject({ field: text('Field of the pod.', 'status.podIP') })
      .register(z.globalRegistry, { description: 'A value from the downward API.' }),
    z
      .strictObject({
        resource: text('What a container asks for.', 'limits.memory'),
        container: text('Which container. Default: the own one.').optional(),
        divisor: text('Unit. Default: 1.', '1Mi').optional(),
      })
      .register(z.globalRegistry, { description: 'What a container asks for, as a number.' }),
  ])
  .register(z.globalRegistry, { description: 'Value of a variable.' });
const env = z
  .record(z.string(), envValueSchema)
  .register(z.globalRegistry, { description: 'Environment variables by name.' });

const resourceList = later(() =>
  z.strictObject({
    cpu: text('CPU, a Kubernetes quantity.', '100m').optional(),
    memory: text('Memory, a Kubernetes quantity.', '64Mi').optional(),
    'ephemeral-storage': text('Disk, a Kubernetes quantity.', '1Gi').optional(),
    'hugepages-2Mi': text('Huge pages, a Kubernetes quantity.').optional(),
    'hugepages-1Gi': text('Huge pages, a Kubernetes quantity.').optional(),
    'nvidia.com/gpu': text('GPUs, a whole number; requests and limits are equal.', '1').optional(),
    'amd.com/gpu': text('GPUs, a whole number; requests and limits are equal.', '1').optional(),
  }),
);
/** `resources`: requests and limits. */
export const resourcesSchema = later(() =>
  z
    .strictObject({
      requests: resourceList.meta({ description: 'What the container is given for sure.' }).optional(),
      limits: resourceList.meta({ description: 'What it may take at most; not below the requests.' }).optional(),
    })
    .register(z.globalRegistry, { description: 'CPU, memory and disk.' }),
);

const portReference = z
  .union([z.string(), z.number()])
  .register(z.globalRegistry, { description: 'Name or number of a container port. Default: the first port.' });
/** A probe: exactly one handler, and its times. */
export const probeSchema = later(() =>
  z
    .strictObject({
      http: z
        .strictObject({
          path: text('Path, with a leading `/`. Default: `/`.', '/healthz').optional(),
          port: portReference.optional(),
          scheme: z.enum(['HTTP', 'HTTPS']).register(z.globalRegistry, { description: 'Default: `HTTP`.' }).optional(),
          host: text('Host. Default: the pod.').optional(),
          headers: map('HTTP headers by name.').optional(),
        })
        .register(z.globalRegistry, { description: 'HTTP GET; 200 to 399 is healthy.' })
        .optional(),
      grpc: z
        .strictObject({
          port: portReference.optional(),
          service: text('Service name of the health request. Default: none.').optional(),
        })
        .register(z.globalRegistry, { description: 'gRPC health check.' })
        .optional(),
      tcp: z
        .strictObject({ port: portReference.optional(), host: text('Host. Default: the pod.').optional() })
        .register(z.globalRegistry, { description: 'The port takes connections.' })
        .optional(),
      exec: z
        .strictObject({ command: texts('Command and arguments.') })
        .register(z.globalRegistry, { description: 'A command in the container that exits with 0.' })
        .optional(),
      initialDelaySeconds: number('Seconds before the first probe. Default: 0.').optional(),
      periodSeconds: number('Seconds between probes. Default: 10.').optional(),
      timeoutSeconds: number('Seconds that one probe may take. Default: 1.').optional(),
      successThreshold: number('Good probes in a row until healthy. Default: 1.').optional(),
      failureThreshold: number('Bad probes in a row until unhealthy. Default: 3.').optional(),
      terminationGracePeriodSeconds: number(
        "Seconds that the container has to end after a failed liveness or startup probe. Default: the service's.",
      ).optional(),
    })
    .register(z.globalRegistry, { description: 'A probe; exactly one of http, grpc, tcp, exec.' }),
);

/** `securityContext`: what differs from Pod Security `restricted`. */
export const securityContextSchema = later(() =>
  z
    .strictObject({
      runAsUser: number('User id. Default: 1000.').optional(),
      runAsGroup: number('Group id. Default: 1000.').optional(),
      fsGroup: number('Group of mounted volumes. Default: 1000.').optional(),
      readOnlyRootFilesystem: flag('Default: true.').optional(),
    })
    .register(z.globalRegistry, {
      description: 'What differs from Pod Security `restricted` with user 1000 and a read-only root file system.',
    }),
);

/** An item of `config`: files in a folder of the container. */
export const configSchema = later(() =>
  z
    .strictObject({
      mountPath: text('Absolute path of the folder in the container.', '/etc/shop'),
      files: map('Content by file name.'),
      subPath: text(
        'One of the files: it alone is mounted, and `mountPath` is its path. Default: all of them, and `mountPath` is their folder.',
        'nginx.conf',
      ).optional(),
    })
    .register(z.globalRegistry, { description: 'Files that become a ConfigMap, mounted read-only.' }),
);

const nodeSelectorTerm = later(() =>
  z
    .strictObject({
      matchExpressions: z
        .array(expression(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']))
        .register(z.globalRegistry, { description: 'Conditions on node labels.' })
        .optional(),
      matchFields: z
        .array(expression(['In', 'NotIn']))
        .register(z.globalRegistry, { description: 'Conditions on fields of the node.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'Which nodes.' }),
);
const podAffinityTerm = later(() =>
  z
    .strictObject({
      labelSelector: labelSelector.optional(),
      namespaces: texts('Namespaces of the pods. Default: the own one.').optional(),
      namespaceSelector: labelSelector.meta({ description: 'Which namespaces.' }).optional(),
      matchLabelKeys: texts('Labels whose own value must be equal.').optional(),
      mismatchLabelKeys: texts('Labels whose own value must differ.').optional(),
      topologyKey: text('Node label that says what "together" means.', 'kubernetes.io/hostname'),
    })
    .register(z.globalRegistry, { description: 'Pods to be near to, or far from.' }),
);
const weight = number('Weight, 1 to 100.');
const podAffinity = (description: string) =>
  z
    .strictObject({
      requiredDuringSchedulingIgnoredDuringExecution: z
        .array(podAffinityTerm)
        .register(z.globalRegistry, { description: 'Must hold.' })
        .optional(),
      preferredDuringSchedulingIgnoredDuringExecution: z
        .array(z.strictObject({ weight, podAffinityTerm }))
        .register(z.globalRegistry, { description: 'Should hold.' })
        .optional(),
    })
    .register(z.globalRegistry, { description });
/** `affinity`, as Kubernetes has it. */
export const affinitySchema = later(() =>
  z
    .strictObject({
      nodeAffinity: z
        .strictObject({
          requiredDuringSchedulingIgnoredDuringExecution: z
            .strictObject({
              nodeSelectorTerms: z
                .array(nodeSelectorTerm)
                .register(z.globalRegistry, { description: 'One of them must hold.' }),
            })
            .register(z.globalRegistry, { description: 'Must hold.' })
            .optional(),
          preferredDuringSchedulingIgnoredDuringExecution: z
            .array(z.strictObject({ weight, preference: nodeSelectorTerm }))
            .register(z.globalRegistry, { description: 'Should hold.' })
            .optional(),
        })
        .register(z.globalRegistry, { description: 'Which nodes.' })
        .optional(),
      podAffinity: podAffinity('Near which pods.').optional(),
      podAntiAffinity: podAffinity('Far from which pods.').optional(),
    })
    .register(z.globalRegistry, { description: 'Affinity, as Kubernetes has it.' }),
);
/** An item of `tolerations`, as Kubernetes has it. */
export const tolerationSchema = later(() =>
  z
    .strictObject({
      key: text('Key of the taint. Default: every taint, with operator `Exists`.').optional(),
      operator: z.enum(['Exists', 'Equal']).register(z.globalRegistry, { description: 'Default: `Equal`.' }).optional(),
      value: text('Value of the taint.').optional(),
      effect: z
        .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
        .register(z.globalRegistry, { description: 'Default: every effect.' })
        .optional(),
      tolerationSeconds: number('How long, for `NoExecute`. Default: for ever.').optional(),
    })
    .register(z.globalRegistry, { description: 'A taint that the pods put up with.' }),
);
/** An item of `topologySpread`, as Kubernetes has it. */
export const topologySpreadSchema = later(() =>
  z
    .strictObject({
      maxSkew: number('By how many pods two domains may differ.', 1),
      topologyKey: text('Node label of the domains.', 'topology.kubernetes.io/zone'),
      whenUnsatisfiable: z
        .enum(['DoNotSchedule', 'ScheduleAnyway'])
        .register(z.globalRegistry, { description: 'What happens when it cannot be kept.' }),
      minDomains: number('Least number of domains, with `DoNotSchedule`.').optional(),
      labelSelector: labelSelector.meta({ description: "Which pods. Default: the service's own." }).optional(),
      matchLabelKeys: texts('Labels whose own value must be equal.').optional(),
      nodeAffinityPolicy: z
        .enum(['Honor', 'Ignore'])
        .register(z.globalRegistry, { description: 'Default: `Honor`.' })
        .optional(),
      nodeTaintsPolicy: z
        .enum(['Honor', 'Ignore'])
        .register(z.globalRegistry, { description: 'Default: `Ignore`.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'How the pods spread.' }),
);

/** `autoscaling`: a HorizontalPodAutoscaler. */
export const autoscalingSchema = later(() =>
  z
    .strictObject({
      minReplicas: number('Least number of pods, from 1 on.', 2),
      maxReplicas: number('Largest number of pods.', 6),
      cpuUtilizationPercent: number('Percent of the requested CPU. Default: 80 when no target is given.').optional(),
      memoryUtilizationPercent: number('Percent of the requested memory.').optional(),
      scaleDownStabilizationSeconds: number('Seconds to wait before scaling down. Default: 300.').optional(),
      metrics: z
        .array(z.record(z.string(), z.unknown()).register(z.globalRegistry, { description: 'One metric.' }))
        .register(z.globalRegistry, { description: 'Further metrics, as Kubernetes has them (`autoscaling/v2`).' })
        .optional(),
      behavior: z
        .record(z.string(), z.unknown())
        .register(z.globalRegistry, {
          description: 'How fast it scales, as Kubernetes has it; in place of scaleDownStabilizationSeconds.',
        })
        .optional(),
    })
    .register(z.globalRegistry, {
      description: 'A HorizontalPodAutoscaler. With a canary Flagger makes a copy for the primary.',
    }),
);

const containerParts = containerFields({ env, resources: resourcesSchema, probe: probeSchema });
/** An item of `containers`: one beside the main container. */
export const containerSchema = later(() =>
  z.strictObject(containerParts).register(z.globalRegistry, { description: 'A container beside the main one.' }),
);
/** An item of `initContainers`; with `restartPolicy` a sidecar. */
export const initContainerSchema = later(() =>
  z
    .strictObject({
      ...containerParts,
      restartPolicy: z
        .literal('Always')
        .register(z.globalRegistry, {
          description:
            'Makes a native sidecar, which goes on beside the main container; only such a one has probes and hooks. Default: it must end before the next one starts.',
        })
        .optional(),
    })
    .register(z.globalRegistry, {
      description: 'A container that runs to its end before the service starts, or a native sidecar.',
    }),
);

/** `expose`: hosts by which a service is reached from outside. */
export const exposeSchema = later(() =>
  z
    .strictObject({
      hosts: texts(
        "Hosts on the gateway; `{domain}` stands for the cluster's domain. Each host belongs to one service.",
      ),
      paths: texts('Path prefixes on the gateway. Default: all paths.').optional(),
    })
    .register(z.globalRegistry, {
      description:
        "What comes in from outside. With a canary it becomes the Canary's own gateways and hosts, so that outside traffic is weighed too.",
    }),
);

const off = z.literal(false).register(z.globalRegistry, { description: 'Switches an inherited one off.' });

/** Every field that a default, a cluster or a service may set. */
export const serviceFields = {
  workloadName: text(
    'Name of its objects, where a service of another namespace has that name in the catalog already. Not with a canary, `expose` or `release`. Default: the name.',
    'cart',
  ).optional(),
  namespace: text(
    "Namespace, another than `platform.namespace`. It is made with the mesh's labels, and addresses of the service carry it.",
    'payments',
  ).optional(),
  image: imageSchema.optional(),
  imagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .register(z.globalRegistry, { description: "Default: Kubernetes' own." })
    .optional(),
  command: texts("Instead of the image's entry point.").optional(),
  args: texts('Arguments.').optional(),
  ports: z
    .array(portSchema)
    .register(z.globalRegistry, { description: 'Ports. Default: none, and no Service.' })
    .optional(),
  env: env.optional(),
  calls: callsSchema.optional(),
  callers: callersSchema.optional(),
  resources: resourcesSchema.optional(),
  probes: z
    .strictObject({
      readiness: probeSchema.optional(),
      liveness: probeSchema.optional(),
      startup: probeSchema.optional(),
    })
    .register(z.globalRegistry, {
      description: 'When the pods get traffic, are restarted, have started. Default: none.',
    })
    .optional(),
  replicas: number('Number of pods. Default: 1. With a canary it becomes an autoscaler with equal bounds.').optional(),
  autoscaling: z
    .union([off, autoscalingSchema])
    .register(z.globalRegistry, { description: 'Instead of `replicas`.' })
    .optional(),
  serviceAccount: z
    .strictObject({
      create: flag('Default: true.').optional(),
      name: text("Default: the service's name.").optional(),
      annotations: map('Annotations, such as those of workload identity.').optional(),
      automountToken: z
        .union([
          flag('What the pods say.'),
          z
            .literal('account')
            .register(z.globalRegistry, { description: 'The pods say nothing, so what the account says counts.' }),
        ])
        .register(z.globalRegistry, { description: 'Mount a token for the API server. Default: false.' })
        .optional(),
      automountByDefault: flag(
        'What the account says to pods that say nothing themselves. Default: as `automountToken`.',
      ).optional(),
      secrets: texts('Names of Secrets that the account lists. Default: none.').optional(),
      imagePullSecrets: texts('Names of Secrets with which images are pulled.').optional(),
    })
    .register(z.globalRegistry, { description: 'The account of the pods.' })
    .optional(),
  securityContext: securityContextSchema.optional(),
  volumes: z.array(volumeSchema).register(z.globalRegistry, { description: 'Volumes.' }).optional(),
  configMaps: z.array(configMapSchema).register(z.globalRegistry, { description: 'Further ConfigMaps.' }).optional(),
  claims: z.array(claimSchema).register(z.globalRegistry, { description: 'Storage that the pods share.' }).optional(),
  access: z
    .array(accessSchema)
    .register(z.globalRegistry, { description: 'What the account of the pods may do.' })
    .optional(),
  monitors: z.array(monitorSchema).register(z.globalRegistry, { description: 'Its own metrics.' }).optional(),
  ingresses: z
    .array(routeObjectSchema('Ingress', 'Not with a canary: its traffic would go past the weights.'))
    .register(z.globalRegistry, { description: 'Ingresses, where there is no gateway.' })
    .optional(),
  httpRoutes: z
    .array(routeObjectSchema('HTTPRoute', 'Not with a canary: its traffic would go past the weights.'))
    .register(z.globalRegistry, { description: "Routes of one's own, beside `expose`." })
    .optional(),
  config: z.array(configSchema).register(z.globalRegistry, { description: 'Configuration files.' }).optional(),
  initContainers: z
    .array(initContainerSchema)
    .register(z.globalRegistry, { description: 'Containers that run first, in order.' })
    .optional(),
  containers: z
    .array(containerSchema)
    .register(z.globalRegistry, { description: 'Further containers beside the main one.' })
    .optional(),
  container: mainContainerSchema.optional(),
  pod: podSchema.optional(),
  strategy: strategySchema.optional(),
  minReadySeconds: number('Deployment: seconds that a pod must be ready before it counts. Default: 0.').optional(),
  revisionHistoryLimit: number('Deployment: old revisions that are kept. Default: 10.').optional(),
  selector: map(
    'Labels by which the workload and its Service find the pods, where something runs already; the pods get these and no other labels of ours. Cannot be changed later. Default: `app: <name>`.',
  ).optional(),
  service: z
    .union([
      z.literal(false).register(z.globalRegistry, { description: 'No Service, whatever the ports.' }),
      ownServiceSchema,
    ])
    .register(z.globalRegistry, { description: 'Its Service. Default: a plain one, where there are ports.' })
    .optional(),
  services: z
    .array(furtherServiceSchema)
    .register(z.globalRegistry, { description: 'Further Services of the same pods.' })
    .optional(),
  metadata: objectMetadataSchema.optional(),
  ...kindFields,
  nodeSelector: map('Node labels that must be equal.').optional(),
  affinity: affinitySchema.optional(),
  tolerations: z.array(tolerationSchema).register(z.globalRegistry, { description: 'Tolerations.' }).optional(),
  topologySpread: z
    .array(topologySpreadSchema)
    .register(z.globalRegistry, { description: 'Topology spread constraints.' })
    .optional(),
  disruptionBudget: z
    .union([
      off,
      z.strictObject({
        minAvailable: z
          .union([z.number(), z.string()])
          .register(z.globalRegistry, { description: 'Number or percentage of pods that must stay.' })
          .optional(),
        maxUnavailable: z
          .union([z.number(), z.string()])
          .register(z.globalRegistry, { description: 'Number or percentage of pods that may go at a time.' })
          .optional(),
        unhealthyPodEvictionPolicy: z
          .enum(['IfHealthyBudget', 'AlwaysAllow'])
          .register(z.globalRegistry, {
            description: 'Whether pods that are not ready may always go. Default: `IfHealthyBudget`.',
          })
          .optional(),
        selector: labelSelector
          .meta({ description: "Which pods. Not with a canary. Default: the service's own selector." })
          .optional(),
      }),
    ])
    .register(z.globalRegistry, {
      description: 'A PodDisruptionBudget, with a canary one for the primary too; exactly one of the two.',
    })
    .optional(),
  labels: map(
    'Labels of all objects of the service, beside the recommended ones. They do not reach the pods: see `podLabels`.',
  ).optional(),
  annotations: map('Annotations of the Deployment.').optional(),
  podLabels: map(
    'Labels of the pods, beside the selector: what selectors, policies and `metadata.labels[…]` read. A change starts a rollout.',
  ).optional(),
  podAnnotations: map('Annotations of the pods. A change starts a rollout.').optional(),
  terminationGracePeriodSeconds: number('Seconds from the signal to the end. Default: 30.').optional(),
  progressDeadlineSeconds: number(
    'Seconds until a rollout of pods that makes no progress has failed. Default: 600.',
  ).optional(),
  priorityClassName: text('Priority class of the pods.').optional(),
  wave: z
    .int()
    .min(0)
    .max(99)
    .register(z.globalRegistry, {
      description:
        'The wave in which it is installed and released. Default: one more than the highest of the services that it refers to. Write it to keep a service where it is: in another wave, later than now, Flux makes its objects anew.',
      examples: [0],
    })
    .optional(),
  traffic: z
    .strictObject({ requestsPerSecond: number('Requests a second at a quiet hour.', 8) })
    .register(z.globalRegistry, { description: 'Expected traffic: what a canary has to measure.' })
    .optional(),
  expose: z
    .union([off, exposeSchema])
    .register(z.globalRegistry, { description: 'Hosts and paths on the gateway.' })
    .optional(),
  canary: z
    .union([off, canarySchema])
    .register(z.globalRegistry, { description: 'How Flagger rolls it out. Default: none, Kubernetes rolls it out.' })
    .optional(),
  release: releaseSchema.optional(),
  preflight: z
    .strictObject({
      ignore: z
        .array(
          z.strictObject({
            code: text('Rule that is not reported for this service.', 'volume-too-low'),
            reason: text('Why it does not apply.'),
          }),
        )
        .register(z.globalRegistry, { description: 'Silenced rules, each with its reason.' }),
    })
    .register(z.globalRegistry, { description: 'What preflight shall not report.' })
    .optional(),
} as const;

/** Defaults and overrides: any field of a service but its name and its clusters. */
export const serviceDefaultsSchema = z.strictObject(serviceFields);

/** An item of `services`. */
export const serviceSchema = z
  .strictObject({
    name: text(
      'Name of the service and of all its objects: a DNS label, at most 55 characters with a canary.',
      'frontend',
    ),
    description: text('For people.').optional(),
    clusters: texts('Clusters where it runs. Default: all.').optional(),
    build: buildSchema.optional(),
    ...serviceFields,
  })
  .register(z.globalRegistry, { description: 'One service.' });
