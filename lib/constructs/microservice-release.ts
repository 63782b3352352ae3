import { ApiObject, type ApiObjectMetadata, Chart, JsonPatch, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { expansionOrder, isJudged, probePortNames } from '../kube';
import type { CanaryRolloutProps } from './canary/props';
import { CanaryRollout } from './canary-rollout';
import { digest } from './digest';
import { CALLS_ANNOTATION, objectLabels, primarySelector, RELEASE_DIGEST_ANNOTATION, selectorLabels } from './labels';
import { isManifestFile } from './manifest-file';
import { refuse, refuseUnknown } from './refuse';
import { type ContainerParts, type ContainerPort, containerOf } from './release/container';
import {
  claimMounts,
  governingService,
  isScaled,
  kindMisuse,
  kindSpec,
  WORKLOAD_KINDS,
  type WorkloadKind,
} from './release/kinds';
import { releasePropNames, valueFaults } from './release/misuse';
import { type ConfigMapProps, plainObjects } from './release/objects';
import { withContainer, withPod } from './release/pod';
import type { MicroserviceReleaseProps } from './release/props';
import { furtherServiceSpec } from './release/service';
import { TrackedObject } from './release/tracked-object';
import { mountsOf, volumeOf } from './release/volume';
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
  type EnvValue,
  type NamedPort,
  namePorts,
  type ProbeProps,
  type Resources,
} from './workload';

type Metadata = {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
};
const SERVICE = { apiVersion: 'v1', kind: 'Service' };

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
  /** Whether a CanaryRollout drives it. */
  readonly isCanaried: boolean;
  private readonly configMaps: readonly ApiObject[];
  private readonly plannedDigest: string;

  /** `sha256:…` over everything that defines the release, JSON patches of its objects included. */
  get releaseDigest(): string {
    const patched = this.node.children.filter(
      (child): child is TrackedObject => 'isPatched' in child && child.isPatched === true,
    );
    if (patched.length === 0) return this.plannedDigest;
    return digest({
      planned: this.plannedDigest,
      patched: patched.map((child) => child.patchedJson()),
    });
  }

  constructor(scope: Construct, id: string, props: MicroserviceReleaseProps) {
    super(scope, id);
    refuseUnknown(`MicroserviceRelease "${props?.name ?? id}"`, props, releasePropNames);
    this.name = props.name ?? id;
    if (!isJudged(props)) refuse(`MicroserviceRelease "${this.name}"`, valueFaults(this.name, props));
    this.kind = props.kind ?? 'deployment';
    this.isCanaried = props.canaried ?? false;
    const { name } = this;
    this.ports = namePorts(props.ports ?? []);
    refuseMisuse(name, props);

    const labels = { ...objectLabels(name, props.partOf), ...props.labels };
    const metadata = (kind: string, objectName = name, own: Metadata = {}): ApiObjectMetadata => {
      const ofKind = props.metadata?.[kind] ?? {};
      const annotations = { ...own.annotations, ...ofKind.annotations };
      return {
        name: objectName,
        namespace: props.namespace,
        labels: { ...labels, ...own.labels, ...ofKind.labels },
        ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      };
    };
    const selector = this.selectorOf(props);

    const account = props.serviceAccount ?? {};
    const configMaps = (props.config ?? []).map((config) => ({
      name: configMapName(name, config.mountPath),
      mountPath: config.mountPath,
      subPath: config.subPath,
      data: sortedEntries(config.files),
    }));
    const autoscaling = autoscalerOf(props);
    const spec = this.workloadSpec(props, configMaps, autoscaling !== undefined);
    const serviceSpec = this.ports.length === 0 || props.service === false ? undefined : this.serviceSpec(props);

    const planned = digest({
      workload: spec,
      kind: this.kind,
      service: serviceSpec,
      services: props.services,
      autoscaling,
      account,
      configMaps,
      disruptionBudget: props.disruptionBudget,
      canaried: props.canaried ?? false,
      ...(props.configMaps && { settings: props.configMaps }),
      inputs: props.digestInputs,
    });
    this.plannedDigest = planned;
    const release = this;
    this.node.addMetadata('aviary:release', {
      name,
      get digest() {
        return release.releaseDigest;
      },
    });

    if (account.create !== false) {
      new TrackedObject(this, 'account', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: metadata('ServiceAccount', account.name ?? name, { annotations: account.annotations }),
        automountServiceAccountToken: account.automountByDefault ?? tokenField(account.automountToken),
        ...(account.secrets && { secrets: account.secrets.map((secret) => ({ name: secret })) }),
        ...(account.imagePullSecrets && {
          imagePullSecrets: account.imagePullSecrets.map((secret) => ({ name: secret })),
        }),
      });
    }
    let ofPods: string | undefined;
    this.configMaps = [...configMaps, ...(props.configMaps ?? [])].flatMap((config) => {
      const { name: configMap, data, binaryData, immutable, ...own } = config as ConfigMapProps;
      const object = new TrackedObject(this, configMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: metadata('ConfigMap', configMap, own),
        data: data && sortedEntries(data),
        binaryData: binaryData && sortedEntries(binaryData),
        immutable,
      });
      // What the pods do not read is no part of the release.
      ofPods ??= JSON.stringify(spec);
      return ofPods.includes(JSON.stringify(configMap)) ? [object] : [];
    });
    for (const object of plainObjects(props, {
      name,
      account: account.name ?? name,
      namespace: props.namespace ?? Chart.of(this).namespace,
      podLabels: props.selector ?? { 'app.kubernetes.io/name': name },
    })) {
      const { id: objectId, apiVersion, kind, isClusterWide, fields, ...own } = object;
      const { namespace, ...of } = metadata(kind, own.name, own);
      const written = new ApiObject(this, objectId, {
        apiVersion,
        kind,
        metadata: { ...of, namespace },
        ...fields,
      });
      // A chart fills in its own.
      if (isClusterWide) written.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    }
    if (props.canaried) this.releaseConfig(metadata('ConfigMap', releaseConfigName(name)));
    const workload = WORKLOAD_KINDS[this.kind];
    const deployment = new TrackedObject(this, 'deployment', {
      ...workload,
      metadata: metadata(workload.kind, name, {
        // The version only here: on every object it would drown a release's diff.
        labels: versionLabel(props.image),
        annotations: {
          ...(this.kind === 'job' ? RUN_ANEW : {}),
          ...props.annotations,
          ...(props.calls && { [CALLS_ANNOTATION]: props.calls.join(',') }),
          [RELEASE_DIGEST_ANNOTATION]: planned,
        },
      }),
      spec,
    });
    // What is computed is computed after the patches.
    deployment.afterPatches = (json) => {
      if (this.releaseDigest !== planned)
        (json.metadata as { annotations?: Record<string, string> }).annotations = {
          ...(json.metadata as { annotations?: Record<string, string> }).annotations,
          [RELEASE_DIGEST_ANNOTATION]: this.releaseDigest,
        };
    };
    this.deployment = deployment;
    if (serviceSpec) {
      if (this.kind === 'statefulset' && props.statefulSet?.serviceName === undefined) {
        new TrackedObject(this, 'headless', {
          ...SERVICE,
          metadata: metadata('Service', governingService(name, props.statefulSet, true)),
          spec: { type: 'ClusterIP', clusterIP: 'None', selector, ports: serviceSpec.ports },
        });
      }
      this.service = new TrackedObject(this, 'service', {
        ...SERVICE,
        metadata: metadata('Service', (props.service || undefined)?.name ?? name, {
          annotations: props.canaried ? HANDED_OVER : undefined,
        }),
        spec: serviceSpec,
      });
    }
    for (const further of props.services ?? []) {
      const own = metadata('Service', further.name);
      new TrackedObject(this, `service-${further.name}`, {
        ...SERVICE,
        // What is said of the further Service itself is stronger than what is said of the kind.
        metadata: {
          ...own,
          labels: { ...own.labels, ...further.labels },
          ...((own.annotations || further.annotations) && {
            annotations: { ...own.annotations, ...further.annotations },
          }),
        },
        spec: furtherServiceSpec(further, selector),
      });
    }
    if (autoscaling) {
      this.autoscaler = new TrackedObject(this, 'autoscaler', {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: metadata('HorizontalPodAutoscaler'),
        spec: autoscalerSpec(name, autoscaling, workload),
      });
    }
    if (props.disruptionBudget) {
      // Between rollouts the target has no pods: only a budget on the primary protects anything then.
      for (const target of props.canaried ? [name, `${name}-primary`] : [name]) {
        new TrackedObject(this, `budget-${target}`, {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: metadata('PodDisruptionBudget', target),
          spec: {
            ...props.disruptionBudget,
            selector: props.disruptionBudget.selector ?? {
              matchLabels: target === name ? selector : primarySelector(selector),
            },
          },
        });
      }
    }
  }

  /**
   * What whoever writes a chart of cdk8s does to its rendered objects (`AviaryApp.transform`): the checksum is that of what is written.
   * @internal
   */
  lateChange: (object: unknown) => unknown = (object) => object;

  /**
   * A canary of this release, beside it: name, namespace, port and autoscaler come from here.
   * @throws Error unless the release is `canaried`
   */
  addCanary(props: Omit<CanaryRolloutProps, 'release' | 'target' | 'name' | 'namespace'> = {}): CanaryRollout {
    return new CanaryRollout(this.node.scope!, `${this.node.id}-canary`, { ...props, release: this });
  }

  /**
   * For `CanaryRollout`: the checksum under which Flagger tracks this release, known when everything is rendered. In
   * the release's own file it is filled in with the file. Undefined unless canaried.
   */
  checksumFor(canary: Construct): string | undefined {
    if (!this.isCanaried) return undefined;
    const file = Chart.of(this);
    if (file === Chart.of(canary) && isManifestFile(file)) return checksumPlaceholder(this.name);
    return Lazy.any({
      produce: () => {
        const data = this.releaseData();
        return data && trackedChecksum(data);
      },
    }) as string;
  }

  private releaseConfig(metadata: ApiObjectMetadata): void {
    const file = Chart.of(this);
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    if (!isManifestFile(file)) {
      new TrackedObject(this, 'release', { ...config, data: Lazy.any({ produce: () => this.releaseData() }) });
      return;
    }
    new TrackedObject(this, 'release', config);
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
    const changed = patched.map((object) => (object === undefined ? undefined : this.lateChange(object)));
    return releaseDataOf(
      changed.filter((object) => object !== undefined),
      this.names(),
    );
  }

  /** Labels by which everything finds the pods. */
  private selectorOf({ selector }: MicroserviceReleaseProps): Readonly<Record<string, string>> {
    return selector ?? selectorLabels(this.name);
  }

  /** Plain data: the generated classes drop fields that their version of Kubernetes does not have. */
  private workloadSpec(
    props: MicroserviceReleaseProps,
    configMaps: readonly { name: string; mountPath: string; subPath?: string }[],
    autoscaled: boolean,
  ): object {
    const selector = { matchLabels: this.selectorOf(props) };
    const replicas = props.canaried || autoscaled || !isScaled(this.kind) ? undefined : props.replicas;
    const template = this.podTemplate(props, configMaps);
    if (this.kind === 'deployment')
      return {
        replicas,
        progressDeadlineSeconds: props.progressDeadlineSeconds,
        minReadySeconds: props.minReadySeconds,
        revisionHistoryLimit: props.revisionHistoryLimit,
        strategy: props.strategy,
        selector,
        template,
      };
    return kindSpec(this.kind, props, {
      name: this.name,
      replicas,
      selector,
      template,
      hasService: this.ports.length > 0 && props.service !== false,
    });
  }

  private podTemplate(
    props: MicroserviceReleaseProps,
    configMaps: readonly { name: string; mountPath: string; subPath?: string }[],
  ): { metadata: object; spec: Record<string, unknown> } {
    const { name } = this;
    const security = props.securityContext ?? {};
    const parts: ContainerParts = {
      env: envVars,
      resources,
      probe: (wanted, ports) => this.probe(wanted, ports),
      security: containerSecurityOf(props),
    };
    const volumes = props.volumes ?? [];
    const mounts = [
      ...volumes.flatMap(mountsOf),
      ...configMaps.map(({ name: config, mountPath, subPath }) => ({
        name: config,
        mountPath,
        readOnly: true,
        subPath,
      })),
      ...claimMounts(props.statefulSet),
    ];
    const main = {
      name: 'server',
      image: props.image,
      imagePullPolicy: props.imagePullPolicy,
      command: props.command,
      args: props.args,
      ports: this.containerPorts(props),
      env: envVars(props.env, props.container?.envOrder),
      resources: resources(props.resources),
      readinessProbe: this.probe(props.probes?.readiness, undefined, props.container?.ports),
      livenessProbe: this.probe(props.probes?.liveness, undefined, props.container?.ports),
      startupProbe: this.probe(props.probes?.startup, undefined, props.container?.ports),
      securityContext: parts.security,
      volumeMounts: mounts.length > 0 ? mounts : undefined,
    };
    const spec = {
      serviceAccountName: props.serviceAccount?.name ?? (props.serviceAccount?.create === false ? undefined : name),
      automountServiceAccountToken: tokenField(props.serviceAccount?.automountToken),
      terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
      priorityClassName: props.priorityClassName,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: security.runAsUser ?? 1000,
        runAsGroup: security.runAsGroup ?? 1000,
        fsGroup: security.fsGroup ?? 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      initContainers: props.initContainers?.map((init) => containerOf(init, parts)),
      containers: [
        withContainer(main, props.container),
        ...(props.containers ?? []).map((container) => containerOf(container, parts)),
      ],
      volumes:
        volumes.length + configMaps.length > 0 || props.canaried
          ? [
              ...volumes.map(volumeOf),
              ...configMaps.map((config) => ({ name: config.name, configMap: { name: config.name } })),
              // Not optional: for Flagger, an optional ConfigMap that cannot be read just now has changed.
              ...(props.canaried ? [{ name: RELEASE_VOLUME, configMap: { name: releaseConfigName(name) } }] : []),
            ]
          : undefined,
      nodeSelector: props.nodeSelector,
      affinity: props.affinity,
      tolerations: props.tolerations,
      topologySpreadConstraints: props.topologySpread?.map((spread) => ({
        labelSelector: { matchLabels: this.selectorOf(props) },
        ...spread,
      })),
    };
    return {
      metadata: {
        // A selector of somebody's own: its pods run already, and each further label would replace them.
        labels: props.selector
          ? { ...props.podLabels, ...props.selector }
          : { 'app.kubernetes.io/name': name, ...props.podLabels, ...selectorLabels(name) },
        annotations: props.podAnnotations && sortedEntries(props.podAnnotations),
      },
      spec: withPod(spec, props.pod),
    };
  }

  private serviceSpec(props: MicroserviceReleaseProps): {
    readonly ports: readonly object[];
    readonly [field: string]: unknown;
  } {
    const { name: _, selector, ...fields } = props.service || {};
    return {
      type: 'ClusterIP',
      ...fields,
      selector: selector ?? this.selectorOf(props),
      ports: this.ports.map(
        ({ name, port, targetPort, targetPortName, protocol, transport = 'TCP', nodePort, appProtocol }) => ({
          name,
          port,
          targetPort: targetPortName ?? targetPort,
          protocol: transport,
          nodePort,
          // The protocols of a mesh run over TCP.
          appProtocol: appProtocol === false || transport !== 'TCP' ? undefined : (appProtocol ?? protocol),
        }),
      ),
    };
  }

  /** Those that the ports of the Service ask for, and that no container lists itself. */
  private containerPorts(props: MicroserviceReleaseProps): object[] | undefined {
    const listed = new Set(
      [props.container, ...(props.containers ?? []), ...(props.initContainers ?? [])].flatMap((container) =>
        (container?.ports ?? []).map(({ containerPort, protocol = 'TCP' }) => `${containerPort}/${protocol}`),
      ),
    );
    const byNumber = new Map(
      this.ports
        .map((port) => [`${port.targetPort}/${port.transport ?? 'TCP'}`, port] as const)
        .filter(([number]) => !listed.has(number))
        .reverse(),
    );
    if (byNumber.size === 0) return undefined;
    return [...byNumber.values()]
      .reverse()
      .map(({ name, targetPort, targetPortName, isNamelessInContainer, transport = 'TCP' }) => ({
        name: targetPortName ?? (isNamelessInContainer ? undefined : name),
        containerPort: targetPort,
        protocol: transport,
      }));
  }

  /**
   * @param own the ports of a further container, where the probe is not the main one's
   * @param listed what the main container lists besides the ports of the Service
   */
  private probe(
    props: ProbeProps | undefined,
    own?: readonly ContainerPort[],
    listed: readonly ContainerPort[] = [],
  ): object | undefined {
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
        host: http.host,
        port: port(http.port),
        scheme: http.scheme,
        httpHeaders:
          http.headers && Object.entries(sortedEntries(http.headers)).map(([name, value]) => ({ name, value })),
      },
      grpc: grpc && { port: this.portNumber(port(grpc.port), own, listed), service: grpc.service },
      tcpSocket: tcp && { host: tcp.host, port: port(tcp.port) },
      exec,
    };
  }

  /** gRPC probes take numbers only. @see kubernetes.io/docs/reference/kubernetes-api v1.GRPCAction */
  private portNumber(
    port: number | string,
    own: readonly ContainerPort[] | undefined,
    listed: readonly ContainerPort[],
  ): number {
    if (typeof port === 'number') return port;
    const ofContainer = (own ?? listed).find(({ name }) => name === port)?.containerPort;
    if (ofContainer !== undefined) return ofContainer;
    const named = own ? undefined : this.ports.find(({ name, targetPortName }) => (targetPortName ?? name) === port);
    if (!named) throw new Error(`${this.name}: a probe names the port "${port}", which the workload does not have`);
    return named.targetPort;
  }
}

/** Left out where the pods leave it to the account. */
const tokenField = (token: boolean | 'account' = false): boolean | undefined =>
  token === 'account' ? undefined : token;

/** What Pod Security `restricted` asks of a container, and a read-only root file system. */
function containerSecurityOf({ securityContext = {} }: MicroserviceReleaseProps): object {
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
  if (props.selector === undefined && props.podLabels?.app !== undefined && props.podLabels.app !== name)
    wrong.push(`podLabels.app is "${props.podLabels.app}"; the selector needs "${name}"`);
  if (props.canaried && props.volumes?.some((one) => one.name === RELEASE_VOLUME)) {
    wrong.push(`the volume name "${RELEASE_VOLUME}" is taken; name the volume otherwise`);
  }
  if (
    props.canaried &&
    props.service !== undefined &&
    (props.service === false || props.service.name !== undefined || props.service.selector !== undefined)
  )
    wrong.push(
      'service: a canaried workload has a Service of its own name and selector, which Flagger points at the primary',
    );
  if (props.canaried && props.disruptionBudget?.selector !== undefined)
    wrong.push('disruptionBudget.selector: with a canary there are two budgets, each with the selector of its pods');
  for (const field of ['strategy', 'minReadySeconds', 'revisionHistoryLimit'] as const)
    if (props[field] !== undefined && (props.kind ?? 'deployment') !== 'deployment')
      wrong.push(`${field} says what only kind "deployment" has, and kind is "${props.kind}"`);
  if (props.replicas !== undefined && props.autoscaling) wrong.push('replicas and autoscaling exclude each other');
  if (props.autoscaling && props.autoscaling.minReplicas > props.autoscaling.maxReplicas) {
    wrong.push(
      `autoscaling: minReplicas ${props.autoscaling.minReplicas} is above maxReplicas ${props.autoscaling.maxReplicas}`,
    );
  }
  for (const [kind, probe] of Object.entries(props.probes ?? {})) {
    const handlers = [probe?.http, probe?.grpc, probe?.tcp, probe?.exec].filter((handler) => handler !== undefined);
    const wanted = probe?.http?.port ?? probe?.grpc?.port ?? probe?.tcp?.port;
    const names = probePortNames(props.ports ?? [], props.container?.ports ?? []);
    if (typeof wanted === 'string' && !names.includes(wanted))
      wrong.push(
        `probes.${kind} names the port "${wanted}", which the workload does not have: there is ${names.join(', ') || 'none'}`,
      );
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
): object {
  const { cpuUtilizationPercent, memoryUtilizationPercent, scaleDownStabilizationSeconds, metrics, behavior } = props;
  const isNone = memoryUtilizationPercent === undefined && metrics === undefined;
  const cpu = cpuUtilizationPercent ?? (isNone ? 80 : undefined);
  const target = (resource: string, averageUtilization: number): object => ({
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
      ...(metrics ?? []),
    ],
    behavior:
      behavior ??
      (scaleDownStabilizationSeconds === undefined
        ? undefined
        : { scaleDown: { stabilizationWindowSeconds: scaleDownStabilizationSeconds } }),
  };
}

function envVars(
  env: Readonly<Record<string, EnvValue>> | undefined,
  wanted: readonly string[] = [],
): object[] | undefined {
  const values = env ?? {};
  const first = wanted.filter((name) => Object.hasOwn(values, name));
  const rest = Object.keys(values).filter((name) => !first.includes(name));
  const order = [
    ...first,
    ...expansionOrder(rest, (name) => {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    }).order,
  ];
  if (order.length === 0) return undefined;
  return order.map((name) => {
    const value = values[name]!;
    if (typeof value === 'string') return { name, value };
    if ('secretKeyRef' in value) return { name, valueFrom: { secretKeyRef: value.secretKeyRef } };
    if ('configMapKeyRef' in value) return { name, valueFrom: { configMapKeyRef: value.configMapKeyRef } };
    if ('resourceFieldRef' in value) return { name, valueFrom: { resourceFieldRef: value.resourceFieldRef } };
    return { name, valueFrom: { fieldRef: { fieldPath: value.fieldPath } } };
  });
}

function resources(props: Resources | undefined): object | undefined {
  if (!props) return undefined;
  const list = (quantities: Resources['requests']) => quantities && sortedEntries(quantities);
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

function sortedEntries<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, record[key]!]),
  );
}
