import type { EnvValue, Probes, Resources } from '../workload';

/** A port that a container listens on, whether or not a Service leads to it. */
export interface ContainerPort {
  /** At most 15 characters, unique in the pod. @default none */
  readonly name?: string;
  /** 1 to 65535. */
  readonly containerPort: number;
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
  /** Port of the node. @default none */
  readonly hostPort?: number;
}

/** Where a volume of the pod appears in a container. */
export interface MountProps {
  /** Name of the volume. */
  readonly name: string;
  /** Absolute path in the container. */
  readonly mountPath: string;
  /** Path inside the volume. @default its root */
  readonly subPath?: string;
  /** The same with variables of the container: `$(POD_NAME)`. Not beside `subPath`. */
  readonly subPathExpr?: string;
  /** @default false */
  readonly readOnly?: boolean;
  /** @default None */
  readonly mountPropagation?: 'None' | 'HostToContainer' | 'Bidirectional';
}

/** All keys of an object as variables; exactly one of `configMap` and `secret`. */
export interface EnvFromProps {
  readonly configMap?: string;
  readonly secret?: string;
  /** Put before each key. @default none */
  readonly prefix?: string;
  /** Start without the object. @default false */
  readonly optional?: boolean;
}

/** A container beside the main one. Ports of probes are names or numbers of this container. */
export interface ContainerProps {
  /** DNS label, unique in the pod. */
  readonly name: string;
  /** Image reference with tag, digest or both. */
  readonly image: string;
  /** @default Kubernetes' own: Always for `latest`, else IfNotPresent */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** @default that of the image */
  readonly workingDir?: string;
  readonly ports?: readonly ContainerPort[];
  readonly env?: Readonly<Record<string, EnvValue>>;
  readonly envFrom?: readonly EnvFromProps[];
  /** Names of variables in their order; others follow. @default by name, each after those that it refers to */
  readonly envOrder?: readonly string[];
  readonly resources?: Resources;
  readonly probes?: Probes;
  /** Hooks, as Kubernetes has them: `{postStart, preStop}`. */
  readonly lifecycle?: object;
  /** Volumes of the pod. @default none */
  readonly mounts?: readonly MountProps[];
  /** Raw devices: name of the volume and path of the device. */
  readonly volumeDevices?: readonly { readonly name: string; readonly devicePath: string }[];
  /**
   * Kubernetes' own `securityContext` of a container, whole; `false`: none, what the image and the pod say.
   * @default Pod Security `restricted` with a read-only root file system
   */
  readonly securityContext?: object | false;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly terminationMessagePath?: string;
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError';
}

/** A container that runs before the main ones, or beside them as a native sidecar. */
export interface InitContainerProps extends ContainerProps {
  /**
   * `Always` makes a native sidecar: it starts in its turn, goes on beside the main container and ends after it; only such a
   * one has probes and hooks.
   * @see kubernetes.io/docs/concepts/workloads/pods/sidecar-containers (stable since 1.33)
   * @default none: it must end before the next one starts
   */
  readonly restartPolicy?: 'Always';
}

/** Renders what a container has in common with the main one. */
export interface ContainerParts {
  env(values: ContainerProps['env'], order: readonly string[] | undefined): unknown;
  resources(resources: Resources | undefined): unknown;
  probe(probe: Probes[keyof Probes], ports: readonly ContainerPort[]): unknown;
  /** What a container has that says nothing of its security. */
  readonly security: unknown;
}

/** A container as Kubernetes has it, plain data; undefined fields are left out when it is written. */
export function containerOf(props: InitContainerProps, parts: ContainerParts): Record<string, unknown> {
  const { probes = {}, ports = [] } = props;
  return {
    name: props.name,
    image: props.image,
    imagePullPolicy: props.imagePullPolicy,
    command: props.command,
    args: props.args,
    workingDir: props.workingDir,
    ports: ports.length === 0 ? undefined : ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })),
    env: parts.env(props.env, props.envOrder),
    envFrom: props.envFrom?.map(envFrom),
    resources: parts.resources(props.resources),
    readinessProbe: parts.probe(probes.readiness, ports),
    livenessProbe: parts.probe(probes.liveness, ports),
    startupProbe: parts.probe(probes.startup, ports),
    lifecycle: props.lifecycle,
    volumeMounts: props.mounts,
    volumeDevices: props.volumeDevices,
    securityContext: props.securityContext === false ? undefined : (props.securityContext ?? parts.security),
    stdin: props.stdin,
    tty: props.tty,
    terminationMessagePath: props.terminationMessagePath,
    terminationMessagePolicy: props.terminationMessagePolicy,
    restartPolicy: props.restartPolicy,
  };
}

/** All keys of an object as variables, as Kubernetes has it. */
export function envFrom({ configMap, secret, prefix, optional }: EnvFromProps): Record<string, unknown> {
  return {
    prefix,
    configMapRef: configMap === undefined ? undefined : { name: configMap, optional },
    secretRef: secret === undefined ? undefined : { name: secret, optional },
  };
}
