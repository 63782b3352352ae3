import { canaryFaults, type Fault, isBuiltinMetric, providerOf, SESSION_AFFINITY_FIELDS } from '../../flagger';
import { at, type Fields, fieldsAt, isFields, listAt, numberAt, textAt, textMapAt } from '../../kube';
import { DURATION_ANNOTATION } from '../labels';
import type { AlertProviderProps } from './alert-provider';
import { Metric } from './metric';
import { MetricStore, type MetricTemplateProps } from './metric-template';
import type { CanarySpecOverlay } from './overlay';
import type { Alert, CanaryAnalysis, CanaryDefaults, CanaryRolloutProps, CanaryService, Webhook } from './props';
import { type GatewayRef, Provider, type TrafficRef } from './provider';
import { Autoscaler, Target } from './target';

/** The props that make a Canary, and how. */
export interface CanaryRolloutReading {
  /** For `new CanaryRollout(chart, id, props)`: gives the same `spec`. */
  readonly props: CanaryRolloutProps;
  /** Fields of the manifest that a typed prop says, as paths: `spec.service.port`. */
  readonly typed: readonly string[];
  /** Fields that go through `props.spec`, as paths. */
  readonly overlay: readonly string[];
  /** What is wrong with the Canary. Faults of severity `warning` stand in `props.allow`; with an error the construct throws. */
  readonly faults: readonly Fault[];
}

/**
 * The inverse of `CanaryRollout`: typed props wherever one exists, and `spec` for the rest. Nothing is added that the manifest does
 * not have (`defaults`), so the construct gives the same `spec`.
 *
 * @throws Error where the manifest is no Canary, or the template of one.
 * @example
 * const { props, overlay } = canaryRolloutProps(manifest);
 * new CanaryRollout(chart, 'frontend', props);
 */
export function canaryRolloutProps(manifest: object): CanaryRolloutReading {
  const { metadata, spec } = flaggerObject(manifest, 'Canary');
  const left = new Remainder(spec);
  const props: Record<string, unknown> = {
    name: textAt(metadata, 'name'),
    namespace: textAt(metadata, 'namespace'),
    provider: provider(left, installedValue(spec)),
    target: target(left, textAt(metadata, 'name')),
    autoscaler: autoscaler(left),
    ...port(left),
    metricsServer: left.take(isText, 'metricsServer'),
    progressDeadlineSeconds: left.take(isNumber, 'progressDeadlineSeconds'),
    skipAnalysis: left.take(isBoolean, 'skipAnalysis'),
    suspend: left.take(isBoolean, 'suspend'),
    revertOnDeletion: left.take(isBoolean, 'revertOnDeletion'),
    timeout: left.take(isText, 'service', 'timeout'),
    retries: left.takeFields(['attempts', 'perTryTimeout', 'retryOn'], 'service', 'retries'),
    portDiscovery: left.take(isBoolean, 'service', 'portDiscovery'),
    service: service(left),
    analysis: analysis(left),
    metrics: metrics(left),
    webhooks: webhooks(left),
    alerts: alerts(left),
    labels: nonEmpty(textMapAt(metadata, 'labels')),
    annotations: nonEmpty(withoutDuration(textMapAt(metadata, 'annotations'))),
    defaults: defaultsOf(spec, metadata),
  };
  // What the manifest does not have must not come from a default.
  const overlay = spec.targetRef === undefined ? { ...left.rest(), targetRef: null } : left.rest();
  const faults = canaryFaults(spec, installedValue(spec));
  const allow = [...new Set(faults.filter(({ severity }) => severity === 'warning').map(({ code }) => code))];
  return {
    props: {
      ...without(props),
      ...(overlay === undefined ? {} : { spec: overlay as CanarySpecOverlay }),
      ...(allow.length > 0 ? { allow } : {}),
    } as CanaryRolloutProps,
    typed: left.taken.map((path) => `spec.${path}`),
    overlay: leaves(overlay ?? {}).map((path) => `spec.${path}`),
    faults,
  };
}

/**
 * The inverse of `MetricTemplate`: the props that give the same `spec`.
 *
 * @throws Error where the manifest is no MetricTemplate, or the template of one.
 * @example
 * new MetricTemplate(chart, 'errors', metricTemplateProps(manifest));
 */
export function metricTemplateProps(manifest: object): MetricTemplateProps {
  const { metadata, spec } = flaggerObject(manifest, 'MetricTemplate');
  const { type, ...store } = withSecretName(fieldsAt(spec, 'provider'));
  return without({
    name: textAt(metadata, 'name'),
    namespace: textAt(metadata, 'namespace'),
    query: at(spec, 'query'),
    store: MetricStore.of(type as string, store),
  }) as unknown as MetricTemplateProps;
}

/**
 * The inverse of `AlertProvider`: the props that give the same `spec`.
 *
 * @throws Error where the manifest is no AlertProvider, or the template of one.
 * @example
 * new AlertProvider(chart, 'team', alertProviderProps(manifest));
 */
export function alertProviderProps(manifest: object): AlertProviderProps {
  const { metadata, spec } = flaggerObject(manifest, 'AlertProvider');
  return without({
    name: textAt(metadata, 'name'),
    namespace: textAt(metadata, 'namespace'),
    ...withSecretName(spec),
  }) as unknown as AlertProviderProps;
}

/** The manifest, when it is of this kind, and whole. */
function flaggerObject(manifest: object, kind: string): { readonly metadata: unknown; readonly spec: Fields } {
  if (at(manifest, 'kind') !== kind || !/^flagger\.app\//.test(textAt(manifest, 'apiVersion') ?? ''))
    throw new Error(
      `no ${kind} of Flagger: apiVersion ${JSON.stringify(at(manifest, 'apiVersion'))}, kind ${JSON.stringify(at(manifest, 'kind'))}`,
    );
  const metadata = at(manifest, 'metadata');
  const unfilled = [...placeholders(metadata, 'metadata'), ...placeholders(at(manifest, 'spec'), 'spec')];
  if (unfilled.length > 0) {
    const more = unfilled.length > 3 ? ` and ${unfilled.length - 3} more` : '';
    throw new Error(
      `the template of a ${kind}: fill in ${unfilled.slice(0, 3).join(', ')}${more} first, as "helm template" does`,
    );
  }
  return { metadata, spec: withoutNulls(fieldsAt(manifest, 'spec')) };
}

/** `secretRef`, as the props have it. What else stands in it stays, and the construct refuses it. */
function withSecretName({ secretRef, ...rest }: Fields): Fields {
  return onlyKeys(secretRef, ['name'])
    ? { ...rest, secretName: textAt(secretRef, 'name') }
    : secretRef === undefined
      ? rest
      : { ...rest, secretRef };
}

type Step = string | number;
type Guard = (value: unknown) => boolean;
const isText: Guard = (value) => typeof value === 'string';
const isNumber: Guard = (value) => typeof value === 'number';
const isBoolean: Guard = (value) => typeof value === 'boolean';
const isTexts: Guard = (value) => Array.isArray(value) && value.every(isText);
const isTextMap: Guard = (value) => isFields(value) && Object.values(value).every(isText);
const isPort: Guard = (value) => isNumber(value) || isText(value);

/** `spec`, from which typed props take their fields; what nobody takes goes through the overlay. */
class Remainder {
  readonly taken: string[] = [];
  private readonly fields: Fields;

  constructor(spec: Fields) {
    this.fields = structuredClone(spec) as Fields;
  }

  /** The value at a path, where it is there and of the form that the prop takes. */
  take(guard: Guard, ...path: readonly string[]): unknown {
    const parent = path.slice(0, -1).reduce<unknown>((value, step) => at(value, step), this.fields);
    const key = path.at(-1)!;
    const value = at(parent, key);
    if (value === undefined || !guard(value)) return undefined;
    delete (parent as Record<string, unknown>)[key];
    this.taken.push(path.join('.'));
    return value;
  }

  /** The object at a path, where all of its fields are known. */
  takeFields(known: readonly string[], ...path: readonly string[]): unknown {
    return this.take((value) => isFields(value) && Object.keys(value).every((key) => known.includes(key)), ...path);
  }

  /** The list at a path, where every entry can be said. */
  takeList(guard: Guard, ...path: readonly string[]): readonly unknown[] | undefined {
    return this.take((value) => Array.isArray(value) && value.every(guard), ...path) as readonly unknown[] | undefined;
  }

  /** What is left; empty objects whose fields were taken are nothing, others are. */
  rest(): Fields | undefined {
    return pruned(this.fields, this.taken, '') as Fields | undefined;
  }
}

function pruned(value: unknown, taken: readonly string[], path: string): unknown {
  if (!isFields(value)) return value;
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const rest = pruned(child, taken, path === '' ? key : `${path}.${key}`);
    return rest === undefined ? [] : [[key, rest] as const];
  });
  // An object that was empty from the beginning stands: `sessionAffinity: {}`.
  if (kept.length === 0 && (path === '' || taken.some((one) => one.startsWith(`${path}.`)))) return undefined;
  return Object.fromEntries(kept);
}

/** A field that is null is none: the API server takes it away. @see kubernetes v1.34 apiextensions-apiserver pkg/apiserver/schema/defaulting/prune.go */
const withoutNulls = (fields: Fields): Fields => {
  const kept = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(kept) : isFields(value) ? withoutNulls(value) : value;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === null ? [] : [[key, kept(value)]])),
  );
};
const without = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
const nonEmpty = (map: Readonly<Record<string, string>>) => (Object.keys(map).length > 0 ? map : undefined);
const withoutDuration = (map: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(map).filter(([key]) => key !== DURATION_ANNOTATION));

/** What has braces of its own: an annotation, the command of a webhook, a query, the variables of one. */
const ownBraces = /\.(annotations|metadata|query|templateVariables)$/;

/** Where a chart's `{{ … }}` stands, as text, or as the odd object that YAML makes of it without quotes. */
function placeholders(value: unknown, path: string): string[] {
  if (ownBraces.test(path)) return [];
  if (typeof value === 'string') return /\{\{.*\}\}/.test(value) ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => placeholders(item, `${path}[${index}]`));
  if (!isFields(value)) return [];
  const keys = Object.keys(value);
  if (keys.length === 1 && value[keys[0]!] === null && /^(\{.*\}|\[object Object\])$/.test(keys[0]!)) return [path];
  return keys.flatMap((key) => placeholders(value[key], `${path}.${key}`));
}

/** The provider that the references speak of, where the Canary itself does not say it. */
function installedValue(spec: Fields): string | undefined {
  if (isFields(spec.routeRef)) return 'apisix';
  if (isFields(spec.upstreamRef)) return 'gloo';
  if (textAt(spec, 'service', 'meshName') !== undefined) return 'appmesh:v1beta2';
  if (listAt(spec, 'service', 'gatewayRefs').length > 0) return 'gatewayapi:v1';
  // Skipper reads an Ingress, too, but Kubernetes' own class is by far the more frequent.
  if (isFields(spec.ingressRef)) return 'nginx';
  return undefined;
}

function provider(left: Remainder, installed: string | undefined): Provider {
  const refs = left.takeList(
    (ref) => isFields(ref) && onlyKeys(ref, ['name', 'namespace', 'kind', 'group', 'sectionName', 'port']),
    'service',
    'gatewayRefs',
  ) as readonly GatewayRef[] | undefined;
  const value = left.take(isText, 'provider') as string | undefined;
  const meant = value ?? installed;
  const field = meant === undefined ? undefined : providerOf(meant).reference?.field;
  const reference = (
    field === undefined ? undefined : left.takeFields(['apiVersion', 'kind', 'name', 'namespace'], field)
  ) as TrafficRef | undefined;
  return value === undefined ? Provider.installed(installed, { refs, reference }) : Provider.of(value, reference, refs);
}

const onlyKeys = (value: unknown, known: readonly string[]): boolean =>
  isFields(value) && Object.keys(value).every((key) => known.includes(key));

function target(left: Remainder, name: string | undefined): Target | undefined {
  const reference = left.take(
    (value) =>
      onlyKeys(value, ['apiVersion', 'kind', 'name']) &&
      ['apiVersion', 'kind', 'name'].every((key) => isText(at(value, key))),
    'targetRef',
  ) as { apiVersion: string; kind: string; name: string } | undefined;
  if (reference === undefined) return undefined;
  const isDefault = reference.apiVersion === 'apps/v1' && reference.kind === 'Deployment' && reference.name === name;
  return isDefault ? undefined : Target.of(reference);
}

function autoscaler(left: Remainder): Autoscaler | undefined {
  const reference = left.take(
    (value) =>
      onlyKeys(value, ['apiVersion', 'kind', 'name', 'primaryScalerQueries', 'primaryScalerReplicas']) &&
      ['apiVersion', 'kind', 'name'].every((key) => isText(at(value, key))),
    'autoscalerRef',
  );
  return reference === undefined ? undefined : Autoscaler.of(reference as Parameters<typeof Autoscaler.of>[0]);
}

const protocols = ['http', 'grpc', 'tcp'];

function port(left: Remainder): { readonly port?: unknown } {
  const number = left.take(isNumber, 'service', 'port');
  if (number === undefined) return {};
  return {
    port: without({
      port: number,
      targetPort: left.take(isPort, 'service', 'targetPort'),
      name: left.take(isText, 'service', 'portName'),
      protocol: left.take((value) => protocols.includes(value as string), 'service', 'appProtocol'),
    }),
  };
}

/** The fields of `CanaryService`, by the form that each takes. */
const serviceFields: Readonly<Record<keyof CanaryService, Guard>> = {
  name: isText,
  appProtocol: isText,
  trafficDistribution: isText,
  headless: isBoolean,
  backendTimeout: isText,
  gateways: isTexts,
  hosts: isTexts,
  delegation: isBoolean,
  trafficPolicy: isFields,
  match: (value) => Array.isArray(value) && value.every(isFields),
  rewrite: (value) => onlyKeys(value, ['uri', 'authority', 'type']),
  headers: (value) => onlyKeys(value, ['request', 'response']),
  mirror: (value) => Array.isArray(value) && value.every((item) => onlyKeys(item, ['backendRef'])),
  corsPolicy: isFields,
  meshName: isText,
  backends: isTexts,
  apex: isServiceMetadata,
  primary: isServiceMetadata,
  canary: isServiceMetadata,
  unmanagedMetadata: (value) => onlyKeys(value, ['labels', 'annotations']),
};

function isServiceMetadata(value: unknown): boolean {
  return onlyKeys(value, ['labels', 'annotations']) && Object.values(value as Fields).every(isTextMap);
}

function service(left: Remainder): unknown {
  const fields = without(
    Object.fromEntries(
      Object.entries(serviceFields).map(([field, guard]) => [field, left.take(guard, 'service', field)]),
    ),
  );
  return Object.keys(fields).length > 0 ? fields : undefined;
}

/** The fields of `CanaryAnalysis`, by the form that each takes. */
const analysisFields: Readonly<Record<keyof CanaryAnalysis, Guard>> = {
  interval: isText,
  threshold: isNumber,
  stepWeight: isNumber,
  maxWeight: isNumber,
  stepWeights: (value) => Array.isArray(value) && value.every(isNumber),
  stepWeightPromotion: isNumber,
  iterations: isNumber,
  match: (value) =>
    Array.isArray(value) && value.every((item) => onlyKeys(item, ['headers', 'queryParams', 'sourceLabels'])),
  mirror: isBoolean,
  mirrorWeight: isNumber,
  sessionAffinity: (value) => onlyKeys(value, SESSION_AFFINITY_FIELDS) && isText(at(value, 'cookieName')),
  primaryReadyThreshold: isNumber,
  canaryReadyThreshold: isNumber,
};

function analysis(left: Remainder): unknown {
  const fields = without(
    Object.fromEntries(
      Object.entries(analysisFields).map(([field, guard]) => [field, left.take(guard, 'analysis', field)]),
    ),
  );
  return Object.keys(fields).length > 0 ? fields : undefined;
}

const metricKeys = ['name', 'interval', 'threshold', 'thresholdRange', 'query', 'templateRef', 'templateVariables'];

function metrics(left: Remainder): readonly Metric[] | undefined {
  return left.takeList(isMetric, 'analysis', 'metrics')?.map((item) => metricOf(item as Fields));
}

/** Whether a check has the fields of a check, each of its type. */
function isMetric(item: unknown): boolean {
  if (!onlyKeys(item, metricKeys) || !isText(at(item, 'name'))) return false;
  const { templateRef, query, thresholdRange, threshold, interval, templateVariables } = item as Fields;
  return (
    (templateRef === undefined || (onlyKeys(templateRef, ['name', 'namespace']) && isText(at(templateRef, 'name')))) &&
    (query === undefined || isText(query)) &&
    (interval === undefined || isText(interval)) &&
    (threshold === undefined || isNumber(threshold)) &&
    (templateVariables === undefined || isTextMap(templateVariables)) &&
    (thresholdRange === undefined ||
      (onlyKeys(thresholdRange, ['min', 'max']) && Object.values(thresholdRange as Fields).every(isNumber)))
  );
}

function metricOf(item: Fields): Metric {
  const name = textAt(item, 'name')!;
  const { templateRef, query, thresholdRange } = item;
  const asks = [templateRef, query].filter((source) => source !== undefined).length;
  const isOdd = isFields(thresholdRange) && Object.keys(thresholdRange).length === 0;
  // What asks two things or nothing, and a range without bounds, has no name of its own.
  if (isOdd || asks > 1 || (asks === 0 && !isBuiltinMetric(name)))
    return Metric.of(item as unknown as Parameters<typeof Metric.of>[0]);
  const range = {
    min: numberAt(item, 'thresholdRange', 'min'),
    max: numberAt(item, 'thresholdRange', 'max'),
    threshold: numberAt(item, 'threshold'),
    interval: textAt(item, 'interval'),
    variables: item.templateVariables as Readonly<Record<string, string>> | undefined,
  };
  if (templateRef !== undefined)
    return Metric.template(
      { name: textAt(templateRef, 'name')!, namespace: textAt(templateRef, 'namespace') },
      { ...range, name },
    );
  return query === undefined
    ? Metric.builtIn(name as 'request-duration', range)
    : Metric.inline(name, query as string, range);
}

const webhookKeys = ['name', 'type', 'url', 'timeout', 'retries', 'muteAlert', 'disableTLS', 'metadata'];

function webhooks(left: Remainder): readonly Webhook[] | undefined {
  return left.takeList(
    (item) =>
      onlyKeys(item, webhookKeys) &&
      isText(at(item, 'name')) &&
      isText(at(item, 'url')) &&
      (at(item, 'type') === undefined || isText(at(item, 'type'))) &&
      (at(item, 'metadata') === undefined || isTextMap(at(item, 'metadata'))),
    'analysis',
    'webhooks',
  ) as readonly Webhook[] | undefined;
}

function alerts(left: Remainder): readonly Alert[] | undefined {
  return left.takeList(
    (item) =>
      onlyKeys(item, ['name', 'severity', 'providerRef']) &&
      isText(at(item, 'name')) &&
      onlyKeys(at(item, 'providerRef'), ['name', 'namespace']),
    'analysis',
    'alerts',
  ) as readonly Alert[] | undefined;
}

/** Which defaults agree with the manifest: only those stay on. */
function defaultsOf(spec: Fields, metadata: unknown): false | CanaryDefaults {
  const service = fieldsAt(spec, 'service');
  const labels = textMapAt(metadata, 'labels');
  const protocol = textAt(service, 'appProtocol') ?? '';
  const hooks = listAt(spec, 'analysis', 'webhooks');
  const list: Readonly<Record<keyof CanaryDefaults, boolean>> = {
    labels: labels['app.kubernetes.io/managed-by'] === 'aviary',
    durationAnnotation: Object.hasOwn(textMapAt(metadata, 'annotations'), DURATION_ANNOTATION),
    appProtocol: protocols.includes(protocol),
    portName: service.portName !== undefined,
    targetPort: service.targetPort !== undefined,
    portDiscovery: service.portDiscovery !== undefined,
    // Gateways and parents are said one by one.
    meshGateway: false,
    serviceParent: false,
    revertOnDeletion: spec.revertOnDeletion !== undefined,
    analysis: false,
    metrics: false,
    metricInterval: false,
    muteAlert: hooks.every((hook) => at(hook, 'muteAlert') !== undefined && at(hook, 'retries') !== 0),
    alertSeverity: listAt(spec, 'analysis', 'alerts').every((alert) => at(alert, 'severity') !== undefined),
  };
  return Object.values(list).some(Boolean)
    ? (Object.fromEntries(Object.entries(list).filter(([, isOn]) => !isOn)) as CanaryDefaults)
    : false;
}

/** Paths of the values of an object, lists as one. */
function leaves(value: unknown, path: readonly Step[] = []): string[] {
  if (!isFields(value) || Object.keys(value).length === 0) return path.length > 0 ? [path.join('.')] : [];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}
