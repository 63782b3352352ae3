import * as z from 'zod';
import { amount, later, number, text, windowsOptions } from './field';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const texts = (description: string) => z.array(z.string()).register(z.globalRegistry, { description });
const map = (description: string) => z.record(z.string(), z.string()).register(z.globalRegistry, { description });

const profile = (description: string) =>
  z
    .strictObject({
      type: text('`RuntimeDefault`, `Localhost`, `Unconfined`.'),
      localhostProfile: text('Profile of the node, for `Localhost`.').optional(),
    })
    .register(z.globalRegistry, { description });

/** The security context of a pod, as Kubernetes has it. */
export const podSecurityContextSchema = later(() =>
  z
    .strictObject({
      appArmorProfile: profile('AppArmor.').optional(),
      fsGroup: number('Group of mounted volumes.').optional(),
      fsGroupChangePolicy: z
        .enum(['OnRootMismatch', 'Always'])
        .register(z.globalRegistry, { description: 'When files of volumes change their group.' })
        .optional(),
      runAsGroup: number('Group id.').optional(),
      runAsNonRoot: flag('Whether user 0 is refused.').optional(),
      runAsUser: number('User id.').optional(),
      seLinuxChangePolicy: text('`MountOption` or `Recursive`.').optional(),
      seLinuxOptions: map('SELinux.').optional(),
      windowsOptions: windowsOptions().optional(),
      seccompProfile: profile('System calls.').optional(),
      supplementalGroups: z.array(z.number()).register(z.globalRegistry, { description: 'Further groups.' }).optional(),
      supplementalGroupsPolicy: z
        .enum(['Merge', 'Strict'])
        .register(z.globalRegistry, { description: 'Whether groups of the image count.' })
        .optional(),
      sysctls: z
        .array(
          z
            .strictObject({ name: text('Name.', 'net.core.somaxconn'), value: text('Value.') })
            .register(z.globalRegistry, { description: 'One.' }),
        )
        .register(z.globalRegistry, { description: 'Settings of the kernel.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: "A pod's security context, whole, as Kubernetes has it." }),
);

/** What the pods have besides the fields of a service. */
export const podSchema = later(() =>
  z
    .strictObject({
      securityContext: z
        .union([
          z.literal(false).register(z.globalRegistry, { description: 'None: what the image says.' }),
          podSecurityContextSchema,
        ])
        .register(z.globalRegistry, {
          description: "The whole security context, in place of what follows from the service's `securityContext`.",
        })
        .optional(),
      imagePullSecrets: texts('Names of Secrets with which images are pulled.').optional(),
      hostAliases: z
        .array(
          z
            .strictObject({ ip: text('IP address.'), hostnames: texts('Names of it.').optional() })
            .register(z.globalRegistry, { description: 'Lines of /etc/hosts.' }),
        )
        .register(z.globalRegistry, { description: 'Names that the pods know without DNS.' })
        .optional(),
      dnsPolicy: z
        .enum(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'])
        .register(z.globalRegistry, { description: 'Which DNS. Default: `ClusterFirst`.' })
        .optional(),
      dnsConfig: z
        .strictObject({
          nameservers: texts('IP addresses.').optional(),
          searches: texts('Domains.').optional(),
          options: z
            .array(
              z
                .strictObject({ name: text('Name.', 'ndots'), value: text('Value.').optional() })
                .register(z.globalRegistry, { description: 'One.' }),
            )
            .register(z.globalRegistry, { description: 'Options of the resolver.' })
            .optional(),
        })
        .register(z.globalRegistry, { description: 'Settings of the resolver.' })
        .optional(),
      hostNetwork: flag("Use the node's network. Default: false.").optional(),
      hostPID: flag("See the node's processes. Default: false.").optional(),
      hostIPC: flag("Use the node's shared memory. Default: false.").optional(),
      hostUsers: flag("Use the node's users. Default: true.").optional(),
      shareProcessNamespace: flag('Containers see each other. Default: false.').optional(),
      runtimeClassName: text('Runtime class.').optional(),
      schedulerName: text('Scheduler. Default: `default-scheduler`.').optional(),
      enableServiceLinks: flag(
        'Variables with the address of every Service of the namespace. Default: true.',
      ).optional(),
      hostname: text("Host name. Default: the pod's name.").optional(),
      subdomain: text('Domain of the host name below the namespace.').optional(),
      preemptionPolicy: z
        .enum(['PreemptLowerPriority', 'Never'])
        .register(z.globalRegistry, { description: 'Whether other pods give way.' })
        .optional(),
      readinessGates: z
        .array(
          z
            .strictObject({ conditionType: text('Condition of the pod.') })
            .register(z.globalRegistry, { description: 'One.' }),
        )
        .register(z.globalRegistry, { description: 'What else must hold until a pod is ready.' })
        .optional(),
      overhead: map('What a pod costs besides its containers.').optional(),
    })
    .register(z.globalRegistry, { description: 'What the pods have besides: fields of Kubernetes, under its names.' }),
);

/** `strategy`: how a change reaches the pods. */
export const strategySchema = later(() =>
  z
    .strictObject({
      type: z
        .enum(['RollingUpdate', 'Recreate'])
        .register(z.globalRegistry, { description: '`Recreate` ends all pods first. Default: `RollingUpdate`.' })
        .optional(),
      rollingUpdate: z
        .strictObject({
          maxUnavailable: amount('Number or percentage of pods that may be missing. Default: 25%.'),
          maxSurge: amount('Number or percentage of pods above the wanted ones. Default: 25%.'),
        })
        .register(z.globalRegistry, { description: 'How pods are replaced.' })
        .optional(),
    })
    .register(z.globalRegistry, {
      description: 'How a change reaches the pods of a deployment. With a canary it holds for target and primary.',
    }),
);
