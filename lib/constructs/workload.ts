import type { Protocol } from '../flagger';

/** A port that a workload listens on and its Service offers. */
export interface WorkloadPort {
  /** DNS label, unique; of at most 15 characters with a letter where the container's port has it too. @default the protocol; `<protocol>-<port>` from the second one on */
  readonly name?: string;
  /** The Service's port, 1 to 65535. */
  readonly port: number;
  /** The container's port. @default port */
  readonly targetPort?: number;
  /** Name of the container's port, by which the Service then leads to it. @default it leads to the number */
  readonly targetPortName?: string;
  /** The container's port has no name: only a Service's port may have this one. @default false */
  readonly isNamelessInContainer?: boolean;
  /** Decides the port's name, `appProtocol`, default probes and, with a canary, the metrics. */
  readonly protocol: Protocol;
  /** What carries it; without a mesh's protocol for UDP and SCTP. @default TCP */
  readonly transport?: 'TCP' | 'UDP' | 'SCTP';
  /** Port of every node, for a Service of type NodePort or LoadBalancer. @default one that is free */
  readonly nodePort?: number;
  /** `appProtocol` of the Service's port; `false`: none. @default protocol */
  readonly appProtocol?: string | false;
}

/** A value of an environment variable: text, or a key of an object that lives beside the workload. */
export type EnvValue =
  | string
  | { readonly secretKeyRef: KeyRef }
  | { readonly configMapKeyRef: KeyRef }
  /** Downward API: `metadata.name`, `status.podIP`. */
  | { readonly fieldPath: string }
  /** What a container asks for: `limits.memory`. */
  | {
      readonly resourceFieldRef: {
        readonly resource: string;
        readonly containerName?: string;
        readonly divisor?: string;
      };
    };

/** A key of a Secret or a ConfigMap. */
export interface KeyRef {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** Kubernetes quantities: `100m`, `64Mi`. */
export interface ResourceList {
  readonly cpu?: string;
  readonly memory?: string;
  readonly 'ephemeral-storage'?: string;
  /** Devices and huge pages: `nvidia.com/gpu`. */
  readonly [resource: string]: string | undefined;
}

/** Requests and limits of a container, as quantities of Kubernetes. */
export interface Resources {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
}

/** A probe; exactly one of `http`, `grpc`, `tcp`, `exec`. Ports are names or numbers of the container. */
export interface ProbeProps {
  readonly http?: {
    /** @default / */
    readonly path?: string;
    readonly port?: number | string;
    /** @default HTTP */
    readonly scheme?: 'HTTP' | 'HTTPS';
    /** @default the pod */
    readonly host?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly grpc?: { readonly port?: number | string; readonly service?: string };
  readonly tcp?: { readonly port?: number | string; readonly host?: string };
  readonly exec?: { readonly command: readonly string[] };
  /** @default 0 */
  readonly initialDelaySeconds?: number;
  /** @default 10 */
  readonly periodSeconds?: number;
  /** @default 1 */
  readonly timeoutSeconds?: number;
  /** @default 1 */
  readonly successThreshold?: number;
  /** @default 3 */
  readonly failureThreshold?: number;
  /** Seconds that the container has to end after a failed liveness or startup probe. @default the pod's */
  readonly terminationGracePeriodSeconds?: number;
}

/** The probes of a container; absent ones are not made. */
export interface Probes {
  readonly readiness?: ProbeProps;
  readonly liveness?: ProbeProps;
  readonly startup?: ProbeProps;
}

/** Files that become a ConfigMap, mounted read-only as a folder. */
export interface ConfigFiles {
  /** Absolute path of the folder in the container; with `subPath`, of the file. */
  readonly mountPath: string;
  /** File name → content. */
  readonly files: Readonly<Record<string, string>>;
  /** The one file that is mounted. @default all of them, as a folder */
  readonly subPath?: string;
}

/** A HorizontalPodAutoscaler: bounds, and what it scales by. */
export interface AutoscalingProps {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percent of the requested CPU. @default 80 when no target is given */
  readonly cpuUtilizationPercent?: number;
  /** Percent of the requested memory. */
  readonly memoryUtilizationPercent?: number;
  /** @default 300, Kubernetes' own */
  readonly scaleDownStabilizationSeconds?: number;
  /** Further metrics, Kubernetes' own (`autoscaling/v2` MetricSpec). */
  readonly metrics?: readonly object[];
  /** Kubernetes' own, in place of `scaleDownStabilizationSeconds`. */
  readonly behavior?: object;
}

/** A name for every port. */
export interface NamedPort extends WorkloadPort {
  readonly name: string;
  readonly targetPort: number;
}

/** Fills in names and target ports. */
export function namePorts(ports: readonly WorkloadPort[]): NamedPort[] {
  const taken = new Set<string>();
  return ports.map((port) => {
    let name = port.name ?? port.protocol;
    if (!port.name && taken.has(name)) name = `${port.protocol}-${port.port}`;
    taken.add(name);
    return { ...port, name, targetPort: port.targetPort ?? port.port };
  });
}
