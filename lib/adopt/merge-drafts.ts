import { isDeepStrictEqual } from 'node:util';
import { isFields } from '../kube';
import type { Draft } from './draft/pick';

/** A service as it is in each cluster that has it. */
export interface DraftedService {
  readonly name: string;
  readonly byCluster: ReadonlyMap<string, Draft>;
}

/** The parts of a catalog that say one service. */
export interface MergedService {
  /** With `clusters` where it does not run in all. */
  readonly service: Draft;
  /** What differs, by cluster. */
  readonly overrides: ReadonlyMap<string, Draft>;
}

/**
 * What is the same in all clusters is said once. Overrides are merged key by key, and cannot take a key away: a field that some
 * clusters lack, or have less of, is said by each cluster that has it.
 */
export function mergeDrafts({ name, byCluster }: DraftedService, clusters: readonly string[]): MergedService {
  const drafts = [...byCluster];
  const own = drafts.length === clusters.length ? {} : { clusters: drafts.map(([cluster]) => cluster) };
  const [first, ...others] = drafts.map(([, draft]) => draft);
  const common: Draft = {};
  const overrides = new Map<string, Draft>();
  for (const field of new Set(drafts.flatMap(([, draft]) => Object.keys(draft)))) {
    const values = drafts.map(([, draft]) => draft[field]);
    if (values.every((value) => isDeepStrictEqual(value, values[0]))) {
      common[field] = values[0];
      continue;
    }
    const shared = values.every((value) => value !== undefined) ? sharedOf(values) : undefined;
    if (shared !== undefined) common[field] = shared;
    for (const [index, [cluster]] of drafts.entries()) {
      const value = shared === undefined ? values[index] : overlay(shared, values[index]);
      if (value === undefined) continue;
      overrides.set(cluster, { ...overrides.get(cluster), [field]: value });
    }
  }
  // The order of the first cluster's fields: that of a service everywhere else.
  const ordered = Object.fromEntries(
    [...Object.keys(first ?? {}), ...others.flatMap((draft) => Object.keys(draft))].flatMap((field) =>
      Object.hasOwn(common, field) ? [[field, common[field]]] : [],
    ),
  );
  const { name: _, ...rest } = ordered;
  return { service: { name, ...own, ...rest }, overrides };
}

/** What all values have in common; undefined where they are no maps, or have nothing. */
function sharedOf(values: readonly unknown[]): unknown {
  if (!values.every(isFields)) return undefined;
  const [first] = values as readonly Draft[];
  const shared: Draft = {};
  for (const key of Object.keys(first!)) {
    const inner = (values as readonly Draft[]).map((value) => value[key]);
    if (inner.some((value) => value === undefined)) continue;
    if (inner.every((value) => isDeepStrictEqual(value, inner[0]))) shared[key] = inner[0];
    else {
      const below = sharedOf(inner);
      if (below !== undefined) shared[key] = below;
    }
  }
  return Object.keys(shared).length === 0 ? undefined : shared;
}

/** What has to be laid over the common part to get the value. */
function overlay(shared: unknown, value: unknown): unknown {
  if (isDeepStrictEqual(shared, value)) return undefined;
  if (!isFields(shared) || !isFields(value)) return value;
  const over: Draft = {};
  for (const [key, child] of Object.entries(value)) {
    const rest = Object.hasOwn(shared, key) ? overlay(shared[key], child) : child;
    if (rest !== undefined) over[key] = rest;
  }
  return Object.keys(over).length === 0 ? undefined : over;
}

/** Fields that may stand in the catalog's defaults. Names, addresses and what is each service's own never do. */
const SHAREABLE = [
  'imagePullPolicy',
  'serviceAccount',
  'pod',
  'container',
  'revisionHistoryLimit',
  'strategy',
  'nodeSelector',
  'tolerations',
];

/**
 * Fields that every service has, and all alike, once for all of them.
 * @param services changed in place
 */
export function liftDefaults(services: readonly Draft[], overridden: ReadonlySet<string>): Draft {
  const defaults: Draft = {};
  if (services.length < 3) return defaults;
  for (const field of SHAREABLE) {
    const [first] = services;
    const value = first?.[field];
    if (value === undefined || overridden.has(field)) continue;
    if (!services.every((service) => isDeepStrictEqual(service[field], value))) continue;
    defaults[field] = value;
    for (const service of services) delete service[field];
  }
  return defaults;
}
