import type { ContainerPort, EnvFromProps } from './container';
import { envFrom } from './container';

/** What the main container has besides the fields of the release. Kubernetes' own fields, under its names. */
export interface MainContainerProps {
  /** @default server */
  readonly name?: string;
  /** @default that of the image */
  readonly workingDir?: string;
  /** Variables from whole objects, in order; `env` is stronger. */
  readonly envFrom?: readonly EnvFromProps[];
  /** Names of variables in their order; others follow. @default by name, each after those that it refers to */
  readonly envOrder?: readonly string[];
  /** Ports that no Service leads to. */
  readonly ports?: readonly ContainerPort[];
  /** Hooks: `{postStart, preStop}`. */
  readonly lifecycle?: object;
  readonly volumeDevices?: readonly { readonly name: string; readonly devicePath: string }[];
  /** The whole security context in place of the one that follows from `securityContext`; `false`: none. */
  readonly securityContext?: object | false;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  readonly terminationMessagePath?: string;
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError';
}

/** What the pods have besides the fields of the release. Kubernetes' own fields, under its names. */
export interface PodProps {
  /** The whole security context of the pod in place of the one that follows from `securityContext`; `false`: none. */
  readonly securityContext?: object | false;
  /** Names of Secrets with which images are pulled. */
  readonly imagePullSecrets?: readonly string[];
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: readonly string[] }[];
  readonly dnsPolicy?: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';
  readonly dnsConfig?: object;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly hostUsers?: boolean;
  readonly shareProcessNamespace?: boolean;
  readonly runtimeClassName?: string;
  readonly schedulerName?: string;
  /** Variables with the address of every Service of the namespace. @default true */
  readonly enableServiceLinks?: boolean;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly preemptionPolicy?: 'PreemptLowerPriority' | 'Never';
  readonly readinessGates?: readonly { readonly conditionType: string }[];
  readonly overhead?: Readonly<Record<string, string>>;
}

/** The main container with what is asked of it. */
export function withContainer(
  main: Readonly<Record<string, unknown>>,
  { name, securityContext, envFrom: sources, envOrder: _, ports, ...rest }: MainContainerProps = {},
): Record<string, unknown> {
  const listed = (main.ports as readonly ContainerPort[] | undefined) ?? [];
  const further = (ports ?? []).map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' }));
  return {
    ...main,
    ...rest,
    ...(name === undefined ? {} : { name }),
    ...(sources === undefined ? {} : { envFrom: sources.map(envFrom) }),
    ...(listed.length + further.length === 0 ? {} : { ports: [...listed, ...further] }),
    ...(securityContext === undefined ? {} : { securityContext: securityContext || undefined }),
  };
}

/** The pod's spec with what is asked of it. */
export function withPod(
  spec: Readonly<Record<string, unknown>>,
  { securityContext, imagePullSecrets, ...rest }: PodProps = {},
): Record<string, unknown> {
  return {
    ...spec,
    ...rest,
    ...(imagePullSecrets === undefined ? {} : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    ...(securityContext === undefined ? {} : { securityContext: securityContext || undefined }),
  };
}
