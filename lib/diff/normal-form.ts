import {
  isFields,
  type KubeObject,
  LAST_APPLIED_ANNOTATION,
  parseGoDuration,
  parseQuantity,
  SERVER_METADATA,
} from '../kube';
import { fillInDefaults } from './api-defaults';

/** Maps that say the same when they are empty as when they are absent. An empty selector or `emptyDir` says something. */
const EMPTY_MAPS = new Set([
  'affinity',
  'nodeAffinity',
  'podAffinity',
  'podAntiAffinity',
  'annotations',
  'labels',
  'limits',
  'nodeSelector',
  'requests',
  'resources',
  'securityContext',
  'status',
  'data',
  'binaryData',
  'stringData',
]);

/** Maps whose values are amounts. */
const AMOUNTS = new Set(['capacity', 'hard', 'limits', 'requests']);
/** Fields that are an amount. */
const AMOUNT_FIELDS = new Set(['averageValue', 'divisor', 'maxLimitRequestRatio', 'sizeLimit', 'storage']);

/** Fields of custom resources that Go reads as a duration. Of a kind that reads them as text, `60s` and `1m` are rarely both meant. */
const DURATIONS = new Set(['duration', 'interval', 'retryInterval', 'timeout']);

/**
 * A copy of an object in which the same meaning has the same form: no `null`, no empty list, no status; defaults of the API
 * server written out; amounts in one form (`1000m` is `1`). Order is left as it is: `compareObjects` knows which order means something.
 */
export function normalForm(object: KubeObject): KubeObject {
  const copy = copyOf(object, '', '') as Record<string, unknown>;
  delete copy.status;
  withoutServerFields(copy.metadata);
  if (object.kind === 'Secret') intoData(copy);
  fillInDefaults(copy as unknown as KubeObject);
  return copyOf(copy, '', '') as KubeObject;
}

function copyOf(value: unknown, key: string, parent: string): unknown {
  if (Array.isArray(value)) return value.map((item) => copyOf(item, key, parent));
  if (isFields(value)) {
    const copy: Record<string, unknown> = {};
    for (const [name, child] of Object.entries(value)) {
      if (child === null || child === undefined || (Array.isArray(child) && child.length === 0)) continue;
      const copied = copyOf(child, name, key);
      if (EMPTY_MAPS.has(name) && isFields(copied) && Object.keys(copied).length === 0) continue;
      Object.defineProperty(copy, name, { value: copied, enumerable: true, configurable: true, writable: true });
    }
    return copy;
  }
  if (DURATIONS.has(key) && typeof value === 'string') return duration(value);
  if (AMOUNTS.has(parent) || AMOUNTS.has(key) || AMOUNT_FIELDS.has(key)) return amount(value);
  return value;
}

/** The amount in billionths where it is one, so that all ways to write it are equal. */
function amount(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  const parsed = parseQuantity(String(value));
  if (!parsed.ok) return value;
  const { nano } = parsed.value;
  return nano % 1_000_000_000n === 0n ? String(nano / 1_000_000_000n) : `${nano / 1_000_000n}m`;
}

function withoutServerFields(metadata: unknown): void {
  if (!isFields(metadata)) return;
  const fields = metadata as Record<string, unknown>;
  for (const field of SERVER_METADATA) delete fields[field];
  if (isFields(fields.annotations)) delete (fields.annotations as Record<string, unknown>)[LAST_APPLIED_ANNOTATION];
}

/** The API server writes `stringData` into `data`. */
function intoData(secret: Record<string, unknown>): void {
  const { stringData } = secret;
  if (!isFields(stringData)) return;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  secret.data = { ...(isFields(secret.data) ? secret.data : {}), ...Object.fromEntries(encoded) };
  delete secret.stringData;
}

/** In milliseconds where Go can read it. */
function duration(text: string): string {
  const parsed = parseGoDuration(text);
  return parsed.ok ? `${parsed.value}ms` : text;
}
