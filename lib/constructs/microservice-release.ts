import { ApiObject, Chart, Lazy } from 'cdk8s';
import * as k8s from 'cdk8s-plus-25/lib/imports/k8s';
import { Construct } from 'constructs';
import { expansionOrder } from '../kube';
import { digest } from './digest';
import { objectLabels, RELEASE_DIGEST_ANNOTATION, selectorLabels } from './labels';
import { isManifestFile } from './manifest-file';
import {
  type ContainerParts,
  type ContainerPort,
  type ContainerProps,
  containerOf,
  type InitContainerProps,
} from './release/container';
import {
  claimMounts,
  governingService,
  isScaled,
  type KindProps,
  kindMisuse,
  kindSpec,
  WORKLOAD_KINDS,
  type WorkloadKind,
} from './release/kinds';
import {
  checksumPlaceholder,
  fillInRelease,
  RELEASE_VOLUME,
  type ReleaseNames,
  releaseConfigName,
  releaseDataOf,
  trackedChecksum,
} from './release-tracking';
import {
  type AutoscalingProps,
  type ConfigFiles,
  type EnvValue,
  type NamedPort,
  namePorts,
  type ProbeProps,
  type Probes,
  type Resources,
  type VolumeProps,
  type WorkloadPort,
} from './workload';

export interface MicroserviceReleaseProps extends KindProps {
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
    readonly automountToken?: boolean;
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
  /** Containers that run first, in order; with `restartPolicy: Always` native sidecars. */
  readonly initContainers?: readonly InitContainerProps[];
  /** Further containers beside the main one. */
  readonly containers?: readonly ContainerProps[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: k8s.Affinity;
  readonly tolerations?: readonly k8s.Toleration[];
  /** The label selector is the workload's own. */
  readonly topologySpread?: readonly Omit<k8s.TopologySpreadConstraint, 'labelSelector'>[];
  /** Exactly one of the two; number or percentage. @default none */
  readonly disruptionBudget?: { readonly minAvailable?: number | string; readonly maxUnavailable?: number | string };
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
  /** Annotations of the pods. Anything that changes here starts a rollout: never a digest, a commit or a time. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** Value of `app.kubernetes.io/part-of`. */
  readonly partOf?: string;
  /** What else defines the release and must change its digest: patches that are applied later. */
  readonly digestInputs?: unknown;
}

/**
 * A Service that Flagger makes belongs to the Canary and is deleted with it, and one that leaves Git is pruned before
 * Flagger has made its own: either way callers lose their endpoints. So it stays in Git, and Flux leaves it alone.
 * @see fluxcd/flagger v1.44 pkg/router/kubernetes_default.go reconcileService, Finalize
 */
const HANDED_OVER = { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' };

/**
 * A Job's template cannot be changed: Flux deletes and makes it again, and so it runs, when its release changes.
 * @see fluxcd/kustomize-controller v1.9 docs: kustomize.toolkit.fluxcd.io/force
 */
const RUN_ANEW = { 'kustomize.toolkit.fluxcd.io/force': 'enabled' };

/** Longest name whose `-primary` and `-canary` forms are still DNS labels. */
const LONGEST_CANARIED_NAME = 55;

/**
 * One service as Kubernetes runs it: ServiceAccount, Deployment, Service, autoscaler, disruption budget and
 * ConfigMaps. The pods fit Pod Security `restricted`.
 *
 * The digest over all of it stands as annotation on the Deployment and as construct metadata `aviary:release`. It is
 * never in the pod template: Flagger starts a rollout whenever the template's hash changes.
 *
 * @throws Error on misuse, with everything that is wrong.
 * @see fluxcd/flagger v1.44 pkg/canary/deployment_controller.go, spec.go
 * @example
 * new MicroserviceRelease(chart, 'cart', {
 *   image: 'registry.example.com/shop/cart:1.4.2',
 *   ports: [{ port: 7070, protocol: 'grpc' }],
 *   probes: { readiness: { grpc: {} } },
 *   resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
 * });
 */
export class MicroserviceRelease extends Construct {
  readonly name: string;
  /** What runs the pods. */
  readonly kind: WorkloadKind;
  /** The Deployment, or the workload of another kind. */
  readonly deployment: ApiObject;
  /** Absent without ports. */
  readonly service?: ApiObject;
  /** Absent without autoscaling; what a CanaryRollout refers to. */
  readonly autoscaler?: ApiObject;
  readonly ports: readonly NamedPort[];
  /** `sha256:…` over everything that defines the release. */
  readonly releaseDigest: string;
  private readonly canaried: boolean;
  private readonly configMaps: readonly ApiObject[];

  constructor(scope: Construct, id: string, props: MicroserviceReleaseProps) {
    super(scope, id);
    this.name = props.name ?? id;
    this.kind = props.kind ?? 'deployment';
    this.canaried = props.canaried ?? false;
    const { name } = this;
    this.ports = namePorts(props.ports ?? []);
    refuseMisuse(name, props);

    const labels = { ...objectLabels(name, props.partOf), ...props.labels };
    const metadata = (objectName = name): k8s.ObjectMeta => ({ name: objectName, namespace: props.namespace, labels });

    const account = props.serviceAccount ?? {};
    const configMaps = (props.config ?? []).map((config) => ({
      name: configMapName(name, config.mountPath),
      mountPath: config.mountPath,
      subPath: config.subPath,
      data: sortedEntries(config.files),
    }));
    const autoscaling = autoscalerOf(props);
    const deploymentSpec = this.deploymentSpec(props, configMaps, autoscaling !== undefined);
    const serviceSpec = this.ports.length === 0 ? undefined : this.serviceSpec();

    this.releaseDigest = digest({
      image: props.image,
      deployment: deploymentSpec,
      service: serviceSpec,
      autoscaling,
      account,
      configMaps,
      disruptionBudget: props.disruptionBudget,
      canaried: props.canaried ?? false,
      inputs: props.digestInputs,
      ...this.further(props),
    });
    this.node.addMetadata('aviary:release', { name, digest: this.releaseDigest });

    if (account.create !== false) {
      new k8s.KubeServiceAccount(this, 'account', {
        metadata: { ...metadata(account.name ?? name), annotations: account.annotations },
        automountServiceAccountToken: account.automountToken ?? false,
      });
    }
    this.configMaps = configMaps.map(
      ({ name: configMap, data }) => new k8s.KubeConfigMap(this, configMap, { metadata: metadata(configMap), data }),
    );
    if (props.canaried) this.releaseConfig(metadata(releaseConfigName(name)));
    this.deployment = new ApiObject(this, 'deployment', {
      ...WORKLOAD_KINDS[this.kind],
      metadata: {
        ...metadata(),
        // The version only here: on every object it would drown a release's diff.
        labels: { ...labels, ...versionLabel(props.image) },
        annotations: {
          ...(this.kind === 'job' ? RUN_ANEW : {}),
          ...props.annotations,
          [RELEASE_DIGEST_ANNOTATION]: this.releaseDigest,
        },
      },
      spec: this.workloadSpec(props, deploymentSpec),
    });
    if (serviceSpec && this.kind === 'statefulset') {
      const headless = governingService(name, props.statefulSet, true);
      if (props.statefulSet?.serviceName === undefined) {
        new k8s.KubeService(this, 'headless', {
          metadata: metadata(headless),
          spec: { ...serviceSpec, clusterIp: 'None' },
        });
      }
    }
    if (serviceSpec) {
      this.service = new k8s.KubeService(this, 'service', {
        metadata: { ...metadata(), annotations: props.canaried ? HANDED_OVER : undefined },
        spec: serviceSpec,
      });
    }
    if (autoscaling) {
      this.autoscaler = new k8s.KubeHorizontalPodAutoscalerV2(this, 'autoscaler', {
        metadata: metadata(),
        spec: autoscalerSpec(name, autoscaling, WORKLOAD_KINDS[this.kind]),
      });
    }
    if (props.disruptionBudget) {
      // Between rollouts the target has no pods: only a budget on the primary protects anything then.
      for (const workload of props.canaried ? [name, `${name}-primary`] : [name]) {
        new k8s.KubePodDisruptionBudget(this, `budget-${workload}`, {
          metadata: metadata(workload),
          spec: {
            minAvailable: intOrString(props.disruptionBudget.minAvailable),
            maxUnavailable: intOrString(props.disruptionBudget.maxUnavailable),
            selector: { matchLabels: selectorLabels(workload) },
          },
        });
      }
    }
  }

  /**
   * For `CanaryRollout`: the checksum under which Flagger tracks this release, known when everything is rendered. In
   * the release's own file it is filled in with the file. Undefined unless canaried.
   */
  checksumFor(canary: Construct): string | undefined {
    if (!this.canaried) return undefined;
    const file = Chart.of(this);
    if (file === Chart.of(canary) && isManifestFile(file)) return checksumPlaceholder(this.name);
    return Lazy.any({
      produce: () => {
        const data = this.releaseData();
        return data && trackedChecksum(data);
      },
    }) as string;
  }

  private releaseConfig(metadata: k8s.ObjectMeta): void {
    const file = Chart.of(this);
    if (!isManifestFile(file)) {
      new k8s.KubeConfigMap(this, 'release', {
        metadata,
        data: Lazy.any({ produce: () => this.releaseData() }) as never,
      });
      return;
    }
    new k8s.KubeConfigMap(this, 'release', { metadata });
    // A patch may add keys at the end; without one, all are sorted.
    file.finishers.push((objects) =>
      fillInRelease(objects, this.names(), file.transformations.length === 0 ? JSON.stringify : undefined),
    );
  }

  private names(): ReleaseNames {
    return {
      name: this.name,
      namespace: this.deployment.metadata.namespace,
      configMaps: this.configMaps.map(({ metadata }) => metadata.name!),
    };
  }

  private releaseData(): Record<string, string> | undefined {
    const file = Chart.of(this);
    const objects = [this.deployment, ...this.configMaps].map((object): unknown => object.toJson());
    const patched = isManifestFile(file) ? objects.map((object) => file.patched(object)) : objects;
    return releaseDataOf(patched, this.names());
  }

  private deploymentSpec(
    props: MicroserviceReleaseProps,
    configMaps: readonly { name: string; mountPath: string; subPath?: string }[],
    autoscaled: boolean,
  ): k8s.DeploymentSpec {
    const { name } = this;
    const security = props.securityContext ?? {};
    const containerSecurity = containerSecurityOf(props);
    const volumes = props.volumes ?? [];
    const mounts = [
      ...volumes.map(({ name: volume, mountPath, readOnly, subPath }) => ({
        name: volume,
        mountPath,
        readOnly,
        subPath,
      })),
      ...configMaps.map(({ name: config, mountPath, subPath }) => ({
        name: config,
        mountPath,
        readOnly: true,
        subPath,
      })),
    ];
    return {
      replicas: props.canaried || autoscaled || !isScaled(this.kind) ? undefined : props.replicas,
      progressDeadlineSeconds: props.progressDeadlineSeconds,
      selector: { matchLabels: selectorLabels(name) },
      template: {
        metadata: {
          labels: { 'app.kubernetes.io/name': name, ...props.podLabels, ...selectorLabels(name) },
          annotations: props.podAnnotations && sortedEntries(props.podAnnotations),
        },
        spec: {
          serviceAccountName: props.serviceAccount?.name ?? (props.serviceAccount?.create === false ? undefined : name),
          automountServiceAccountToken: props.serviceAccount?.automountToken ?? false,
          terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
          priorityClassName: props.priorityClassName,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: security.runAsUser ?? 1000,
            runAsGroup: security.runAsGroup ?? 1000,
            fsGroup: security.fsGroup ?? 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'server',
              image: props.image,
              imagePullPolicy: props.imagePullPolicy,
              command: mutable(props.command),
              args: mutable(props.args),
              ports: this.containerPorts(),
              env: envVars(props.env),
              resources: resources(props.resources),
              readinessProbe: this.probe(props.probes?.readiness),
              livenessProbe: this.probe(props.probes?.liveness),
              startupProbe: this.probe(props.probes?.startup),
              securityContext: containerSecurity,
              volumeMounts: mounts.length > 0 ? mounts : undefined,
            },
          ],
          volumes:
            volumes.length + configMaps.length > 0 || props.canaried
              ? [
                  ...volumes.map(volume),
                  ...configMaps.map((config) => ({ name: config.name, configMap: { name: config.name } })),
                  // Not optional: for Flagger, an optional ConfigMap that cannot be read just now has changed.
                  ...(props.canaried ? [{ name: RELEASE_VOLUME, configMap: { name: releaseConfigName(name) } }] : []),
                ]
              : undefined,
          nodeSelector: props.nodeSelector,
          affinity: props.affinity,
          tolerations: props.tolerations && [...props.tolerations],
          topologySpreadConstraints: props.topologySpread?.map((spread) => ({
            ...spread,
            labelSelector: { matchLabels: selectorLabels(name) },
          })),
        },
      },
    };
  }

  /** What the first version of the digest did not know; absent where it is not used, so that digests stay. */
  private further({
    kind,
    statefulSet,
    daemonSet,
    job,
    cronJob,
    containers,
    initContainers,
  }: MicroserviceReleaseProps) {
    const further = { kind, statefulSet, daemonSet, job, cronJob, containers, initContainers };
    return Object.fromEntries(Object.entries(further).filter(([, value]) => value !== undefined));
  }

  /** Plain data: the generated classes drop fields that their version of Kubernetes does not have. */
  private workloadSpec(props: MicroserviceReleaseProps, deployment: k8s.DeploymentSpec): object {
    const spec = k8s.toJson_DeploymentSpec(deployment) as {
      readonly replicas?: number;
      readonly selector: unknown;
      readonly template: { readonly metadata: unknown; readonly spec: Readonly<Record<string, unknown>> };
    };
    const parts: ContainerParts = {
      env: envVars,
      resources: (wanted) => wanted && k8s.toJson_ResourceRequirements(resources(wanted)),
      probe: (wanted, ports) => wanted && k8s.toJson_Probe(this.probe(wanted, ports)),
      security: k8s.toJson_SecurityContext(containerSecurityOf(props)),
    };
    const [main] = spec.template.spec.containers as [Readonly<Record<string, unknown>>];
    const claims = claimMounts(props.statefulSet);
    const template = {
      ...spec.template,
      spec: {
        ...spec.template.spec,
        ...(props.initContainers && { initContainers: props.initContainers.map((init) => containerOf(init, parts)) }),
        containers: [
          claims.length === 0
            ? main
            : { ...main, volumeMounts: [...((main.volumeMounts as object[] | undefined) ?? []), ...claims] },
          ...(props.containers ?? []).map((container) => containerOf(container, parts)),
        ],
      },
    };
    if (this.kind === 'deployment') return { ...spec, template };
    return kindSpec(this.kind, props, {
      name: this.name,
      replicas: spec.replicas,
      selector: spec.selector,
      template,
      hasService: this.ports.length > 0,
    });
  }

  private serviceSpec(): k8s.ServiceSpec {
    return {
      type: 'ClusterIP',
      selector: selectorLabels(this.name),
      ports: this.ports.map(({ name, port, targetPort, protocol }) => ({
        name,
        port,
        targetPort: k8s.IntOrString.fromNumber(targetPort),
        protocol: 'TCP',
        appProtocol: protocol,
      })),
    };
  }

  private containerPorts(): k8s.ContainerPort[] | undefined {
    const byNumber = new Map(this.ports.map((port) => [port.targetPort, port] as const).reverse());
    if (byNumber.size === 0) return undefined;
    return [...byNumber.values()]
      .reverse()
      .map(({ name, targetPort }) => ({ name, containerPort: targetPort, protocol: 'TCP' }));
  }

  /** @param own the ports of a further container, where the probe is not the main one's */
  private probe(props: ProbeProps | undefined, own?: readonly ContainerPort[]): k8s.Probe | undefined {
    if (!props) return undefined;
    const { http, grpc, tcp, exec, ...timing } = props;
    const port = (wanted: number | string | undefined): number | string => {
      const found = wanted ?? (own ? own[0]?.containerPort : this.ports[0]?.targetPort);
      if (found === undefined) throw new Error(`${this.name}: a probe needs a port, and the workload has none`);
      return found;
    };
    return {
      ...timing,
      httpGet: http && {
        path: http.path,
        port: intOrString(port(http.port))!,
        httpHeaders:
          http.headers && Object.entries(sortedEntries(http.headers)).map(([name, value]) => ({ name, value })),
      },
      grpc: grpc && { port: this.portNumber(port(grpc.port), own), service: grpc.service },
      tcpSocket: tcp && { port: intOrString(port(tcp.port))! },
      exec: exec && { command: [...exec.command] },
    };
  }

  /** gRPC probes take numbers only. @see kubernetes.io/docs/reference/kubernetes-api v1.GRPCAction */
  private portNumber(port: number | string, own?: readonly ContainerPort[]): number {
    if (typeof port === 'number') return port;
    const ofContainer = own?.find(({ name }) => name === port)?.containerPort;
    if (ofContainer !== undefined) return ofContainer;
    const named = own ? undefined : this.ports.find(({ name }) => name === port);
    if (!named) throw new Error(`${this.name}: a probe names the port "${port}", which the workload does not have`);
    return named.targetPort;
  }
}

/** What Pod Security `restricted` asks of a container, and a read-only root file system. */
function containerSecurityOf({ securityContext = {} }: MicroserviceReleaseProps): k8s.SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: securityContext.readOnlyRootFilesystem ?? true,
  };
}

function refuseMisuse(name: string, props: MicroserviceReleaseProps): void {
  const wrong: string[] = kindMisuse(props);
  if (props.canaried && name.length > LONGEST_CANARIED_NAME) {
    wrong.push(
      `the name has ${name.length} characters; "${name}-primary" must be a DNS label, so at most ${LONGEST_CANARIED_NAME}`,
    );
  }
  if (props.podLabels?.app !== undefined && props.podLabels.app !== name)
    wrong.push(`podLabels.app is "${props.podLabels.app}"; the selector needs "${name}"`);
  if (props.canaried && props.volumes?.some((one) => one.name === RELEASE_VOLUME)) {
    wrong.push(`the volume name "${RELEASE_VOLUME}" is taken; name the volume otherwise`);
  }
  if (props.replicas !== undefined && props.autoscaling) wrong.push('replicas and autoscaling exclude each other');
  if (props.autoscaling && props.autoscaling.minReplicas > props.autoscaling.maxReplicas) {
    wrong.push(
      `autoscaling: minReplicas ${props.autoscaling.minReplicas} is above maxReplicas ${props.autoscaling.maxReplicas}`,
    );
  }
  for (const [kind, probe] of Object.entries(props.probes ?? {})) {
    const handlers = [probe?.http, probe?.grpc, probe?.tcp, probe?.exec].filter((handler) => handler !== undefined);
    if (probe && handlers.length !== 1) wrong.push(`${kind} probe: exactly one of http, grpc, tcp, exec`);
  }
  if (wrong.length > 0) throw new Error(`MicroserviceRelease "${name}": ${wrong.join('; ')}`);
}

/** A fixed number of pods of a canaried workload: Flagger copies an autoscaler to the primary, but no `spec.replicas`. */
function autoscalerOf(props: MicroserviceReleaseProps): AutoscalingProps | undefined {
  if (props.autoscaling) return props.autoscaling;
  if (!props.canaried || (props.replicas ?? 1) <= 1) return undefined;
  return { minReplicas: props.replicas!, maxReplicas: props.replicas! };
}

function autoscalerSpec(
  name: string,
  props: AutoscalingProps,
  workload: { readonly apiVersion: string; readonly kind: string },
): k8s.HorizontalPodAutoscalerSpecV2 {
  const { cpuUtilizationPercent, memoryUtilizationPercent, scaleDownStabilizationSeconds } = props;
  const cpu = cpuUtilizationPercent ?? (memoryUtilizationPercent === undefined ? 80 : undefined);
  const target = (resource: string, averageUtilization: number): k8s.MetricSpecV2 => ({
    type: 'Resource',
    resource: { name: resource, target: { type: 'Utilization', averageUtilization } },
  });
  return {
    scaleTargetRef: { ...workload, name },
    minReplicas: props.minReplicas,
    maxReplicas: props.maxReplicas,
    metrics: [
      ...(cpu === undefined ? [] : [target('cpu', cpu)]),
      ...(memoryUtilizationPercent === undefined ? [] : [target('memory', memoryUtilizationPercent)]),
    ],
    behavior:
      scaleDownStabilizationSeconds === undefined
        ? undefined
        : { scaleDown: { stabilizationWindowSeconds: scaleDownStabilizationSeconds } },
  };
}

/** Each variable after those that it refers to as `$(NAME)`, otherwise by name: the order of somebody's keys means nothing. */
function envVars(env: Readonly<Record<string, EnvValue>> | undefined): k8s.EnvVar[] | undefined {
  const values = env ?? {};
  const { order } = expansionOrder(Object.keys(values), (name) => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  });
  if (order.length === 0) return undefined;
  return order.map((name) => {
    const value = values[name]!;
    if (typeof value === 'string') return { name, value };
    if ('secretKeyRef' in value) return { name, valueFrom: { secretKeyRef: value.secretKeyRef } };
    if ('configMapKeyRef' in value) return { name, valueFrom: { configMapKeyRef: value.configMapKeyRef } };
    return { name, valueFrom: { fieldRef: { fieldPath: value.fieldPath } } };
  });
}

function volume({ name, emptyDir, configMap, secret, persistentVolumeClaim }: VolumeProps): k8s.Volume {
  return {
    name,
    emptyDir: emptyDir && {
      medium: emptyDir.medium,
      sizeLimit: emptyDir.sizeLimit === undefined ? undefined : k8s.Quantity.fromString(emptyDir.sizeLimit),
    },
    configMap,
    secret,
    persistentVolumeClaim,
  };
}

function resources(props: Resources | undefined): k8s.ResourceRequirements | undefined {
  if (!props) return undefined;
  const list = (quantities: Resources['requests']) =>
    quantities &&
    Object.fromEntries(
      Object.entries(sortedEntries(quantities as Record<string, string | undefined>))
        .filter((entry): entry is [string, string] => entry[1] !== undefined)
        .map(([resource, quantity]) => [resource, k8s.Quantity.fromString(quantity)]),
    );
  return { requests: list(props.requests), limits: list(props.limits) };
}

/** A name that stays when other config entries come and go: it follows from the folder. */
export function configMapName(name: string, mountPath: string): string {
  const slug = mountPath
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${name}-${slug || 'config'}`;
}

/** The image's tag as `app.kubernetes.io/version`, where it can be a label value. */
function versionLabel(image: string): Record<string, string> {
  const tag = /:([\w][\w.-]{0,62})(?:@|$)/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1];
  return tag !== undefined && /[A-Za-z0-9]$/.test(tag) ? { 'app.kubernetes.io/version': tag } : {};
}

const intOrString = (value: number | string | undefined): k8s.IntOrString | undefined =>
  value === undefined
    ? undefined
    : typeof value === 'number'
      ? k8s.IntOrString.fromNumber(value)
      : k8s.IntOrString.fromString(value);

const mutable = (list: readonly string[] | undefined): string[] | undefined => list && [...list];

function sortedEntries<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, record[key]!]),
  );
}
