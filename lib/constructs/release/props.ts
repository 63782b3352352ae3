import type { AutoscalingProps, ConfigFiles, EnvValue, Probes, Resources, WorkloadPort } from '../workload';
import type { ContainerProps, InitContainerProps } from './container';
import type { KindProps } from './kinds';
import type { ConfigMapProps, ObjectsProps } from './objects';
import type { MainContainerProps, PodProps } from './pod';
import type { FurtherServiceProps, OwnServiceProps } from './service';
import type { VolumeProps } from './volume';

/** A service as it runs: image, ports, environment, probes, and all that Kubernetes has besides. */
export interface MicroserviceReleaseProps extends KindProps, ObjectsProps {
  /** Name of every object, and value of the selector label `app`. At most 55 characters when canaried. @default the construct's id */
  readonly name?: string;
  /** @default the chart's namespace */
  readonly namespace?: string;
  /** Image reference with tag, digest or both. */
  readonly image: string;
  /** @default Kubernetes' own: Always for `latest`, else IfNotPresent */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** @default none: no Service, no port */
  readonly ports?: readonly WorkloadPort[];
  /** Each variable stands behind those that it refers to as `$(NAME)`: Kubernetes expands from these only. */
  readonly env?: Readonly<Record<string, EnvValue>>;
  readonly resources?: Resources;
  /** A probe without a port takes the first port. @default none */
  readonly probes?: Probes;
  /**
   * Number of pods. A canaried workload must not have `spec.replicas` (Flagger scales it to 0 between rollouts, and
   * Flux would scale it up again): there it becomes an autoscaler with equal bounds.
   * @default 1, Kubernetes' own
   */
  readonly replicas?: number;
  /** Instead of `replicas`. @default none */
  readonly autoscaling?: AutoscalingProps;
  /**
   * A CanaryRollout drives this workload: no `spec.replicas`; the Service is only handed over (Flux makes it where it
   * is missing and never touches it again, Flagger points it at the primary); the disruption budget covers the
   * primary too; a ConfigMap `<name>.release`, which no container mounts, tells whether Flagger has seen the release (hand
   * the release to its CanaryRollout).
   * @default false
   */
  readonly canaried?: boolean;
  /** `create: false` uses an account that exists. @default an account of the workload's name, without a mounted token */
  readonly serviceAccount?: {
    readonly create?: boolean;
    readonly name?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    /** `account`: the pods say nothing, and what the account says counts. @default false */
    readonly automountToken?: boolean | 'account';
    /** What the account says to pods that say nothing themselves. @default automountToken */
    readonly automountByDefault?: boolean;
    /** Names of Secrets that the account lists. */
    readonly secrets?: readonly string[];
    /** Names of Secrets with which images are pulled. */
    readonly imagePullSecrets?: readonly string[];
  };
  /**
   * What differs from Pod Security `restricted` with user and group 1000 and a read-only root file system.
   * @see kubernetes.io/docs/concepts/security/pod-security-standards
   */
  readonly securityContext?: {
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly fsGroup?: number;
    readonly readOnlyRootFilesystem?: boolean;
  };
  readonly volumes?: readonly VolumeProps[];
  readonly config?: readonly ConfigFiles[];
  /** Further ConfigMaps, which nothing mounts by itself. */
  readonly configMaps?: readonly ConfigMapProps[];
  /** Containers that run first, in order; with `restartPolicy: Always` native sidecars. */
  readonly initContainers?: readonly InitContainerProps[];
  /** Further containers beside the main one. */
  readonly containers?: readonly ContainerProps[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Kubernetes' own. */
  readonly affinity?: object;
  /** Kubernetes' own. */
  readonly tolerations?: readonly object[];
  /** Kubernetes' own; a constraint without `labelSelector` gets the workload's own. */
  readonly topologySpread?: readonly object[];
  /** Exactly one of the two; number or percentage. @default none */
  readonly disruptionBudget?: {
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    /** @default IfHealthyBudget, Kubernetes' own */
    readonly unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow';
    /** Which pods, Kubernetes' own. Not with a canary. @default the workload's selector */
    readonly selector?: object;
  };
  /** Deployment: how a change reaches the pods, Kubernetes' own. @default RollingUpdate, a quarter of the pods at a time */
  readonly strategy?: object;
  /** Deployment: seconds that a pod must be ready before it counts. @default 0 */
  readonly minReadySeconds?: number;
  /** Deployment: old revisions that are kept. @default 10 */
  readonly revisionHistoryLimit?: number;
  /**
   * Labels by which the workload, its Service and its budget find the pods; the pods get these and no others of ours.
   * Cannot be changed once the workload is there. @default `{app: <name>}`
   */
  readonly selector?: Readonly<Record<string, string>>;
  /** What the main container has besides. */
  readonly container?: MainContainerProps;
  /** What the pods have besides. */
  readonly pod?: PodProps;
  /** How the own Service differs from a plain one; `false`: none is made, whatever the ports. */
  readonly service?: OwnServiceProps | false;
  /** Further Services of the same pods. */
  readonly services?: readonly FurtherServiceProps[];
  /** Labels and annotations by kind of object, stronger than those of all objects. */
  readonly metadata?: Readonly<
    Record<
      string,
      { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> }
    >
  >;
  readonly terminationGracePeriodSeconds?: number;
  /** Seconds until a rollout that makes no progress has failed. @default 600, Kubernetes' own */
  readonly progressDeadlineSeconds?: number;
  readonly priorityClassName?: string;
  /** Labels of the objects, beside the recommended ones. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the Deployment. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Labels of the pods, beside the selector. A change starts a rollout. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Hosts that it calls and no variable names: an annotation of the workload, which preflight reads. */
  readonly calls?: readonly string[];
  /** Annotations of the pods. Anything that changes here starts a rollout: never a digest, a commit or a time. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** Value of `app.kubernetes.io/part-of`. */
  readonly partOf?: string;
  /** What else defines the release and must change its digest: patches that are applied later. */
  readonly digestInputs?: unknown;
}
