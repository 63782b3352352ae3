import { at, booleanAt, type Fields, fieldsAt, type KubeObject, listAt, numberAt, textAt, textMapAt } from '../kube';
import type { Analysis } from './analysis';
import { defaults } from './facts';
import { providerOf } from './providers';
import { serviceNames } from './service-names';

/** What Flagger knows when it makes the objects of one Canary. */
export interface MadeObjectsInput {
  readonly canary: KubeObject;
  readonly provider: string;
  readonly analysis: Analysis;
  /** The target as it stands in Git: Deployment or DaemonSet; absent when it is not there or is a Service. */
  readonly target?: KubeObject;
  /** Labels that Flagger tries in turn. @default app, name, app.kubernetes.io/name */
  readonly selectorLabels?: readonly string[];
  /** The HorizontalPodAutoscaler or ScaledObject of `autoscalerRef`, when it is there. */
  readonly scaler?: KubeObject;
  /** ConfigMaps and Secrets that Flagger copies for the primary. */
  readonly configs?: readonly KubeObject[];
}

/** The label by which Flagger selects pods: the first of its list that the target's `matchLabels` has. @see deployment_controller.go getSelectorLabel */
export function selectorLabel(
  target: KubeObject,
  labels: readonly string[] = defaults.selectorLabels,
): { readonly key: string; readonly value: string } | undefined {
  const matchLabels = textMapAt(target, 'spec', 'selector', 'matchLabels');
  for (const key of labels) {
    const value = Object.hasOwn(matchLabels, key) ? matchLabels[key] : undefined;
    if (value !== undefined) return { key, value };
  }
  return undefined;
}

/** A port of a Service that Flagger makes. */
export interface MadePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number | string;
  readonly protocol: 'TCP';
  readonly appProtocol?: string;
}

/** Containers whose ports are never discovered. @see fluxcd/flagger v1.44 pkg/canary/util.go sidecars */
const sidecars = new Set(['istio-proxy', 'envoy']);

/**
 * The ports of the three Services, `service.port` first, discovered ones by name. Two may clash: the API server then refuses the Service.
 * @see fluxcd/flagger v1.44 pkg/canary/util.go getPorts, pkg/router/kubernetes_default.go reconcileService
 */
export function servicePorts(canary: KubeObject, target?: KubeObject): MadePort[] {
  const service = fieldsAt(canary, 'spec', 'service');
  const port = numberAt(service, 'port') ?? 0;
  const written = at(service, 'targetPort');
  const targetPort =
    (typeof written === 'number' || typeof written === 'string') && String(written) !== '0' ? written : undefined;
  const appProtocol = textAt(service, 'appProtocol');
  const name = textAt(service, 'portName') || defaults.portName;
  const main: MadePort = appProtocol
    ? { name, port, targetPort: targetPort ?? port, protocol: 'TCP', appProtocol }
    : { name, port, targetPort: targetPort ?? port, protocol: 'TCP' };
  if (!booleanAt(service, 'portDiscovery') || !target) return [main];
  const discovered = new Map<string, number>();
  for (const container of listAt(target, 'spec', 'template', 'spec', 'containers')) {
    const containerName = textAt(container, 'name') ?? '';
    if (sidecars.has(containerName)) continue;
    listAt(container, 'ports').forEach((item, index) => {
      const number = numberAt(item, 'containerPort') ?? 0;
      const name = textAt(item, 'name');
      const isMain =
        targetPort === undefined
          ? number === port
          : typeof targetPort === 'number'
            ? number === targetPort
            : name === targetPort;
      if (!isMain) discovered.set(name || `tcp-${containerName}-${index}`, number);
    });
  }
  const rest = [...discovered].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    main,
    ...rest.map(([name, number]): MadePort => ({ name, port: number, targetPort: number, protocol: 'TCP' })),
  ];
}

/** The kinds of what Flagger makes or overwrites. */
export const madeKinds = [
  'Deployment',
  'DaemonSet',
  'ConfigMap',
  'Secret',
  'HorizontalPodAutoscaler',
  'ScaledObject',
  'Service',
  'VirtualService',
  'DestinationRule',
  'HTTPRoute',
] as const;
/** A kind of which Flagger makes objects. */
export type MadeKind = (typeof madeKinds)[number];

/** What Flagger makes of a kind, without the making: the version of its API, and the names. */
export interface MadeIdentities {
  readonly apiVersion: string;
  readonly names: readonly string[];
}

const nothing: MadeIdentities = { apiVersion: '', names: [] };

/** Which objects of a kind Flagger makes or overwrites once a Canary is initialized; ConfigMaps and Secrets: copies of `configs`. */
export function madeIdentities(kind: MadeKind, input: MadeObjectsInput): MadeIdentities {
  const { canary, target, provider, scaler } = input;
  const isOfService = textAt(canary, 'spec', 'targetRef', 'kind') === 'Service';
  switch (kind) {
    case 'Deployment':
    case 'DaemonSet': {
      const isMade = target?.kind === kind && !isOfService && selectorLabel(target, input.selectorLabels) !== undefined;
      return isMade ? { apiVersion: target.apiVersion, names: [`${target.metadata.name}-primary`] } : nothing;
    }
    case 'ConfigMap':
    case 'Secret':
      return { apiVersion: 'v1', names: copiesOf(kind, input).map(({ metadata }) => metadata.name) };
    case 'HorizontalPodAutoscaler':
    case 'ScaledObject':
      return scaler?.kind === kind && !isOfService
        ? { apiVersion: scaler.apiVersion, names: [`${scaler.metadata.name}-primary`] }
        : nothing;
    case 'Service': {
      if (provider === 'knative') return nothing;
      const { apex, primary, canary: own } = serviceNames(canary);
      return { apiVersion: 'v1', names: [apex, primary, own] };
    }
    default: {
      const route = routeOf(kind, provider);
      return route ? { apiVersion: route.apiVersion(provider), names: route.names(canary) } : nothing;
    }
  }
}

/** Copies of what somebody else writes are not made: only their names are known. */
const routeOf = (kind: MadeKind, provider: string) =>
  providerOf(provider).routes.find((route) => route.kind === kind && route.make !== undefined);

/** The objects of `madeIdentities`, as the cluster then holds them between two rollouts. */
export function madeObjects(kind: MadeKind, input: MadeObjectsInput): readonly KubeObject[] {
  return madeIdentities(kind, input).names.length === 0 ? [] : make(kind, input);
}

function make(kind: MadeKind, input: MadeObjectsInput): readonly KubeObject[] {
  const { canary, target, scaler } = input;
  const label = target && selectorLabel(target, input.selectorLabels);
  switch (kind) {
    case 'Deployment':
    case 'DaemonSet':
      return target && label ? [primaryWorkload(target, label, input)] : [];
    case 'ConfigMap':
    case 'Secret':
      return copiesOf(kind, input);
    case 'HorizontalPodAutoscaler':
    case 'ScaledObject':
      return scaler ? [primaryScaler(scaler, canary)] : [];
    case 'Service':
      return services(canary, target, label);
    default: {
      const { provider, analysis } = input;
      return routeOf(kind, provider)?.make?.({ canary, value: provider, analysis }) ?? [];
    }
  }
}

function copiesOf(kind: MadeKind, { configs = [] }: MadeObjectsInput): KubeObject[] {
  return configs
    .filter((config) => config.kind === kind)
    .map((config) => {
      const { labels: _, annotations: __, ...metadata } = config.metadata;
      return { ...config, metadata: { ...metadata, name: `${metadata.name}-primary` } };
    });
}

/** Pod labels of the primary: all are kept but the selector's, and those of Flux are dropped. @see pkg/canary/util.go makePrimaryLabels */
export function primaryLabels(
  labels: Readonly<Record<string, string>>,
  label: { key: string; value: string },
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const key in labels) if (!key.includes('toolkit.fluxcd.io')) kept[key] = labels[key]!;
  kept[label.key] = `${label.value}-primary`;
  return kept;
}

/** @see fluxcd/flagger v1.44 pkg/canary/deployment_controller.go createPrimaryDeployment */
function primaryWorkload(
  target: KubeObject,
  label: { key: string; value: string },
  input: MadeObjectsInput,
): KubeObject {
  const template = fieldsAt(target, 'spec', 'template');
  const copied = new Set((input.configs ?? []).map((config) => `${config.kind}/${config.metadata.name}`));
  const spec = fieldsAt(target, 'spec');
  const replicas = numberAt(spec, 'replicas');
  const selected = { [label.key]: `${label.value}-primary` };
  const made: Record<string, unknown> = { ...spec };
  if (target.kind === 'Deployment') made.replicas = replicas !== undefined && replicas > 0 ? replicas : 1;
  made.selector = { matchLabels: selected };
  made.template = {
    ...template,
    metadata: {
      ...fieldsAt(template, 'metadata'),
      labels: primaryLabels(textMapAt(template, 'metadata', 'labels'), label),
    },
    spec: primaryPodSpec(
      fieldsAt(template, 'spec'),
      target.metadata.name,
      input.selectorLabels ?? defaults.selectorLabels,
      copied,
    ),
  };
  const { annotations, namespace = '' } = target.metadata;
  const name = `${target.metadata.name}-primary`;
  return {
    apiVersion: target.apiVersion,
    kind: target.kind,
    metadata: annotations ? { name, namespace, labels: selected, annotations } : { name, namespace, labels: selected },
    spec: made,
  };
}

/** @see fluxcd/flagger v1.44 deployment_controller.go appendPrimarySuffixToValuesIfNeeded, config_tracker.go ApplyPrimaryConfigs */
function primaryPodSpec(
  spec: Fields,
  targetName: string,
  labels: readonly string[],
  copied: ReadonlySet<string>,
): Fields {
  const result: Record<string, unknown> = { ...spec };
  if (copied.size > 0) {
    if (spec.volumes !== undefined) result.volumes = renameConfigs(spec.volumes, copied);
    for (const field of ['containers', 'initContainers'])
      if (Array.isArray(spec[field])) result[field] = spec[field].map((item) => renameInContainer(item, copied));
  }
  const rewrite = (selector: unknown): unknown => suffixSelector(selector, targetName, labels);
  if (Array.isArray(spec.topologySpreadConstraints))
    result.topologySpreadConstraints = spec.topologySpreadConstraints.map((item) => ({
      ...fieldsAt(item),
      labelSelector: rewrite(at(item, 'labelSelector')),
    }));
  const anti = fieldsAt(spec, 'affinity', 'podAntiAffinity');
  if (Object.keys(anti).length > 0)
    result.affinity = {
      ...fieldsAt(spec, 'affinity'),
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: listAt(
          anti,
          'requiredDuringSchedulingIgnoredDuringExecution',
        ).map((term) => ({ ...fieldsAt(term), labelSelector: rewrite(at(term, 'labelSelector')) })),
        preferredDuringSchedulingIgnoredDuringExecution: listAt(
          anti,
          'preferredDuringSchedulingIgnoredDuringExecution',
        ).map((term) => ({
          ...fieldsAt(term),
          podAffinityTerm: {
            ...fieldsAt(term, 'podAffinityTerm'),
            labelSelector: rewrite(at(term, 'podAffinityTerm', 'labelSelector')),
          },
        })),
      },
    };
  return result;
}

/** Flagger adds the suffix only where the key is one of its labels and the value is the Deployment's name. */
function suffixSelector(selector: unknown, targetName: string, labels: readonly string[]): unknown {
  const suffix = (value: unknown) => (value === targetName ? `${targetName}-primary` : value);
  const result: Record<string, unknown> = { ...fieldsAt(selector) };
  if (result.matchLabels !== undefined)
    result.matchLabels = Object.fromEntries(
      Object.entries(fieldsAt(selector, 'matchLabels')).map(([key, value]) => [
        key,
        labels.includes(key) ? suffix(value) : value,
      ]),
    );
  if (Array.isArray(result.matchExpressions))
    result.matchExpressions = result.matchExpressions.map((item) =>
      labels.includes(textAt(item, 'key') ?? '')
        ? { ...fieldsAt(item), values: listAt(item, 'values').map(suffix) }
        : item,
    );
  return result;
}

const configFields: Readonly<Record<string, readonly [kind: string, nameField: string]>> = {
  configMap: ['ConfigMap', 'name'],
  configMapKeyRef: ['ConfigMap', 'name'],
  configMapRef: ['ConfigMap', 'name'],
  secretKeyRef: ['Secret', 'name'],
  secretRef: ['Secret', 'name'],
};

function renameInContainer(container: unknown, copied: ReadonlySet<string>): unknown {
  const { env, envFrom } = fieldsAt(container);
  if (env === undefined && envFrom === undefined) return container;
  const [ownEnv, ownEnvFrom] = [renameConfigs(env, copied), renameConfigs(envFrom, copied)];
  if (ownEnv === env && ownEnvFrom === envFrom) return container;
  return {
    ...fieldsAt(container),
    ...(env === undefined ? {} : { env: ownEnv }),
    ...(envFrom === undefined ? {} : { envFrom: ownEnvFrom }),
  };
}

/** What names none of them stays the same value: most of a pod does. */
function renameConfigs(value: unknown, copied: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    let list: unknown[] | undefined;
    for (const [index, item] of value.entries()) {
      const renamed = renameConfigs(item, copied);
      if (renamed === item) continue;
      list ??= [...value];
      list[index] = renamed;
    }
    return list ?? value;
  }
  let result: Record<string, unknown> | undefined;
  for (const key in value) {
    const child: unknown = (value as Fields)[key];
    const renamed = renameConfig(key, child, copied);
    if (renamed === child) continue;
    result ??= { ...value };
    result[key] = renamed;
  }
  return result ?? value;
}

function renameConfig(key: string, child: unknown, copied: ReadonlySet<string>): unknown {
  // A Secret is named `secretName` in a volume and `name` in a projected one.
  const [kind, nameField] =
    key === 'secret'
      ? ['Secret', textAt(child, 'secretName') === undefined ? 'name' : 'secretName']
      : (configFields[key] ?? []);
  const name = nameField === undefined ? undefined : textAt(child, nameField);
  if (nameField !== undefined && name !== undefined && copied.has(`${kind}/${name}`))
    return { ...fieldsAt(child), [nameField]: `${name}-primary` };
  return renameConfigs(child, copied);
}

/** @see fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go, scaled_object_reconciler.go */
function primaryScaler(scaler: KubeObject, canary: KubeObject): KubeObject {
  const override = fieldsAt(canary, 'spec', 'autoscalerRef', 'primaryScalerReplicas');
  const [min, max] =
    scaler.kind === 'ScaledObject'
      ? (['minReplicaCount', 'maxReplicaCount'] as const)
      : (['minReplicas', 'maxReplicas'] as const);
  const spec = fieldsAt(scaler, 'spec');
  const minimum = numberAt(override, 'minReplicas') ?? numberAt(spec, min);
  const maximum = numberAt(override, 'maxReplicas') ?? numberAt(spec, max);
  const target = textAt(canary, 'spec', 'targetRef', 'name') ?? '';
  const made: Record<string, unknown> = {
    ...spec,
    scaleTargetRef: { ...fieldsAt(spec, 'scaleTargetRef'), name: `${target}-primary` },
  };
  if (minimum !== undefined) made[min] = minimum;
  if (maximum !== undefined) made[max] = maximum;
  return { ...scaler, metadata: { ...scaler.metadata, name: `${scaler.metadata.name}-primary` }, spec: made };
}

/** @see fluxcd/flagger v1.44 pkg/router/kubernetes_default.go */
function services(
  canary: KubeObject,
  target: KubeObject | undefined,
  label: { key: string; value: string } | undefined,
): KubeObject[] {
  const names = serviceNames(canary);
  const ports = servicePorts(canary, target);
  const service = fieldsAt(canary, 'spec', 'service');
  const isHeadless = booleanAt(service, 'headless') ?? false;
  const namespace = canary.metadata.namespace ?? '';
  const make = (role: 'apex' | 'primary' | 'canary', podLabelValue: string): KubeObject => {
    const metadata = fieldsAt(service, role);
    const labels: Record<string, string> = { ...textMapAt(metadata, 'labels') };
    // Fields are set one after the other: a literal with conditional parts takes several times as long.
    const spec: Record<string, unknown> = { type: 'ClusterIP' };
    if (label) {
      labels[label.key] = names[role];
      spec.selector = { [label.key]: podLabelValue };
    }
    spec.ports = ports;
    if (isHeadless) spec.clusterIP = 'None';
    const annotations = textMapAt(metadata, 'annotations');
    return { apiVersion: 'v1', kind: 'Service', metadata: { name: names[role], namespace, labels, annotations }, spec };
  };
  const value = label?.value ?? '';
  return [make('apex', `${value}-primary`), make('primary', `${value}-primary`), make('canary', value)];
}
