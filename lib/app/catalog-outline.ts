import { realFileSystem } from '../tree';

/** What scopes have to know of a catalog before it is checked: names only. */
export interface CatalogOutline {
  readonly clusters: readonly string[];
  readonly namespace: string | undefined;
}

const NOTHING: CatalogOutline = { clusters: [], namespace: undefined };

/** Of a text that may be wrong in any way: what it does not say is left out, and the run says what is wrong with it. */
export function outlineOf(text: string): CatalogOutline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return NOTHING;
  }
  if (!isRecord(value)) return NOTHING;
  const { clusters, platform } = value;
  const names = Array.isArray(clusters) ? clusters.map((cluster) => isRecord(cluster) && cluster.name) : [];
  const namespace = isRecord(platform) ? platform.namespace : undefined;
  return {
    clusters: names.filter((name): name is string => typeof name === 'string' && name !== ''),
    namespace: typeof namespace === 'string' ? namespace : undefined,
  };
}

/** Empty where it cannot be read. */
export function readOutline(file: string): CatalogOutline {
  const { readCatalogSource } = require('../synth') as typeof import('../synth');
  const source = readCatalogSource(realFileSystem, file);
  return 'fingerprint' in source ? outlineOf(source.content().text) : NOTHING;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
