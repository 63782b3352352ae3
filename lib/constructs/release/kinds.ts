import type { MountProps } from './container';
import { mountsOf } from './volume';

/** What runs the pods. */
export type WorkloadKind = 'deployment' | 'statefulset' | 'daemonset' | 'job' | 'cronjob';

/** Kubernetes' kind and API version of each. */
export const WORKLOAD_KINDS: Readonly<Record<WorkloadKind, { readonly apiVersion: string; readonly kind: string }>> = {
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment' },
  statefulset: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  daemonset: { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  job: { apiVersion: 'batch/v1', kind: 'Job' },
  cronjob: { apiVersion: 'batch/v1', kind: 'CronJob' },
};

/** Storage that each pod of a StatefulSet gets for itself. */
export interface ClaimTemplateProps {
  /** DNS label; mounts name it like a volume. */
  readonly name: string;
  /** A quantity: `8Gi`. */
  readonly storage: string;
  /** @default ReadWriteOnce */
  readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod')[];
  /** `''` for none. @default the cluster's */
  readonly storageClassName?: string;
  /** @default Filesystem */
  readonly volumeMode?: 'Filesystem' | 'Block';
  /** Only volumes with these labels, as Kubernetes has it: `{matchLabels, matchExpressions}`. */
  readonly selector?: object;
  /** @default any volume that fits */
  readonly volumeName?: string;
  readonly volumeAttributesClassName?: string;
  /** What the claim of a StatefulSet that runs already names: it has no effect and cannot be taken away. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Where it is mounted in the main container. @default nowhere */
  readonly mountPath?: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
  /** Further places in the main container. */
  readonly mounts?: readonly Omit<MountProps, 'name'>[];
}

/** What only a StatefulSet has. */
export interface StatefulSetProps {
  /**
   * The Service that gives each pod its name. @default `<name>-headless`, which is made, where the workload has ports;
   * else its own name
   */
  readonly serviceName?: string;
  /** @default OrderedReady */
  readonly podManagementPolicy?: 'OrderedReady' | 'Parallel';
  /** Kubernetes' own. @default RollingUpdate from partition 0 */
  readonly updateStrategy?: object;
  readonly volumeClaimTemplates?: readonly ClaimTemplateProps[];
  /** @default Retain for both */
  readonly persistentVolumeClaimRetentionPolicy?: {
    readonly whenDeleted?: 'Retain' | 'Delete';
    readonly whenScaled?: 'Retain' | 'Delete';
  };
  /** First number of the pods. @default 0 */
  readonly ordinalsStart?: number;
  readonly minReadySeconds?: number;
  readonly revisionHistoryLimit?: number;
}

/** What only a DaemonSet has. */
export interface DaemonSetProps {
  /** Kubernetes' own. @default RollingUpdate, one pod at a time */
  readonly updateStrategy?: object;
  readonly minReadySeconds?: number;
  readonly revisionHistoryLimit?: number;
}

/** What only a Job has. */
export interface JobProps {
  /** Pods that must end well. @default 1 */
  readonly completions?: number;
  /** Pods at a time. @default 1 */
  readonly parallelism?: number;
  /** @default NonIndexed */
  readonly completionMode?: 'NonIndexed' | 'Indexed';
  /** Failed pods until the Job has failed. @default 6 */
  readonly backoffLimit?: number;
  /** Seconds until the Job has failed, whatever its pods do. @default none */
  readonly activeDeadlineSeconds?: number;
  /** Seconds until an ended Job is deleted. Flux makes it again, and it runs again. @default never */
  readonly ttlSecondsAfterFinished?: number;
  readonly suspend?: boolean;
  /** Kubernetes' own: which failures count. */
  readonly podFailurePolicy?: object;
  /** @default Never */
  readonly restartPolicy?: 'Never' | 'OnFailure';
}

/** What only a CronJob has, and the fields of its Jobs. */
export interface CronJobProps extends JobProps {
  /** Five fields, or `@daily` and its like. */
  readonly schedule: string;
  /** @default that of the controller manager */
  readonly timeZone?: string;
  /** @default Allow */
  readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
  /** Seconds that a start may be late. @default any */
  readonly startingDeadlineSeconds?: number;
  /** No Job is started. `JobProps.suspend` means the Jobs; here it is the schedule. */
  readonly suspend?: boolean;
  /** Labels of the Jobs. @default none */
  readonly jobLabels?: Readonly<Record<string, string>>;
  /** Annotations of the Jobs. @default none */
  readonly jobAnnotations?: Readonly<Record<string, string>>;
  /** @default 3 */
  readonly successfulJobsHistoryLimit?: number;
  /** @default 1 */
  readonly failedJobsHistoryLimit?: number;
}

/** What is asked of a workload of any kind. */
export interface KindProps {
  /** @default deployment */
  readonly kind?: WorkloadKind;
  readonly statefulSet?: StatefulSetProps;
  readonly daemonSet?: DaemonSetProps;
  readonly job?: JobProps;
  /** Needed by kind `cronjob`. */
  readonly cronJob?: CronJobProps;
}

/** What a spec of any kind is made of. */
export interface SpecParts {
  readonly name: string;
  readonly replicas: number | undefined;
  readonly selector: unknown;
  /** Plain data. */
  readonly template: { readonly metadata: unknown; readonly spec: Readonly<Record<string, unknown>> };
  readonly hasService: boolean;
}

/** Whether Kubernetes scales the kind by a number of pods. */
export function isScaled(kind: WorkloadKind): boolean {
  return kind === 'deployment' || kind === 'statefulset';
}

/**
 * Kinds that Flagger can roll out. @see fluxcd/flagger v1.44 pkg/canary/factory.go Controller
 */
export function isCanariable(kind: WorkloadKind): boolean {
  return kind === 'deployment' || kind === 'daemonset';
}

/** The Service that gives the pods of a StatefulSet their names. */
export function governingService(name: string, props: StatefulSetProps | undefined, hasService: boolean): string {
  return props?.serviceName ?? (hasService ? `${name}-headless` : name);
}

/** The spec of a workload that is no Deployment. */
export function kindSpec(kind: Exclude<WorkloadKind, 'deployment'>, props: KindProps, parts: SpecParts): object {
  switch (kind) {
    case 'statefulset':
      return statefulSetSpec(props.statefulSet ?? {}, parts);
    case 'daemonset':
      return {
        selector: parts.selector,
        template: parts.template,
        updateStrategy: props.daemonSet?.updateStrategy,
        minReadySeconds: props.daemonSet?.minReadySeconds,
        revisionHistoryLimit: props.daemonSet?.revisionHistoryLimit,
      };
    case 'job':
      return jobSpec(props.job ?? {}, parts, props.job?.suspend);
    case 'cronjob':
      return cronJobSpec(props.cronJob!, parts);
  }
}

function statefulSetSpec(
  props: StatefulSetProps,
  { name, replicas, selector, template, hasService }: SpecParts,
): object {
  return {
    serviceName: governingService(name, props, hasService),
    replicas,
    selector,
    podManagementPolicy: props.podManagementPolicy,
    updateStrategy: props.updateStrategy,
    persistentVolumeClaimRetentionPolicy: props.persistentVolumeClaimRetentionPolicy,
    ordinals: props.ordinalsStart === undefined ? undefined : { start: props.ordinalsStart },
    minReadySeconds: props.minReadySeconds,
    revisionHistoryLimit: props.revisionHistoryLimit,
    template,
    volumeClaimTemplates: props.volumeClaimTemplates?.map(claimTemplate),
  };
}

function claimTemplate(claim: ClaimTemplateProps): object {
  return {
    // Both are what the API server fills in; written out, a later apply changes nothing.
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: claim.name, namespace: claim.namespace, labels: claim.labels, annotations: claim.annotations },
    spec: claimSpec(claim),
  };
}

/** The spec of a claim, of its own or of a template. */
export function claimSpec({
  storage,
  accessModes,
  ...rest
}: Omit<ClaimTemplateProps, 'name' | 'namespace' | 'mountPath' | 'subPath' | 'readOnly' | 'mounts'>): object {
  const { storageClassName, volumeMode, selector, volumeName, volumeAttributesClassName } = rest;
  return {
    accessModes: accessModes ?? ['ReadWriteOnce'],
    resources: { requests: { storage } },
    storageClassName,
    volumeMode,
    selector,
    volumeName,
    volumeAttributesClassName,
  };
}

function jobSpec(props: JobProps, { template }: SpecParts, suspend: boolean | undefined): object {
  return {
    completions: props.completions,
    parallelism: props.parallelism,
    completionMode: props.completionMode,
    backoffLimit: props.backoffLimit,
    activeDeadlineSeconds: props.activeDeadlineSeconds,
    ttlSecondsAfterFinished: props.ttlSecondsAfterFinished,
    suspend,
    podFailurePolicy: props.podFailurePolicy,
    template: { ...template, spec: { ...template.spec, restartPolicy: props.restartPolicy ?? 'Never' } },
  };
}

function cronJobSpec(props: CronJobProps, parts: SpecParts): object {
  return {
    schedule: props.schedule,
    timeZone: props.timeZone,
    concurrencyPolicy: props.concurrencyPolicy,
    startingDeadlineSeconds: props.startingDeadlineSeconds,
    suspend: props.suspend,
    successfulJobsHistoryLimit: props.successfulJobsHistoryLimit,
    failedJobsHistoryLimit: props.failedJobsHistoryLimit,
    jobTemplate: {
      metadata:
        props.jobLabels || props.jobAnnotations
          ? { labels: props.jobLabels, annotations: props.jobAnnotations }
          : undefined,
      spec: jobSpec(props, parts, undefined),
    },
  };
}

/** Mounts of the claim templates in the main container. */
export function claimMounts(props: StatefulSetProps | undefined): object[] {
  return (props?.volumeClaimTemplates ?? []).flatMap(mountsOf);
}

/** What is wrong with the kind and what goes with it, in words that name the property. */
export function kindMisuse(
  props: KindProps & { readonly canaried?: boolean; readonly replicas?: number; readonly autoscaling?: unknown },
): string[] {
  const { kind = 'deployment' } = props;
  const wrong: string[] = [];
  const own = { statefulset: 'statefulSet', daemonset: 'daemonSet', job: 'job', cronjob: 'cronJob' } as const;
  for (const [of, field] of Object.entries(own) as [keyof typeof own, (typeof own)[keyof typeof own]][])
    if (props[field] !== undefined && kind !== of)
      wrong.push(`${field} says what only kind "${of}" has, and kind is "${kind}"`);
  if (props.canaried && !isCanariable(kind))
    wrong.push(`kind "${kind}" cannot have a canary: Flagger rolls out deployments and daemonsets`);
  if (!isScaled(kind)) {
    if (props.replicas !== undefined) wrong.push(`replicas: kind "${kind}" has no number of pods`);
    if (props.autoscaling !== undefined) wrong.push(`autoscaling: kind "${kind}" has no number of pods`);
  }
  if (kind === 'cronjob' && props.cronJob?.schedule === undefined)
    wrong.push('cronJob.schedule is needed by kind "cronjob"');
  return wrong;
}
