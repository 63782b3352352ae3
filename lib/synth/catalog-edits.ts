import { type Catalog, type ResolvedCluster, type ResolvedService, resolveCluster, writablePlace } from '../catalog';
import { catalogField } from '../charts';
import { type Edit, type Finding, fromPointer, toPointer } from '../findings';
import { atPath } from '../kube';
import type { ObjectEdit } from '../preflight';

/** The cure of a finding about an object that a service of the catalog gave. */
export interface ServiceCure {
  readonly finding: Finding;
  readonly cluster: string;
  /** Name of the service. */
  readonly service: string;
  readonly edits: readonly ObjectEdit[];
}

/** One field that a cure writes, with the two places where it could. */
interface Wish {
  readonly pointer: string;
  readonly isShared: boolean;
  readonly own?: string;
  readonly value: unknown;
  readonly cluster: string;
  readonly service: string;
  readonly path: readonly (string | number)[];
}

/**
 * Cures as changes of the catalog. A value that several services share is changed where it stands when all of them
 * want the same; else a service gets a value of its own.
 */
export function catalogEdits(catalog: Catalog, cures: readonly ServiceCure[]): Map<Finding, readonly Edit[]> {
  if (cures.length === 0) return new Map();
  const clusters = new Map<string, ResolvedCluster>();
  const services = new Map<string, ResolvedService>();
  for (const { name } of catalog.clusters) {
    if (!cures.some(({ cluster }) => cluster === name)) continue;
    const cluster = resolveCluster(catalog, name);
    clusters.set(name, cluster);
    for (const service of cluster.services) services.set(`${name}/${service.name}`, service);
  }
  const wished = cures.map((cure) => ({ finding: cure.finding, wishes: wishesOf(catalog, cure, clusters, services) }));
  const shared = new SharedFields(catalog, clusters);
  for (const { wishes } of wished) for (const wish of wishes ?? []) shared.add(wish);
  const edits = new Map<Finding, readonly Edit[]>();
  for (const { finding, wishes } of wished) {
    const cure = wishes?.map((wish) => editOf(wish, shared));
    if (cure && cure.length > 0 && cure.every((edit) => edit !== undefined)) edits.set(finding, distinct(cure));
  }
  return edits;
}

function wishesOf(
  catalog: Catalog,
  { cluster, service: name, edits }: ServiceCure,
  clusters: ReadonlyMap<string, ResolvedCluster>,
  services: ReadonlyMap<string, ResolvedService>,
): Wish[] | undefined {
  const resolved = clusters.get(cluster);
  const service = services.get(`${cluster}/${name}`);
  if (!resolved || !service) return undefined;
  const wishes: Wish[] = [];
  for (const { entry, pointer, value } of edits) {
    const field = catalogField(entry.object, fromPointer(pointer), value, service);
    // Half a cure is none.
    if (!field) return undefined;
    const place = writablePlace(catalog, resolved, service, field.path);
    wishes.push({
      pointer: pointerOf(place.path),
      isShared: place.isShared,
      ...(place.own ? { own: pointerOf(place.own) } : {}),
      value: field.value,
      cluster,
      service: name,
      path: field.path,
    });
  }
  return wishes;
}

const pointerOf = (path: readonly (string | number)[]): string => toPointer(path.map(String));

function editOf(wish: Wish, shared: SharedFields): Edit | undefined {
  const edit = (pointer: string): Edit =>
    wish.value === undefined ? { pointer, remove: true } : { pointer, value: wish.value };
  if (!wish.isShared || shared.isWishOfAll(wish)) return edit(wish.pointer);
  // A service cannot take away what it inherits.
  return wish.own === undefined || wish.value === undefined ? undefined : edit(wish.own);
}

function distinct(edits: readonly (Edit | undefined)[]): Edit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit as Edit])).values()];
}

/** What the services that share a field want it to be. */
class SharedFields {
  private readonly wanted = new Map<string, Map<string, string>>();
  private readonly answers = new Map<string, boolean>();
  private readonly catalog: Catalog;
  private readonly clusters: ReadonlyMap<string, ResolvedCluster>;

  constructor(catalog: Catalog, clusters: ReadonlyMap<string, ResolvedCluster>) {
    this.catalog = catalog;
    this.clusters = clusters;
  }

  add({ pointer, isShared, cluster, service, value }: Wish): void {
    if (!isShared) return;
    const byService = this.wanted.get(pointer) ?? new Map<string, string>();
    this.wanted.set(pointer, byService.set(`${cluster}/${service}`, JSON.stringify(value) ?? ''));
  }

  isWishOfAll({ pointer, path }: Wish): boolean {
    const known = this.answers.get(pointer);
    if (known !== undefined) return known;
    const wanted = this.wanted.get(pointer) ?? new Map<string, string>();
    const isUnanimous =
      new Set(wanted.values()).size === 1 && this.heirs(pointer, path).every((heir) => wanted.has(heir));
    this.answers.set(pointer, isUnanimous);
    return isUnanimous;
  }

  /** The services for which the field is written there; in clusters without any cure nobody was asked. */
  private heirs(pointer: string, path: readonly (string | number)[]): string[] {
    // A field that an item of a list lacks is shared by all who have the item.
    const item = path.findLastIndex((part) => typeof part === 'number') + 1;
    const known = item > 0 ? path.slice(0, item) : path;
    return this.catalog.clusters.flatMap(({ name }) => {
      const cluster = this.clusters.get(name) ?? resolveCluster(this.catalog, name);
      return cluster.services
        .filter(
          (service) =>
            atPath(service, known) !== undefined &&
            pointerOf(writablePlace(this.catalog, cluster, service, path).path) === pointer,
        )
        .map((service) => `${name}/${service.name}`);
    });
  }
}
