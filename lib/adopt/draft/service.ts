import { isDeepStrictEqual } from 'node:util';
import {
  type Fields,
  fieldsAt,
  isFields,
  type KubeObject,
  numberAt,
  textAt,
  textMapAt,
  VOLUME_SOURCES,
} from '../../kube';
import { accountOf, itemsAt, type ServiceObjects } from '../group';
import { apexPort, canaryOf } from './canary';
import {
  containerPortsOf,
  envOf,
  furtherContainer,
  imageText,
  mainContainer,
  mountsOf,
  podOf,
  probesOf,
  resourcesOf,
  type TextReference,
} from './container';
import { compact, type Draft, isNothing, pick, textMap } from './pick';
import { guessProtocol } from './protocol';

/** A service of the catalog, and what could only be guessed. */
export interface ServiceDraft {
  readonly service: Draft & { readonly name: string };
  readonly guesses: readonly ProtocolNote[];
  /** The workload's own Service and the further ones: typed, not raw. */
  readonly typed: readonly KubeObject[];
}

/** A protocol that no manifest tells. */
export interface ProtocolNote {
  readonly service: string;
  readonly port: number;
}

/** What the draft must know of everything around it. */
export interface DraftContext {
  /** The namespace of most services: others say their own. */
  readonly namespace: string;
  readonly reference: TextReference;
  /** Protocols that somebody has said: `cart:7070`. */
  readonly protocols?: Readonly<Record<string, string>>;
}

const KIND_WORDS = {
  Deployment: 'deployment',
  StatefulSet: 'statefulset',
  DaemonSet: 'daemonset',
  Job: 'job',
  CronJob: 'cronjob',
} as const;

/** The service that makes these objects, as far as the catalog can say it. What it cannot say, the comparison finds. */
export function draftService(group: ServiceObjects, context: DraftContext): ServiceDraft {
  const { workload, template } = group;
  const { name } = workload.metadata;
  const podSpec = fieldsAt(template, 'spec');
  const containers = itemsAt(podSpec, 'containers');
  const own = ownServiceOf(group);
  const isThere = own !== undefined && group.services.includes(own);
  const mainIndex = mainContainerOf(group, own, containers);
  const main = containers[mainIndex] ?? {};
  const guesses: ProtocolNote[] = [];
  const ports = own ? portsOf(own, group, containers, context, guesses) : [];
  const listed = listedPorts(main, ports);
  const typed = group.services.filter((service) => service !== own || ports.length > 0);
  const further = typed.filter((service) => service !== own).map((service) => furtherService(service, group));

  const service: Draft & { name: string } = {
    name: group.name,
    ...(group.name === name ? {} : { workloadName: name }),
    ...(context.namespace === group.namespace || group.namespace === '' ? {} : { namespace: group.namespace }),
    ...(group.kind === 'Deployment' ? {} : { kind: KIND_WORDS[group.kind] }),
    image: imageText(main),
    ...pick(main, 'imagePullPolicy', 'command', 'args'),
    ...(ports.length === 0 ? {} : { ports }),
    ...compact({
      env: envOf(main, context.reference),
      resources: resourcesOf(main),
      probes: probesOf(main),
    }),
    ...scalingOf(group),
    ...accountFields(group),
    ...volumesOf(group, podSpec, main),
    ...compact({
      initContainers: itemsAt(podSpec, 'initContainers').map((one) => furtherContainer(one, context.reference)),
      containers: containers
        .filter((_, index) => index !== mainIndex)
        .map((one) => furtherContainer(one, context.reference)),
      container: mainContainer(main, listed),
      pod: podOf(podSpec),
    }),
    ...kindFields(group, main),
    ...selectorOf(group),
    ...compact({
      service:
        own && ports.length > 0
          ? isThere
            ? ownService(own, group)
            : undefined
          : group.services.length > 0
            ? false
            : undefined,
      services: further,
      nodeSelector: textMap(podSpec.nodeSelector),
      affinity: podSpec.affinity,
      tolerations: tolerationsOf(podSpec),
      topologySpread: spreadOf(podSpec, group),
    }),
    ...budgetOf(group),
    ...metadataOf(group, isThere ? own : undefined, context),
    ...(group.canary && { canary: canaryOf(group.canary) }),
    ...pick(podSpec, 'terminationGracePeriodSeconds', 'priorityClassName'),
  };
  if (own === undefined && group.services.length > 0 && service.services === undefined) delete service.service;
  return { service, guesses, typed };
}

/** The container that the Services lead to; the first one where none does. */
function mainContainerOf(
  { services, workload }: ServiceObjects,
  own: KubeObject | undefined,
  containers: readonly Fields[],
): number {
  for (const service of own ? [own, ...services] : services)
    for (const port of itemsAt(service.spec, 'ports')) {
      const target = port.targetPort ?? port.port;
      const index = containers.findIndex((container) =>
        itemsAt(container, 'ports').some((one) => one.name === target || one.containerPort === target),
      );
      if (index >= 0) return index;
    }
  const named = containers.findIndex((container) => container.name === workload.metadata.name);
  return Math.max(named, 0);
}

/** The Service that becomes the service's own: of its name, else the first with ports that is no headless one. */
export function ownServiceOf({ services, workload, canary }: ServiceObjects): KubeObject | undefined {
  // Flagger makes the Service of a canaried workload, under its name.
  if (canary) return services.find(({ metadata }) => metadata.name === workload.metadata.name) ?? apexService(canary);
  const usable = services.filter(
    (service) => itemsAt(service.spec, 'ports').length > 0 && textAt(service.spec, 'type') !== 'ExternalName',
  );
  return (
    usable.find(({ metadata }) => metadata.name === workload.metadata.name) ??
    usable.find(({ spec }) => textAt(spec, 'clusterIP') !== 'None') ??
    usable[0]
  );
}

/** The Service that Flagger makes for a Canary, as far as the catalog has to know it. */
function apexService(canary: KubeObject): KubeObject | undefined {
  const port = apexPort(canary);
  const { name, namespace } = canary.metadata;
  return (
    port && {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, ...(namespace !== undefined && { namespace }) },
      spec: { ports: [port] },
    }
  );
}

function portsOf(
  own: KubeObject,
  group: ServiceObjects,
  containers: readonly Fields[],
  context: DraftContext,
  guesses: ProtocolNote[],
): Draft[] {
  const service = group.name;
  return itemsAt(own.spec, 'ports').flatMap((port): Draft[] => {
    const number = numberAt(port, 'port');
    if (number === undefined) return [];
    const target = port.targetPort;
    const transport = textAt(port, 'protocol') ?? 'TCP';
    const targetPort =
      typeof target === 'number' && target !== 0
        ? target
        : typeof target === 'string' && target !== ''
          ? (containerPort(containers, target) ?? number)
          : number;
    const guess = guessProtocol(port, targetPort, group.template);
    const said = context.protocols?.[`${service}:${number}`];
    if (guess.because === undefined && said === undefined && transport === 'TCP')
      guesses.push({ service, port: number });
    const appProtocol = textAt(port, 'appProtocol');
    const protocol = said ?? guess.protocol;
    return [
      {
        ...pick(port, 'name'),
        port: number,
        ...(targetPort === number ? {} : { targetPort }),
        ...(typeof target === 'string' && target !== '' ? { targetPortName: target } : {}),
        protocol,
        ...(transport === 'TCP' ? {} : { transport }),
        ...(isNothing(port.nodePort) || port.nodePort === 0 ? {} : { nodePort: port.nodePort }),
        ...(transport !== 'TCP' ? {} : appProtocol === protocol ? {} : { appProtocol: appProtocol ?? false }),
      },
    ];
  });
}

function containerPort(containers: readonly Fields[], name: string): number | undefined {
  for (const container of containers)
    for (const port of itemsAt(container, 'ports')) if (port.name === name) return numberAt(port, 'containerPort');
  return undefined;
}

/** Ports of the main container, where they are not just those that its Service asks for. */
function listedPorts(main: Fields, ports: readonly Draft[]): Draft[] {
  const listed = containerPortsOf(main);
  const derived = new Map<unknown, Draft>();
  for (const port of ports)
    if (!derived.has(port.targetPort ?? port.port))
      derived.set(port.targetPort ?? port.port, {
        name: port.targetPortName ?? port.name,
        containerPort: port.targetPort ?? port.port,
        ...(port.transport === undefined ? {} : { protocol: port.transport }),
      });
  return listed.filter((port) => !isDeepStrictEqual(port, derived.get(port.containerPort)));
}

const SERVICE_FIELDS = [
  'type',
  'clusterIP',
  'sessionAffinity',
  'sessionAffinityConfig',
  'externalTrafficPolicy',
  'internalTrafficPolicy',
  'trafficDistribution',
  'loadBalancerClass',
  'loadBalancerIP',
  'loadBalancerSourceRanges',
  'allocateLoadBalancerNodePorts',
  'externalIPs',
  'externalName',
  'healthCheckNodePort',
  'ipFamilies',
  'ipFamilyPolicy',
  'publishNotReadyAddresses',
];
/** What the API server writes into every Service. */
const SERVICE_DEFAULTS: Readonly<Record<string, unknown>> = {
  type: 'ClusterIP',
  sessionAffinity: 'None',
  internalTrafficPolicy: 'Cluster',
  publishNotReadyAddresses: false,
};

function serviceFields(service: KubeObject): Draft {
  return Object.fromEntries(
    Object.entries(pick(service.spec, ...SERVICE_FIELDS)).filter(
      ([name, value]) => value !== SERVICE_DEFAULTS[name] && !isNothing(value),
    ),
  );
}

function ownService(service: KubeObject, { workload, ...group }: ServiceObjects): Draft | undefined {
  const selector = textMapAt(service.spec, 'selector');
  return compact({
    ...(service.metadata.name === workload.metadata.name ? {} : { name: service.metadata.name }),
    ...(isDeepStrictEqual(selector, matchLabelsOf({ workload, ...group })) ? {} : { selector }),
    ...serviceFields(service),
  });
}

function furtherService(service: KubeObject, group: ServiceObjects): Draft {
  const selector = textMapAt(service.spec, 'selector');
  const ports = itemsAt(service.spec, 'ports').map((port) => ({
    ...pick(port, 'name', 'port', 'targetPort'),
    ...(isNothing(port.protocol) || port.protocol === 'TCP' ? {} : { protocol: port.protocol }),
    ...pick(port, 'nodePort', 'appProtocol'),
  }));
  return {
    name: service.metadata.name,
    ...compact({
      ports,
      labels: textMapAt(service.metadata, 'labels'),
      annotations: textMapAt(service.metadata, 'annotations'),
    }),
    ...(isDeepStrictEqual(selector, matchLabelsOf(group)) ? {} : { selector }),
    ...serviceFields(service),
  };
}

function matchLabelsOf({ workload, podLabels, kind }: ServiceObjects): Readonly<Record<string, string>> {
  const selector = textMapAt(workload.spec, 'selector', 'matchLabels');
  if (Object.keys(selector).length > 0) return selector;
  // Jobs have none: the controller makes one. Their Services find the pods by these labels.
  return kind === 'Job' || kind === 'CronJob' ? podLabels : selector;
}

/** The selector, where it is not the usual one, and the other labels and annotations of the pods. */
function selectorOf(group: ServiceObjects): Draft {
  const { workload, template, podLabels, kind } = group;
  const { name } = workload.metadata;
  const selector = kind === 'Job' || kind === 'CronJob' ? {} : matchLabelsOf(group);
  const isUsual = isDeepStrictEqual(selector, { app: name });
  const isOfJob = Object.keys(selector).length === 0;
  const given: Readonly<Record<string, string>> = isUsual
    ? { app: name, 'app.kubernetes.io/name': name }
    : isOfJob
      ? { app: name, 'app.kubernetes.io/name': name }
      : selector;
  const rest = Object.fromEntries(Object.entries(podLabels).filter(([key, value]) => given[key] !== value));
  // The usual labels would take the place of somebody's own.
  const clashes = (isUsual || isOfJob) && Object.keys(rest).some((key) => key in given);
  const annotations = textMapAt(template, 'metadata', 'annotations');
  if (isOfJob && clashes) return { ...compact({ selector: podLabels, podAnnotations: annotations }) };
  return {
    ...(isUsual && !clashes ? {} : isOfJob ? {} : { selector }),
    ...compact({
      podLabels: clashes
        ? Object.fromEntries(Object.entries(podLabels).filter(([key, value]) => selector[key] !== value))
        : rest,
      podAnnotations: annotations,
    }),
  };
}

function scalingOf({ workload, kind, autoscaler, canary }: ServiceObjects): Draft {
  if (kind !== 'Deployment' && kind !== 'StatefulSet') return {};
  const scaled = autoscaler && autoscalingOf(autoscaler, workload.metadata.name);
  if (scaled) return { autoscaling: scaled };
  const replicas = numberAt(workload.spec, 'replicas');
  // Flagger scales what a Canary rolls out: one pod needs no word, and none is what it makes of it between rollouts.
  return replicas === undefined || (canary && replicas <= 1) ? {} : { replicas };
}

/** Undefined where the autoscaler has another name than the workload: it then stays as it is. */
function autoscalingOf(autoscaler: KubeObject, name: string): Draft | undefined {
  if (autoscaler.metadata.name !== name) return undefined;
  const { spec } = autoscaler;
  const max = numberAt(spec, 'maxReplicas');
  if (max === undefined) return undefined;
  const old = numberAt(spec, 'targetCPUUtilizationPercentage');
  const metrics = itemsAt(spec, 'metrics').map(currentMetric);
  const utilization = (resource: string) =>
    metrics.find(
      (metric) =>
        textAt(metric, 'resource', 'name') === resource &&
        textAt(metric, 'resource', 'target', 'type') === 'Utilization',
    );
  const cpu = utilization('cpu');
  const memory = utilization('memory');
  const others = metrics.filter((metric) => metric !== cpu && metric !== memory);
  const behavior = fieldsAt(spec, 'behavior');
  return {
    minReplicas: numberAt(spec, 'minReplicas') ?? 1,
    maxReplicas: max,
    ...compact({
      cpuUtilizationPercent: old ?? numberAt(cpu, 'resource', 'target', 'averageUtilization'),
      memoryUtilizationPercent: numberAt(memory, 'resource', 'target', 'averageUtilization'),
      metrics: others,
      behavior,
    }),
  };
}

/** `autoscaling/v2beta1` wrote the target beside the name. @see kubernetes/api v0.25 autoscaling/v2beta1/types.go */
function currentMetric(metric: Fields): Fields {
  const resource = fieldsAt(metric, 'resource');
  if (isNothing(resource) || resource.target !== undefined) return metric;
  const { targetAverageUtilization, targetAverageValue, ...rest } = resource;
  const target =
    targetAverageUtilization === undefined
      ? { type: 'AverageValue', averageValue: targetAverageValue }
      : { type: 'Utilization', averageUtilization: targetAverageUtilization };
  return { ...metric, resource: { ...rest, target } };
}

function accountFields({ template, account, workload }: ServiceObjects): Draft {
  const { name } = workload.metadata;
  const used = accountOf(template);
  // What pods leave to their account is left to it: each further word in their template would replace them.
  const said = fieldsAt(template, 'spec').automountServiceAccountToken;
  const token = said === undefined ? { automountToken: 'account' } : said === true ? { automountToken: true } : {};
  if (used === 'default' || account === undefined)
    return { serviceAccount: { create: false, ...(used === 'default' ? {} : { name: used }), ...token } };
  const ofAccount = account.automountServiceAccountToken;
  const isDerived = said === undefined ? ofAccount === undefined : (ofAccount ?? true) === said;
  return {
    ...compact({
      serviceAccount: compact({
        ...(used === name ? {} : { name: used }),
        annotations: textMapAt(account.metadata, 'annotations'),
        ...token,
        ...(isDerived ? {} : { automountByDefault: ofAccount ?? true }),
        secrets: itemsAt(account, 'secrets').flatMap((secret) => textAt(secret, 'name') ?? []),
        imagePullSecrets: itemsAt(account, 'imagePullSecrets').flatMap((secret) => textAt(secret, 'name') ?? []),
      }),
    }),
  };
}

/** Volumes with their mounts in the main container; what else is mounted there belongs to claim templates. */
function volumesOf({ workload }: ServiceObjects, podSpec: Fields, main: Fields): Draft {
  const claims = new Set(
    itemsAt(workload.spec, 'volumeClaimTemplates').map((claim) => textAt(claim, 'metadata', 'name')),
  );
  const mounts = mountsOf(main).filter(({ name }) => !claims.has(name as string));
  const volumes = itemsAt(podSpec, 'volumes').flatMap((volume): Draft[] => {
    const source = VOLUME_SOURCES.find((name) => isFields(volume[name]));
    const known = source === undefined ? { emptyDir: {} } : { [source]: sourceOf(volume[source] as Fields) };
    // A source that the catalog does not know: a patch brings the volume back.
    if (source === undefined && Object.keys(volume).length > 1) return [];
    const [first, ...rest] = mounts.filter(({ name }) => name === volume.name);
    const { name: _, ...own } = first ?? { name: '' };
    return [
      {
        name: volume.name,
        ...own,
        ...compact({ mounts: rest.map(({ name: __, ...mount }) => mount) }),
        ...known,
      },
    ];
  });
  return volumes.length === 0 ? {} : { volumes };
}

/** Without what says nothing. */
function sourceOf(source: Fields): Draft {
  return Object.fromEntries(
    Object.entries(source).filter(
      ([name, value]) =>
        value !== null && !(name === 'optional' && value === false) && !(name === 'type' && value === ''),
    ),
  );
}

function kindFields({ kind, workload }: ServiceObjects, main: Fields): Draft {
  const spec = fieldsAt(workload, 'spec');
  switch (kind) {
    case 'Deployment':
      return {
        ...compact({ strategy: strategyOf(spec) }),
        ...pick(spec, 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'),
      };
    case 'StatefulSet':
      return { ...compact({ statefulSet: statefulSetOf(workload, main) }) };
    case 'DaemonSet':
      return {
        ...compact({ daemonSet: compact(pick(spec, 'updateStrategy', 'minReadySeconds', 'revisionHistoryLimit')) }),
      };
    case 'Job':
      return { ...compact({ job: jobOf(spec) }) };
    case 'CronJob':
      return {
        cronJob: {
          ...pick(
            spec,
            'schedule',
            'timeZone',
            'concurrencyPolicy',
            'startingDeadlineSeconds',
            'suspend',
            'successfulJobsHistoryLimit',
            'failedJobsHistoryLimit',
          ),
          ...jobOf(fieldsAt(spec, 'jobTemplate', 'spec')),
          ...compact({
            jobLabels: textMapAt(spec, 'jobTemplate', 'metadata', 'labels'),
            jobAnnotations: textMapAt(spec, 'jobTemplate', 'metadata', 'annotations'),
          }),
        },
      };
  }
}

function strategyOf(spec: Fields): Draft | undefined {
  const strategy = fieldsAt(spec, 'strategy');
  return compact({
    ...pick(strategy, 'type'),
    rollingUpdate: strategy.type === 'Recreate' ? undefined : strategy.rollingUpdate,
  });
}

/** Fields of a claim's spec that the catalog has under their names. */
export const CLAIM_FIELDS = ['storageClassName', 'volumeMode', 'selector', 'volumeName', 'volumeAttributesClassName'];

/** What a claim says of its mount itself. */
const CLAIM_MOUNT_FIELDS = ['name', 'mountPath', 'subPath', 'readOnly'];

function statefulSetOf({ metadata, spec }: KubeObject, main: Fields): Draft | undefined {
  const templates = itemsAt(spec, 'volumeClaimTemplates');
  const mounts = mountsOf(main);
  return compact({
    serviceName: textAt(spec, 'serviceName') ?? metadata.name,
    ...pick(spec, 'podManagementPolicy', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy'),
    ordinalsStart: numberAt(spec, 'ordinals', 'start'),
    ...pick(spec, 'minReadySeconds', 'revisionHistoryLimit'),
    volumeClaimTemplates: templates.map((claim) => {
      const name = textAt(claim, 'metadata', 'name') ?? '';
      const own = mounts.filter((mount) => mount.name === name);
      // The claim itself has the usual fields of a mount, its further places have all.
      const isUsual = own[0] !== undefined && Object.keys(own[0]).every((field) => CLAIM_MOUNT_FIELDS.includes(field));
      const further = (isUsual ? own.slice(1) : own).map(({ name: _, ...mount }) => mount);
      const claimSpec = fieldsAt(claim, 'spec');
      return {
        name,
        storage: String(fieldsAt(claimSpec, 'resources', 'requests').storage ?? ''),
        ...(isDeepStrictEqual(claimSpec.accessModes, ['ReadWriteOnce']) ? {} : pick(claimSpec, 'accessModes')),
        ...pick(claimSpec, ...CLAIM_FIELDS),
        ...pick(claim.metadata, 'namespace'),
        ...compact({
          labels: textMapAt(claim, 'metadata', 'labels'),
          annotations: textMapAt(claim, 'metadata', 'annotations'),
        }),
        ...(isUsual ? pick(own[0], 'mountPath', 'subPath', 'readOnly') : {}),
        ...compact({ mounts: further }),
      };
    }),
  });
}

function jobOf(spec: Fields): Draft | undefined {
  const restartPolicy = textAt(spec, 'template', 'spec', 'restartPolicy');
  return compact({
    ...pick(
      spec,
      'completions',
      'parallelism',
      'completionMode',
      'backoffLimit',
      'activeDeadlineSeconds',
      'ttlSecondsAfterFinished',
      'suspend',
      'podFailurePolicy',
    ),
    ...(restartPolicy === 'OnFailure' ? { restartPolicy } : {}),
  });
}

function tolerationsOf(podSpec: Fields): unknown {
  return itemsAt(podSpec, 'tolerations').map((one) =>
    pick(one, 'key', 'operator', 'value', 'effect', 'tolerationSeconds'),
  );
}

function spreadOf(podSpec: Fields, group: ServiceObjects): unknown {
  return itemsAt(podSpec, 'topologySpreadConstraints').map((spread) => {
    const { labelSelector, ...rest } = spread;
    const isOwn = isDeepStrictEqual(labelSelector, { matchLabels: matchLabelsOf(group) });
    return isOwn || labelSelector === undefined ? rest : spread;
  });
}

/** Only a budget of the workload's name: another one stays as it is. */
function budgetOf(group: ServiceObjects): Draft {
  const { budget, workload } = group;
  if (budget === undefined || budget.metadata.name !== workload.metadata.name) return {};
  const selector = fieldsAt(budget.spec, 'selector');
  return {
    disruptionBudget: {
      ...pick(budget.spec, 'minAvailable', 'maxUnavailable', 'unhealthyPodEvictionPolicy'),
      ...(isDeepStrictEqual(selector, { matchLabels: matchLabelsOf(group) }) ? {} : { selector }),
    },
  };
}

/** Labels that are on every object of the service anyway. */
const OWN_LABELS = ['app', 'app.kubernetes.io/name', 'app.kubernetes.io/managed-by', 'app.kubernetes.io/version'];

/** Labels and annotations: of all objects where they are on all, else by kind. */
function metadataOf(group: ServiceObjects, own: KubeObject | undefined, context: DraftContext): Draft {
  const { workload, account, autoscaler, budget } = group;
  const { name } = workload.metadata;
  const ofName = (object: KubeObject | undefined) => (object?.metadata.name === name ? object : undefined);
  const objects = [workload, own, account, ofName(autoscaler), ofName(budget)].filter(
    (object): object is KubeObject => object !== undefined,
  );
  const usual: Readonly<Record<string, string>> = {
    app: name,
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/managed-by': 'aviary',
    'app.kubernetes.io/part-of': context.namespace,
  };
  const [first, ...others] = objects.map((object) => textMapAt(object.metadata, 'labels'));
  const common = Object.fromEntries(
    Object.entries(first ?? {}).filter(
      ([key, value]) =>
        !OWN_LABELS.includes(key) && usual[key] !== value && others.every((labels) => labels[key] === value),
    ),
  );
  const metadata: Record<string, Draft> = {};
  for (const object of objects) {
    const labels = Object.fromEntries(
      Object.entries(textMapAt(object.metadata, 'labels')).filter(
        ([key, value]) => common[key] !== value && usual[key] !== value,
      ),
    );
    const annotations = object === workload || object === account ? {} : textMapAt(object.metadata, 'annotations');
    const said = compact({ labels, annotations });
    if (said) metadata[object.kind] = said;
  }
  return {
    ...compact({ labels: common, annotations: textMapAt(workload.metadata, 'annotations'), metadata }),
  };
}
