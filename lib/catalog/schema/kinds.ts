import * as z from 'zod';
import { mountSchema } from './container';
import { amount, later, number, text } from './field';
import { labelSelector } from './selector';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const map = (description: string) => z.record(z.string(), z.string()).register(z.globalRegistry, { description });

/** `kind`: what runs the pods. */
export const kindSchema = z
  .enum(['deployment', 'statefulset', 'daemonset', 'job', 'cronjob'])
  .register(z.globalRegistry, {
    description:
      'What runs the pods. A job must have ended well, everything else be ready, before the next wave is applied. Flagger rolls out deployments and daemonsets only. Default: `deployment`.',
  });

const minReadySeconds = number('Seconds that a pod must be ready before it counts. Default: 0.').optional();
const revisionHistoryLimit = number('Old revisions that are kept. Default: 10.').optional();
const partition = number('Pods with a number below it are left as they are. Default: 0.').optional();

/** A claim for each pod of a StatefulSet. */
export const claimTemplateSchema = z
  .strictObject({
    name: text('DNS label; mounts name it like a volume.', 'data'),
    storage: text('How much, a quantity.', '8Gi'),
    accessModes: z
      .array(
        z
          .enum(['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'])
          .register(z.globalRegistry, { description: 'How it may be mounted.' }),
      )
      .register(z.globalRegistry, { description: 'Default: `ReadWriteOnce`.' })
      .optional(),
    storageClassName: text('Storage class. Default: that of the cluster.').optional(),
    volumeMode: z
      .enum(['Filesystem', 'Block'])
      .register(z.globalRegistry, { description: 'A folder or a raw device. Default: `Filesystem`.' })
      .optional(),
    selector: labelSelector.meta({ description: 'Only volumes with these labels.' }).optional(),
    volumeName: text('The volume itself, by name. Default: any that fits.').optional(),
    volumeAttributesClassName: text('Class of attributes, such as its speed.').optional(),
    namespace: text(
      'Namespace that the claim of a StatefulSet that runs already names: it has no effect and cannot be taken away.',
    ).optional(),
    labels: map('Labels of the claims.').optional(),
    annotations: map('Annotations of the claims.').optional(),
    mountPath: text('Where the main container mounts it. Default: nowhere.', '/data').optional(),
    subPath: text('Path inside it. Default: its root.').optional(),
    readOnly: flag('Default: false.').optional(),
    mounts: z
      .array(mountSchema.omit({ name: true }).register(z.globalRegistry, { description: 'One more place.' }))
      .register(z.globalRegistry, { description: 'Further places in the main container.' })
      .optional(),
  })
  .register(z.globalRegistry, {
    description: 'Storage that each pod gets for itself. Nothing of it can be changed later.',
  });

/** @param rollingUpdate the amounts that the kind knows */
const updateStrategy = <T extends z.ZodRawShape>(rollingUpdate: T) =>
  z
    .strictObject({
      type: z
        .enum(['RollingUpdate', 'OnDelete'])
        .register(z.globalRegistry, {
          description: 'Whether pods are replaced by themselves. Default: `RollingUpdate`.',
        })
        .optional(),
      rollingUpdate: z
        .strictObject(rollingUpdate)
        .register(z.globalRegistry, { description: 'How pods are replaced.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'How a change reaches the pods.' });

/** `statefulSet`: what only a StatefulSet has. */
export const statefulSetSchema = later(() =>
  z
    .strictObject({
      serviceName: text(
        'The Service that gives each pod its name. Default: `<name>-headless`, which is made, where there are ports. Cannot be changed later.',
      ).optional(),
      podManagementPolicy: z
        .enum(['OrderedReady', 'Parallel'])
        .register(z.globalRegistry, { description: 'Whether pods start one after the other. Default: `OrderedReady`.' })
        .optional(),
      updateStrategy: updateStrategy({
        partition,
        maxUnavailable: amount('Number or percentage of pods that may be replaced at a time. Default: 1.'),
      }).optional(),
      volumeClaimTemplates: z
        .array(claimTemplateSchema)
        .register(z.globalRegistry, { description: 'Storage of each pod.' })
        .optional(),
      persistentVolumeClaimRetentionPolicy: z
        .strictObject({
          whenDeleted: z
            .enum(['Retain', 'Delete'])
            .register(z.globalRegistry, { description: 'When the StatefulSet is deleted. Default: `Retain`.' })
            .optional(),
          whenScaled: z
            .enum(['Retain', 'Delete'])
            .register(z.globalRegistry, { description: 'When there are fewer pods. Default: `Retain`.' })
            .optional(),
        })
        .register(z.globalRegistry, { description: 'What becomes of the claims.' })
        .optional(),
      ordinalsStart: number('Number of the first pod. Default: 0.').optional(),
      minReadySeconds,
      revisionHistoryLimit,
    })
    .register(z.globalRegistry, { description: 'What only kind `statefulset` has.' }),
);

/** `daemonSet`: what only a DaemonSet has. */
export const daemonSetSchema = later(() =>
  z
    .strictObject({
      updateStrategy: updateStrategy({
        maxUnavailable: amount('Number or percentage of nodes without a pod at a time. Default: 1.'),
        maxSurge: amount('Number or percentage of nodes with two pods at a time. Default: 0.'),
      }).optional(),
      minReadySeconds,
      revisionHistoryLimit,
    })
    .register(z.globalRegistry, { description: 'What only kind `daemonset` has.' }),
);

const podFailurePolicy = later(() =>
  z
    .strictObject({
      rules: z
        .array(
          z
            .strictObject({
              action: z
                .enum(['Ignore', 'FailJob', 'Count', 'FailIndex'])
                .register(z.globalRegistry, { description: 'What a failure that fits does.' }),
              onExitCodes: z
                .strictObject({
                  containerName: text('Container. Default: any.').optional(),
                  operator: z
                    .enum(['In', 'NotIn'])
                    .register(z.globalRegistry, { description: 'How the codes are compared.' }),
                  values: z.array(z.number()).register(z.globalRegistry, { description: 'Exit codes.' }),
                })
                .register(z.globalRegistry, { description: 'By exit code.' })
                .optional(),
              onPodConditions: z
                .array(
                  z.strictObject({
                    type: text('Condition of the pod.', 'DisruptionTarget'),
                    status: text('Default: `True`.').optional(),
                  }),
                )
                .register(z.globalRegistry, { description: 'By condition of the pod.' })
                .optional(),
            })
            .register(z.globalRegistry, { description: 'One rule.' }),
        )
        .register(z.globalRegistry, { description: 'Rules, the first that fits counts.' }),
    })
    .register(z.globalRegistry, { description: 'Which failures count; needs `restartPolicy: Never`.' }),
);

const jobFields = {
  completions: number('Pods that must end well. Default: 1.').optional(),
  parallelism: number('Pods at a time. Default: 1.').optional(),
  completionMode: z
    .enum(['NonIndexed', 'Indexed'])
    .register(z.globalRegistry, { description: 'Whether each pod has a number of its own. Default: `NonIndexed`.' })
    .optional(),
  backoffLimit: number('Failed pods until the job has failed. Default: 6.').optional(),
  activeDeadlineSeconds: number('Seconds until the job has failed, whatever its pods do. Default: none.').optional(),
  ttlSecondsAfterFinished: number('Seconds until an ended job is deleted. Default: never.').optional(),
  podFailurePolicy: podFailurePolicy.optional(),
  restartPolicy: z
    .enum(['Never', 'OnFailure'])
    .register(z.globalRegistry, {
      description: 'Whether a failed container starts again in its pod. Default: `Never`.',
    })
    .optional(),
} as const;

/** `job`: what only a Job has. */
export const jobSchema = later(() =>
  z
    .strictObject({ ...jobFields, suspend: flag('Make it, but do not start it. Default: false.').optional() })
    .register(z.globalRegistry, {
      description: 'What only kind `job` has. When its release changes, Flux makes it anew, and it runs again.',
    }),
);

/** `cronJob`: what only a CronJob has. */
export const cronJobSchema = later(() =>
  z
    .strictObject({
      schedule: text('Five fields as cron has them, or `@daily` and its like.', '0 3 * * *'),
      timeZone: text('Time zone of the schedule. Default: that of the cluster.', 'Etc/UTC').optional(),
      concurrencyPolicy: z
        .enum(['Allow', 'Forbid', 'Replace'])
        .register(z.globalRegistry, { description: 'What happens when the last run goes on. Default: `Allow`.' })
        .optional(),
      startingDeadlineSeconds: number('Seconds that a start may be late. Default: any.').optional(),
      suspend: flag('Start nothing. Default: false.').optional(),
      jobLabels: map('Labels of its jobs. Default: none.').optional(),
      jobAnnotations: map('Annotations of its jobs. Default: none.').optional(),
      successfulJobsHistoryLimit: number('Runs that ended well and are kept. Default: 3.').optional(),
      failedJobsHistoryLimit: number('Runs that failed and are kept. Default: 1.').optional(),
      ...jobFields,
    })
    .register(z.globalRegistry, { description: 'What only kind `cronjob` has.' }),
);

/** Fields of a service that say what runs its pods. */
export const kindFields = {
  kind: kindSchema.optional(),
  statefulSet: statefulSetSchema.optional(),
  daemonSet: daemonSetSchema.optional(),
  job: jobSchema.optional(),
  cronJob: cronJobSchema.optional(),
} as const;
