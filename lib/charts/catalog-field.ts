import type { ResolvedService } from '../catalog';
import { BUILTIN_METRICS, parseLoadTests, SUCCESS_RATES } from '../flagger';
import type { KubeObject } from '../kube';
import { atPath, isFields, listAt, textAt } from '../kube';

/** A field of a service in the catalog, as a path below the service, and the value for it. */
export interface FieldValue {
  readonly path: readonly (string | number)[];
  /** Undefined removes the field. */
  readonly value: unknown;
}

/** Fields of `spec.analysis` that a service's `canary` holds under the same name. */
const ANALYSIS = new Set([
  'interval',
  'threshold',
  'stepWeight',
  'stepWeights',
  'maxWeight',
  'stepWeightPromotion',
  'iterations',
  'match',
  'mirror',
  'mirrorWeight',
  'sessionAffinity',
  'primaryReadyThreshold',
  'canaryReadyThreshold',
]);

/**
 * The way back: which field of the service says a field of an object that was made of it. Undefined where the catalog
 * has no word for it, or not for this value.
 * @param pointer parts of the JSON pointer into the object
 */
export function catalogField(
  object: KubeObject,
  pointer: readonly string[],
  value: unknown,
  service: ResolvedService,
): FieldValue | undefined {
  const at = (...path: (string | number)[]): FieldValue => ({ path, value });
  const [, field, ...below] = pointer;
  if (pointer[0] !== 'spec' || field === undefined) return undefined;
  switch (object.kind) {
    case 'Canary':
      return service.canary ? canaryField(object, pointer, value, service) : undefined;
    case 'Deployment':
      return field === 'progressDeadlineSeconds' ? at(field) : undefined;
    case 'HorizontalPodAutoscaler':
      return service.autoscaling && (field === 'minReplicas' || field === 'maxReplicas')
        ? at('autoscaling', field)
        : undefined;
    case 'MetricTemplate': {
      const custom = customMetrics(service);
      const index = custom.findIndex(({ name }) => `${service.name}-${name}` === object.metadata.name);
      return index >= 0 && field === 'query' && below.length === 0
        ? at('canary', 'metrics', 'custom', index, 'query')
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Which field of the service is to blame for a field of an object that was made of it, as `catalogField`, with what no cure writes. */
export function catalogPath(
  object: KubeObject,
  pointer: readonly string[],
  service: ResolvedService,
): FieldValue['path'] | undefined {
  // A variable of the container.
  if (object.kind === 'Deployment' && pointer.slice(0, 6).join('/') === 'spec/template/spec/containers/0/env') {
    const name = textAt(atPath(object, pointer.slice(0, 7)), 'name');
    return name === undefined ? undefined : ['env', name];
  }
  return catalogField(object, pointer, atPath(object, pointer), service)?.path;
}

function canaryField(
  object: KubeObject,
  [, field, ...below]: readonly string[],
  value: unknown,
  service: ResolvedService,
): FieldValue | undefined {
  const canary = service.canary || {};
  const at = (...path: (string | number)[]): FieldValue => ({ path: ['canary', ...path], value });
  const overlaid = ['spec', ...indexes([field ?? '', ...below])];
  if (atPath(canary, overlaid) !== undefined) return at(...overlaid);
  const [first, ...rest] = below;
  switch (field) {
    case 'progressDeadlineSeconds':
      // The service's own holds for both where the canary has none.
      return canary.progressDeadlineSeconds === undefined && service.progressDeadlineSeconds !== undefined
        ? { path: [field], value }
        : at(field);
    case 'skipAnalysis':
    case 'revertOnDeletion':
      return at(field);
    case 'service':
      return first === 'timeout' || first === 'retries' ? at(...below) : undefined;
    case 'autoscalerRef':
      return first === 'primaryScalerReplicas' ? at(...below) : undefined;
    case 'analysis':
      if (first === 'metrics') return metricField(object, rest, value, service);
      if (first === 'webhooks') return webhookField(object, rest, value, service);
      return first !== undefined && ANALYSIS.has(first) ? at(first, ...indexes(rest)) : undefined;
    default:
      return undefined;
  }
}

const indexes = (parts: readonly string[]) => parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));

const customMetrics = ({ canary }: ResolvedService) => (canary || undefined)?.metrics?.custom ?? [];

function metricField(
  object: KubeObject,
  [index, ...below]: readonly string[],
  value: unknown,
  service: ResolvedService,
): FieldValue | undefined {
  const name = textAt(listAt(object, 'spec', 'analysis', 'metrics')[Number(index)], 'name') ?? '';
  const at = (...path: (string | number)[]): FieldValue => ({ path: ['canary', 'metrics', ...path], value });
  const field = below.join('/');
  const custom = customMetrics(service).findIndex((metric) => metric.name === name);
  if (custom >= 0) {
    if (field === 'interval') return at('custom', custom, field);
    const bound = /^thresholdRange\/(min|max)$/.exec(field)?.[1];
    return bound === undefined ? undefined : at('custom', custom, bound);
  }
  if (field === 'interval') return at(field);
  if (value === undefined) return undefined;
  if (field === 'thresholdRange/max' && name === BUILTIN_METRICS[1]) return at('durationMaxMilliseconds');
  return field === 'thresholdRange/min' && SUCCESS_RATES.includes(name) ? at('successRateMinPercent') : undefined;
}

function webhookField(
  object: KubeObject,
  [index, ...below]: readonly string[],
  value: unknown,
  service: ResolvedService,
): FieldValue | undefined {
  const canary = service.canary || {};
  const hook = listAt(object, 'spec', 'analysis', 'webhooks')[Number(index)];
  const name = isFields(hook) ? textAt(hook, 'name') : undefined;
  const own = (canary.webhooks ?? []).findIndex((webhook) => webhook.name === name);
  if (own >= 0) return { path: ['canary', 'webhooks', own, ...below], value };
  // The command of a load test is made of its fields: only how long it runs is said in one.
  if (below.join('/') !== 'metadata/cmd' || typeof value !== 'string') return undefined;
  const seconds = parseLoadTests(value)[0]?.durationSeconds;
  return seconds === undefined ? undefined : { path: ['canary', 'loadTest', 'duration'], value: `${seconds}s` };
}
