import * as z from 'zod';
import { amount, later, number, text, windowsOptions } from './field';

const flag = (description: string) => z.boolean().meta({ description });
const texts = (description: string) => z.array(z.string()).meta({ description });
const map = (description: string) => z.record(z.string(), z.string()).meta({ description });

const profile = (description: string) =>
  z
    .strictObject({
      type: text('`RuntimeDefault`, `Localhost`, `Unconfined`.'),
      localhostProfile: text('Profile of the node, for `Localhost`.').optional(),
    })
    .meta({ description });

/** The security context of a pod, as Kubernetes has it. */
export const podSecurityContextSchema = later(() =>
  z
    .strictObject({
      appArmorProfile: profile('AppArmor.').optional(),
      fsGroup: number('Group of mounted volumes.').optional(),
      fsGroupChangePolicy: z
        .enum(['OnRootMismatch', 'Always'])
        .meta({ description: 'When files of volumes change their group.' })
        .optional(),
      runAsGroup: number('Group id.').optional(),
      runAsNonRoot: flag('Whether user 0 is refused.').optional(),
      runAsUser: number('User id.').optional(),
      seLinuxChangePolicy: text('`MountOption` or `Recursive`.').optional(),
      seLinuxOptions: map('SELinux.').optional(),
      windowsOptions: windowsOptions().optional(),
      seccompProfile: profile('System calls.').optional(),
      supplementalGroups: z.array(z.number()).meta({ description: 'Further groups.' }).optional(),
      supplementalGroupsPolicy: z
        .enum(['Merge', 'Strict'])
        .meta({ description: 'Whether groups of the image count.' })
        .optional(),
      sysctls: z
        .array(
          z
            .strictObject({ name: text('Name.', 'net.core.somaxconn'), value: text('Value.') })
            .meta({ description: 'One.' }),
        )
        .meta({ description: 'Settings of the kernel.' })
        .optional(),
    })
    .meta({ description: "A pod's security context, whole, as Kubernetes has it." }),
);

/** What the pods have besides the fields of a service. */
export const podSchema = later(() =>
  z
    .strictObject({
      securityContext: z
        .union([z.literal(false).meta({ description: 'None: what the image says.' }), podSecurityContextSchema])
        .meta({
          description: "The whole security context, in place of what follows from the service's `securityContext`.",
        })
        .optional(),
      imagePullSecrets: texts('Names of Secrets with which images are pulled.').optional(),
      hostAliases: z
        .array(
          z
            .strictObject({ ip: text('IP address.'), hostnames: texts('Names of it.').optional() })
            .meta({ description: 'Lines of /etc/hosts.' }),
        )
        .meta({ description: 'Names that the pods know without DNS.' })
        .optional(),
      dnsPolicy: z
        .enum(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'])
        .meta({ description: 'Which DNS. Default: `ClusterFirst`.' })
        .optional(),
      dnsConfig: z
        .strictObject({
          nameservers: texts('IP addresses.').optional(),
          searches: texts('Domains.').optional(),
          options: z
            .array(
              z
                .strictObject({ name: text('Name.', 'ndots'), value: text('Value.').optional() })
                .meta({ description: 'One.' }),
            )
            .meta({ description: 'Options of the resolver.' })
            .optional(),
        })
        .meta({ description: 'Settings of the resolver.' })
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
        .meta({ description: 'Whether other pods give way.' })
        .optional(),
      readinessGates: z
        .array(z.strictObject({ conditionType: text('Condition of the pod.') }).meta({ description: 'One.' }))
        .meta({ description: 'What else must hold until a pod is ready.' })
        .optional(),
      overhead: map('What a pod costs besides its containers.').optional(),
    })
    .meta({ description: 'What the pods have besides: fields of Kubernetes, under its names.' }),
);

/** `strategy`: how a change reaches the pods. */
export const strategySchema = later(() =>
  z
    .strictObject({
      type: z
        .enum(['RollingUpdate', 'Recreate'])
        .meta({ description: '`Recreate` ends all pods first. Default: `RollingUpdate`.' })
        .optional(),
      rollingUpdate: z
        .strictObject({
          maxUnavailable: amount('Number or percentage of pods that may be missing. Default: 25%.'),
          maxSurge: amount('Number or percentage of pods above the wanted ones. Default: 25%.'),
        })
        .meta({ description: 'How pods are replaced.' })
        .optional(),
    })
    .meta({
      description: 'How a change reaches the pods of a deployment. With a canary it holds for target and primary.',
    }),
);
