import { parseImageReference } from '../kube';
import { type ImageLock, lockedImage } from './image-lock';
import type { Catalog, Cluster, External, Patch, Platform, Service, ServiceDefaults } from './schema';

/** The order of precedence, weakest first: defaults, the cluster's defaults, service, the cluster's override of the service; for its image, images.lock.json. */
export type ResolvedService = Readonly<Omit<Service, 'clusters' | 'build' | 'image'>> & {
  readonly image?: Exclude<Service['image'], string>;
};

/** One cluster's view of the catalog: every default and override applied. */
export interface ResolvedCluster {
  readonly name: string;
  readonly cluster: Cluster;
  readonly platform: Platform;
  /** Sorted by name. */
  readonly services: readonly ResolvedService[];
  /** Of each of them its index in the catalog's list. */
  readonly positions: ReadonlyMap<ResolvedService, number>;
  readonly external: readonly External[];
  readonly patches: readonly Patch[];
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects merge key by key; anything else (lists too) is replaced whole, as an override of a list would surprise otherwise. */
export function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isPlainObject(base) || !isPlainObject(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const key of Object.keys(over)) merged[key] = merge(base[key], over[key]);
  return merged;
}

/** What a cluster says of one service. Own keys only: a service may be named `constructor`. */
export function overridesOf(cluster: Cluster, service: string): ServiceDefaults | undefined {
  const { services } = cluster;
  return services && Object.hasOwn(services, service) ? services[service] : undefined;
}

/** Fields that `false` switches off. */
const SWITCHES = ['autoscaling', 'canary', 'disruptionBudget', 'expose'] as const;

/** The strongest layer says whether it is on; switched on again, it has all that weaker layers say of it. */
function switches(layers: readonly (ServiceDefaults | undefined)[]): Partial<Pick<Service, (typeof SWITCHES)[number]>> {
  const resolved: Record<string, unknown> = {};
  for (const field of SWITCHES) {
    // Where nothing is switched off, merging layer by layer has said it all.
    if (!layers.some((layer) => layer?.[field] === false)) continue;
    const values = layers.map((layer) => layer?.[field]).filter((value) => value !== undefined);
    resolved[field] =
      values.at(-1) === false ? false : values.filter((value) => value !== false).reduce<unknown>(merge, {});
  }
  return resolved;
}

/** An image that one text says: it stands for the whole of what weaker layers say. Undefined where none does. */
function imageOf(layers: readonly (ServiceDefaults | undefined)[]): ResolvedService['image'] | undefined {
  if (!layers.some((layer) => typeof layer?.image === 'string')) return undefined;
  let image: ResolvedService['image'] = {};
  for (const layer of layers)
    if (typeof layer?.image === 'string') {
      const parsed = parseImageReference(layer.image);
      // What cannot be read is found where images are checked.
      const { repository, tag, digest } = parsed.ok ? parsed.value : { repository: layer.image };
      image = { repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
    } else image = { ...image, ...layer?.image };
  return image;
}

/** The same catalog is asked for its clusters by the checks, by the plan and by preflight. */
const known = new WeakMap<Catalog, Map<string, ResolvedCluster>>();

/** Applies defaults and the cluster's overrides. The catalog must have passed `loadCatalog`, and must not change any more. */
export function resolveCluster(catalog: Catalog, clusterName: string): ResolvedCluster {
  const clusters = known.get(catalog) ?? new Map<string, ResolvedCluster>();
  known.set(catalog, clusters);
  const resolved = clusters.get(clusterName) ?? resolve(catalog, clusterName);
  clusters.set(clusterName, resolved);
  return resolved;
}

/** Whether a service runs in a cluster. */
export function runsIn({ clusters }: Service, clusterName: string): boolean {
  return clusters === undefined || clusters.includes(clusterName);
}

/** Gives a service every default and override that holds for it in a cluster. */
export function serviceResolver(
  { defaults: weakest, images }: Pick<Catalog, 'defaults'> & { readonly images?: ImageLock },
  cluster: Cluster,
): (service: Service) => ResolvedService {
  // Merged once, not for every service: of ten thousand services this is most of the work.
  const defaults = merge(weakest ?? {}, cluster.defaults);
  return ({ clusters: _, build: __, ...own }) => {
    const overrides = overridesOf(cluster, own.name);
    const layers = [weakest, cluster.defaults, own, overrides];
    // A new object, whatever the layers are.
    const resolved = Object.assign(merge(merge(defaults, own), overrides) as ResolvedService, switches(layers));
    const image = lockedImage(images, cluster.name, own.name) ?? imageOf(layers);
    // The whole image, also where one text says it: a tag of the catalog must not stay beside a digest that is another image's.
    return image ? { ...resolved, image } : resolved;
  };
}

function resolve(catalog: Catalog, clusterName: string): ResolvedCluster {
  const cluster = catalog.clusters.find(({ name }) => name === clusterName);
  if (!cluster) throw new Error(`no cluster "${clusterName}" in the catalog`);
  const resolveOne = serviceResolver(catalog, cluster);
  const positions = new Map<ResolvedService, number>();
  for (const [index, service] of catalog.services.entries())
    if (runsIn(service, clusterName)) positions.set(resolveOne(service), index);
  const services = [...positions.keys()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return {
    name: cluster.name,
    cluster,
    platform: catalog.platform,
    services,
    positions,
    external: catalog.external ?? [],
    patches: (catalog.patches ?? []).filter(({ clusters }) => !clusters || clusters.includes(clusterName)),
  };
}

/** Registry and path of the image that a service's sources are built into, without tag: what it says itself, or the platform's. */
export function imageRepository({ name, image }: Pick<Service, 'name' | 'image'>, { registry }: Platform): string {
  const own = typeof image === 'string' ? parseImageReference(image) : undefined;
  const repository = typeof image === 'string' ? (own?.ok ? own.value.repository : image) : image?.repository;
  return repository ?? (registry === undefined ? name : `${registry}/${name}`);
}
