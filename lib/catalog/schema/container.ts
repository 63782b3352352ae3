import * as z from 'zod';
import { later, number, text, windowsOptions } from './field';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const texts = (description: string) => z.array(z.string()).register(z.globalRegistry, { description });

const envOrder = texts(
  'Names of variables, in the order in which they stand; others follow by name. Default: by name, each after those that it refers to.',
);

/** All keys of a ConfigMap or a Secret as variables. */
export const envFromSchema = later(() =>
  z
    .strictObject({
      configMap: text('Name of a ConfigMap.').optional(),
      secret: text('Name of a Secret.').optional(),
      prefix: text('Put before each key. Default: none.').optional(),
      optional: flag('Start without it. Default: false.').optional(),
    })
    .register(z.globalRegistry, {
      description: 'All keys of a ConfigMap or a Secret as variables; exactly one of the two.',
    }),
);

/** A port of a container that no Service has. */
export const containerPortSchema = later(() =>
  z
    .strictObject({
      name: text('At most 15 characters, unique in the pod. Default: none.').optional(),
      containerPort: number('1 to 65535.', 9090),
      protocol: z
        .enum(['TCP', 'UDP', 'SCTP'])
        .register(z.globalRegistry, { description: 'Default: `TCP`.' })
        .optional(),
      hostPort: number('Port of the node. Default: none.').optional(),
    })
    .register(z.globalRegistry, {
      description: 'A port that a container listens on, whether or not a Service leads to it.',
    }),
);

/** Where a container mounts a volume. */
export const mountSchema = z
  .strictObject({
    name: text('Name of a volume or claim template of the service.'),
    mountPath: text('Absolute path in the container.', '/data'),
    subPath: text('Path inside the volume. Default: its root.').optional(),
    subPathExpr: text('The same with variables of the container. Not beside subPath.', '$(POD_NAME)').optional(),
    readOnly: flag('Default: false.').optional(),
    mountPropagation: z
      .enum(['None', 'HostToContainer', 'Bidirectional'])
      .register(z.globalRegistry, { description: 'Whether mounts of the node are seen. Default: `None`.' })
      .optional(),
  })
  .register(z.globalRegistry, { description: 'Where a volume appears in a container.' });

const handlerHeaders = later(() =>
  z.array(
    z
      .strictObject({ name: text('Name of the header.'), value: text('Its value.') })
      .register(z.globalRegistry, { description: 'One header.' }),
  ),
);
const handlerPort = z
  .union([z.string(), z.number()])
  .register(z.globalRegistry, { description: 'Name or number of a port.' });
const lifecycleHandler = later(() =>
  z
    .strictObject({
      exec: z
        .strictObject({ command: texts('Command and arguments.') })
        .register(z.globalRegistry, { description: 'A command in the container.' })
        .optional(),
      httpGet: z
        .strictObject({
          path: text('Path.').optional(),
          port: handlerPort,
          host: text('Host. Default: the pod.').optional(),
          scheme: z.enum(['HTTP', 'HTTPS']).register(z.globalRegistry, { description: 'Default: `HTTP`.' }).optional(),
          httpHeaders: handlerHeaders.meta({ description: 'Headers.' }).optional(),
        })
        .register(z.globalRegistry, { description: 'An HTTP GET.' })
        .optional(),
      sleep: z
        .strictObject({ seconds: number('How long.', 5) })
        .register(z.globalRegistry, { description: 'Wait.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'One of exec, httpGet, sleep.' }),
);
/** Hooks of a container. */
export const lifecycleSchema = later(() =>
  z
    .strictObject({
      postStart: lifecycleHandler.optional(),
      preStop: lifecycleHandler.optional(),
      stopSignal: text('Signal in place of that of the image.', 'SIGQUIT').optional(),
    })
    .register(z.globalRegistry, { description: 'What happens after the start and before the end of a container.' }),
);

/** The security context of a container, as Kubernetes has it. */
export const kubeSecurityContextSchema = later(() =>
  z
    .strictObject({
      allowPrivilegeEscalation: flag('Whether a process may get more than its parent.').optional(),
      appArmorProfile: z
        .strictObject({
          type: text('`RuntimeDefault`, `Localhost`, `Unconfined`.'),
          localhostProfile: text('Profile.').optional(),
        })
        .register(z.globalRegistry, { description: 'AppArmor.' })
        .optional(),
      capabilities: z
        .strictObject({ add: texts('Added.').optional(), drop: texts('Taken away.').optional() })
        .register(z.globalRegistry, { description: 'Linux capabilities.' })
        .optional(),
      privileged: flag('Whether it may do what the node may do.').optional(),
      procMount: text('`Default` or `Unmasked`.').optional(),
      readOnlyRootFilesystem: flag('Whether its own files cannot be changed.').optional(),
      runAsGroup: number('Group id.').optional(),
      runAsNonRoot: flag('Whether user 0 is refused.').optional(),
      runAsUser: number('User id.').optional(),
      seLinuxOptions: z
        .record(z.string(), z.string())
        .register(z.globalRegistry, { description: 'SELinux.' })
        .optional(),
      windowsOptions: windowsOptions().optional(),
      seccompProfile: z
        .strictObject({
          type: text('`RuntimeDefault`, `Localhost`, `Unconfined`.'),
          localhostProfile: text('Profile.').optional(),
        })
        .register(z.globalRegistry, { description: 'System calls.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: "A container's security context, whole, as Kubernetes has it." }),
);

interface CommonSchemas<Env extends z.ZodType, Resources extends z.ZodType, Probe extends z.ZodType> {
  readonly env: Env;
  readonly resources: Resources;
  readonly probe: Probe;
}

const volumeDevices = () =>
  z
    .array(
      z
        .strictObject({ name: text('Name of the volume.'), devicePath: text('Path of the device.') })
        .register(z.globalRegistry, { description: 'One device.' }),
    )
    .register(z.globalRegistry, { description: 'Raw devices.' });
const terminationMessage = () => ({
  terminationMessagePath: text('Default: `/dev/termination-log`.').optional(),
  terminationMessagePolicy: z
    .enum(['File', 'FallbackToLogsOnError'])
    .register(z.globalRegistry, { description: 'Default: `File`.' })
    .optional(),
});
const containerSecurity = (description: string) =>
  z
    .union([
      z.literal(false).register(z.globalRegistry, { description: 'None: what the image and the pod say.' }),
      kubeSecurityContextSchema,
    ])
    .register(z.globalRegistry, { description });

/** Fields of a container beside the main one. */
export function containerFields<Env extends z.ZodType, Resources extends z.ZodType, Probe extends z.ZodType>({
  env,
  resources,
  probe,
}: CommonSchemas<Env, Resources, Probe>) {
  return {
    name: text('DNS label, unique in the pod.'),
    image: text('Image reference with tag.', 'busybox:1.38.0'),
    imagePullPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .register(z.globalRegistry, { description: "Default: Kubernetes' own." })
      .optional(),
    command: texts("Instead of the image's entry point.").optional(),
    args: texts('Arguments.').optional(),
    workingDir: text('Working directory. Default: that of the image.').optional(),
    ports: z
      .array(containerPortSchema)
      .register(z.globalRegistry, { description: 'Ports that it listens on.' })
      .optional(),
    env: env.optional(),
    envFrom: z
      .array(envFromSchema)
      .register(z.globalRegistry, { description: 'Variables from whole objects, in order.' })
      .optional(),
    envOrder: envOrder.optional(),
    resources: resources.optional(),
    probes: z
      .strictObject({ readiness: probe.optional(), liveness: probe.optional(), startup: probe.optional() })
      .register(z.globalRegistry, { description: 'Probes; ports are those of this container.' })
      .optional(),
    lifecycle: lifecycleSchema.optional(),
    mounts: z.array(mountSchema).register(z.globalRegistry, { description: 'Volumes of the service.' }).optional(),
    volumeDevices: volumeDevices().optional(),
    securityContext: containerSecurity(
      "Default: Pod Security `restricted`, with a root file system as the service's.",
    ).optional(),
    stdin: flag('Default: false.').optional(),
    tty: flag('Default: false.').optional(),
    ...terminationMessage(),
  };
}

/** What the main container has besides the fields of a service. */
export const mainContainerSchema = later(() =>
  z
    .strictObject({
      name: text('Name of the container. Default: `server`.').optional(),
      workingDir: text('Working directory. Default: that of the image.').optional(),
      envOrder: envOrder.optional(),
      envFrom: z
        .array(envFromSchema)
        .register(z.globalRegistry, { description: 'Variables from whole objects, in order; `env` is stronger.' })
        .optional(),
      ports: z
        .array(containerPortSchema)
        .register(z.globalRegistry, { description: 'Ports that no Service leads to.' })
        .optional(),
      lifecycle: lifecycleSchema.optional(),
      volumeDevices: volumeDevices().optional(),
      securityContext: containerSecurity(
        "The whole security context, in place of what follows from the service's `securityContext`.",
      ).optional(),
      stdin: flag('Default: false.').optional(),
      stdinOnce: flag('Default: false.').optional(),
      tty: flag('Default: false.').optional(),
      ...terminationMessage(),
    })
    .register(z.globalRegistry, {
      description: 'What the main container has besides: fields of Kubernetes, under its names.',
    }),
);
