import { isDeepStrictEqual } from 'node:util';
import { SESSION_AFFINITY_FIELDS } from '../../flagger';
import { type Fields, fieldsAt, isFields, type KubeObject, listAt, textAt } from '../../kube';
import { itemsAt } from '../group';
import { compact, type Draft, pick } from './pick';

/** Fields of `spec.analysis` that the catalog has under the same name, with the type that it takes. */
const ANALYSIS: Readonly<Record<string, 'string' | 'number' | 'boolean'>> = {
  interval: 'string',
  threshold: 'number',
  stepWeight: 'number',
  maxWeight: 'number',
  stepWeightPromotion: 'number',
  iterations: 'number',
  mirror: 'boolean',
  mirrorWeight: 'number',
  primaryReadyThreshold: 'number',
  canaryReadyThreshold: 'number',
};
/** The same for `spec`. */
const SPEC: typeof ANALYSIS = {
  skipAnalysis: 'boolean',
  suspend: 'boolean',
  progressDeadlineSeconds: 'number',
};
const RETRIES = ['attempts', 'perTryTimeout', 'retryOn'];
const BOUNDS = ['minReplicas', 'maxReplicas'];
const WEBHOOK = ['name', 'type', 'url', 'timeout', 'retries', 'muteAlert', 'disableTLS', 'metadata'];
const MATCH = ['headers', 'queryParams', 'sourceLabels'];
const TEXT_MATCH = ['exact', 'prefix', 'suffix', 'regex'];

/** The catalog's own fields for a Canary, as far as there are such; the rest becomes its `spec`, once it is known what these make. */
export function canaryOf({ spec }: KubeObject): Draft {
  const analysis = fieldsAt(spec, 'analysis');
  const service = fieldsAt(spec, 'service');
  const weights = analysis.stepWeights;
  return compact({
    ...ofType(analysis, ANALYSIS),
    ...(isListOf(weights, 'number') && { stepWeights: weights }),
    ...(isListOfFields(analysis.match) && analysis.match.every(isMatch) && { match: analysis.match }),
    ...(hasOnly(analysis.sessionAffinity, SESSION_AFFINITY_FIELDS) && { sessionAffinity: analysis.sessionAffinity }),
    ...ofType(fieldsAt(spec), SPEC),
    // Without a word the catalog hands everything back, and Flagger nothing.
    revertOnDeletion: fieldsAt(spec).revertOnDeletion === true,
    ...ofType(service, { timeout: 'string' }),
    ...(hasOnly(service.retries, RETRIES) &&
      typeof fieldsAt(service.retries).attempts === 'number' && { retries: service.retries }),
    ...primaryScaler(fieldsAt(spec, 'autoscalerRef').primaryScalerReplicas),
    ...metricsOf(analysis),
    ...(isListOfFields(analysis.webhooks) &&
      analysis.webhooks.every(isWebhook) &&
      new Set(analysis.webhooks.map(({ name }) => name)).size === analysis.webhooks.length && {
        webhooks: analysis.webhooks.map((webhook) => ({ ...pick(webhook, ...WEBHOOK) })),
      }),
  }) as Draft;
}

/** The port of the Services that Flagger makes, as a port of a Service. @see fluxcd/flagger v1.44 pkg/router/kubernetes_default.go */
export function apexPort({ spec }: KubeObject): Fields | undefined {
  const service = fieldsAt(spec, 'service');
  if (typeof service.port !== 'number') return undefined;
  return {
    name: textAt(service, 'portName') ?? 'http',
    port: service.port,
    ...(service.targetPort === undefined ? {} : { targetPort: service.targetPort }),
    ...pick(service, 'appProtocol'),
  };
}

/** What has to be laid over what a canary's fields made to get theirs. */
export function canaryOverlay(theirs: unknown, made: unknown): Draft | undefined {
  return overlayFor(writtenOut(theirs, made), made);
}

/** With what Flagger takes for granted, where the catalog writes it out and they do not: both say the same. */
function writtenOut(theirs: unknown, made: unknown): Fields {
  const [spec, ours] = [fieldsAt(theirs), fieldsAt(made)];
  const service = fieldsAt(spec, 'service');
  const analysis = fieldsAt(spec, 'analysis');
  const hooks = listAt(analysis, 'webhooks').map((hook, index) => ({
    ...sameOf(listAt(ours, 'analysis', 'webhooks')[index], WEBHOOK_DEFAULTS),
    ...fieldsAt(hook),
  }));
  return {
    ...sameOf(ours, SPEC_DEFAULTS),
    ...spec,
    service: { ...sameOf(ours.service, { ...SERVICE_DEFAULTS, targetPort: service.port }), ...service },
    ...(spec.analysis !== undefined && {
      analysis: { ...analysis, ...(hooks.length > 0 && { webhooks: hooks }) },
    }),
  };
}

/** @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go; cmd/flagger/main.go mesh-provider */
const SPEC_DEFAULTS: Fields = { provider: 'istio', revertOnDeletion: false, skipAnalysis: false, suspend: false };
const SERVICE_DEFAULTS: Fields = { portName: 'http', portDiscovery: false };
const WEBHOOK_DEFAULTS: Fields = { muteAlert: false };

/** The fields that have just these values. */
const sameOf = (from: unknown, values: Fields): Fields =>
  Object.fromEntries(Object.entries(values).filter(([field, value]) => fieldsAt(from)[field] === value));

/** What has to be laid over one thing to get another: objects are merged, lists replaced, `null` takes away. */
function overlayFor(theirs: unknown, made: unknown): Draft | undefined {
  const [wanted, there] = [fieldsAt(theirs), fieldsAt(made)];
  const overlay: Draft = {};
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(there)])) {
    const [value, before] = [wanted[key], there[key]];
    if (isDeepStrictEqual(value, before)) continue;
    if (value === undefined || value === null) {
      if (before !== undefined) overlay[key] = null;
      continue;
    }
    const below = isFields(value) && isFields(before) ? overlayFor(value, before) : value;
    if (below !== undefined) overlay[key] = below;
  }
  return Object.keys(overlay).length === 0 ? undefined : overlay;
}

function ofType(from: Fields, types: typeof ANALYSIS): Draft {
  return Object.fromEntries(
    Object.entries(types).flatMap(([field, type]) => (typeof from[field] === type ? [[field, from[field]]] : [])),
  );
}

/** The two checks that Flagger has itself, where both look at one window. */
function metricsOf(analysis: Fields): Draft {
  const metrics = itemsAt(analysis, 'metrics');
  const own = ['request-success-rate', 'request-duration'] as const;
  const bounds = { 'request-success-rate': 'min', 'request-duration': 'max' } as const;
  const isOwn = metrics.every(
    (metric, index) =>
      metric.name === own[index] &&
      hasOnly(metric, ['name', 'interval', 'thresholdRange']) &&
      hasOnly(metric.thresholdRange, [bounds[own[index]!]]) &&
      metric.interval === metrics[0]!.interval,
  );
  if (metrics.length === 0 || metrics.length < listAt(analysis, 'metrics').length || metrics.length > 2 || !isOwn)
    return {};
  const [rate, duration] = metrics;
  return {
    metrics: {
      ...pick(rate, 'interval'),
      successRateMinPercent: fieldsAt(rate, 'thresholdRange').min,
      durationMaxMilliseconds: duration === undefined ? false : fieldsAt(duration, 'thresholdRange').max,
    },
  };
}

const primaryScaler = (value: unknown): Draft => (hasOnly(value, BOUNDS) ? { primaryScalerReplicas: value } : {});

const isListOf = (value: unknown, type: 'number' | 'string'): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === type);

const isListOfFields = (value: unknown): value is readonly Fields[] =>
  Array.isArray(value) && value.length > 0 && value.every(isFields);

const hasOnly = (value: unknown, fields: readonly string[]): boolean =>
  isFields(value) &&
  Object.entries(value).length > 0 &&
  Object.entries(value).every(([field, inner]) => fields.includes(field) && inner !== null);

const isMatch = (match: Fields): boolean =>
  hasOnly(match, MATCH) &&
  ['headers', 'queryParams'].every((field) =>
    Object.values(fieldsAt(match, field)).every((text) => hasOnly(text, TEXT_MATCH)),
  );

const isWebhook = (webhook: Fields): boolean =>
  hasOnly(webhook, WEBHOOK) &&
  typeof webhook.type === 'string' &&
  Object.values(fieldsAt(webhook, 'metadata')).every((value) => typeof value === 'string');
