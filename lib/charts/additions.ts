import { depths, type ResolvedService, wayBetween } from '../catalog';
import type { Finding } from '../findings';
import { nearest } from '../findings';
import type { AddedPlatformLayer } from './inputs';

/** The layer of the services: a file in it goes into the wave after all that it depends on. */
export const APPS = 'apps';

/** The platform's layers in the order in which they become ready; a cluster has those that it needs. */
export const PLATFORM_LAYERS = ['crds', 'monitoring', 'mesh', 'flagger', 'mesh-config'] as const;

/** What somebody adds to the tree of one cluster. Plain data: it is part of the input of the units that list it. */
export interface ClusterAdditions {
  readonly files: readonly AddedFile[];
  readonly layers: readonly AddedLayer[];
  /** By service: the added files (their ids) that it is released after. */
  readonly serviceAfter: Readonly<Record<string, readonly string[]>>;
}

/** A file that somebody adds to a layer. */
export interface AddedFile {
  /** Unique in the cluster; never the name of a service. */
  readonly id: string;
  /** `apps`, a layer of the platform or an added one. */
  readonly layer: string;
  /** In the folder: `gifts.yaml`; several where each resource has one. */
  readonly files: readonly string[];
  /** What comes first: names of services, ids of added files, `layer:<name>`. */
  readonly after: readonly string[];
  /** The longest rollout of its Canaries; absent where it has none. */
  readonly rolloutSeconds?: number;
}

/** A layer that somebody adds, and where it stands. */
export interface AddedLayer {
  readonly name: string;
  /** A layer, or `apps`: after the last wave. */
  readonly after: string;
  readonly before?: string;
}

/** Where the added files of a cluster are, and what that changes in what the catalog gives. */
export interface PlacedAdditions {
  /** Folder below the cluster's, by id of the file: `apps/wave-1`. */
  readonly folders: ReadonlyMap<string, string>;
  /** The wave of a service: an added file may come before it. */
  levelOf(service: ResolvedService): number;
  /** Added files by wave. */
  readonly waves: ReadonlyMap<number, readonly AddedFile[]>;
  /** For the platform: layers with files of their own. */
  readonly layers: readonly AddedPlatformLayer[];
  readonly findings: readonly Finding[];
}

/** Names that Kustomizations and folders of the tree have already. */
const TAKEN = /^(apps|apps-.*|flux-system|default-deny)$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

type Refuse = (code: string, message: string, rest: Pick<Finding, 'cause' | 'fix' | 'nearest'>) => void;

/** What the services of a cluster say of their order. */
interface ServiceOrder {
  /** Whom each service of the cluster waits for. */
  readonly references: ReadonlyMap<string, readonly string[]>;
  /** The wave that the catalog states for a service. */
  fixedWave(service: string): number | undefined;
}

/**
 * Puts added files into waves and layers.
 * @param references whom each service of the cluster waits for
 * @param fixedWave the wave that the catalog states for a service
 */
export function placeAdditions(
  cluster: string,
  additions: ClusterAdditions,
  references: ReadonlyMap<string, readonly string[]>,
  fixedWave: (service: string) => number | undefined,
): PlacedAdditions {
  const findings: Finding[] = [];
  const refuse: Refuse = (code, message, rest): void => {
    findings.push({ code, severity: 'error', place: { cluster }, message, ...rest });
  };
  const { files, layers, serviceAfter } = additions;
  const order = orderLayers(layers, refuse);
  for (const { id, layer } of files) {
    if (order.includes(layer)) continue;
    refuse('unknown-layer', `chart "${id}" is in layer "${layer}", which cluster "${cluster}" does not have`, {
      nearest: nearest(layer, order),
      fix: `Use one of ${order.join(', ')}, or make it with addLayer`,
    });
  }
  const graph = waveGraph(additions, references);
  const levels = waveLevels(graph, { references, fixedWave });
  const dependencies = new Dependencies(cluster, { additions, references, order, graph, levels }, refuse);
  for (const { id, layer, after } of files) for (const other of after) dependencies.check(id, layer, other);
  for (const [service, after] of Object.entries(serviceAfter)) dependencies.checkService(service, after);
  return {
    ...placeFiles(files, levels),
    levelOf: ({ name }) => levels.get(name)!,
    layers: platformLayers(order, layers, files),
    findings,
  };
}

type WaveGraph = ReadonlyMap<string, readonly string[]>;

/** Services and added files of the apps layer in one graph. */
function waveGraph(
  { files, serviceAfter }: ClusterAdditions,
  references: ReadonlyMap<string, readonly string[]>,
): WaveGraph {
  const known = new Map(files.map((file) => [file.id, file]));
  const inApps = (id: string): boolean => references.has(id) || known.get(id)?.layer === APPS;
  const graph = new Map<string, readonly string[]>();
  for (const [service, calls] of references)
    graph.set(service, [...calls, ...(serviceAfter[service] ?? []).filter(inApps)]);
  for (const { id, layer, after } of files) if (layer === APPS) graph.set(id, after.filter(inApps));
  return graph;
}

/** The wave of everything in the graph. */
function waveLevels(graph: WaveGraph, { references, fixedWave }: ServiceOrder): ReadonlyMap<string, number> {
  const computed = depths(graph);
  const levels = new Map<string, number>();
  const levelOf = (id: string, route: readonly string[] = []): number => {
    const level = levels.get(id);
    if (level !== undefined) return level;
    const fixed = fixedWave(id);
    if (fixed !== undefined || route.includes(id)) return fixed ?? computed.get(id)!;
    // A stated wave moves all that comes after it.
    const later = graph
      .get(id)!
      .filter((other) => graph.has(other) && computed.get(other)! < computed.get(id)!)
      .map((other) => levelOf(other, [...route, id]) + 1);
    const found = references.has(id) ? computed.get(id)! : Math.max(computed.get(id)!, ...later);
    levels.set(id, found);
    return found;
  };
  for (const id of graph.keys()) levels.set(id, levelOf(id));
  return levels;
}

/** Folders of the added files, and those of the apps layer by wave. */
function placeFiles(
  files: readonly AddedFile[],
  levels: ReadonlyMap<string, number>,
): Pick<PlacedAdditions, 'folders' | 'waves'> {
  const waves = new Map<number, AddedFile[]>();
  const folders = new Map<string, string>();
  for (const file of files) {
    if (file.layer !== APPS) {
      folders.set(file.id, file.layer);
      continue;
    }
    const level = levels.get(file.id)!;
    folders.set(file.id, `${APPS}/wave-${level}`);
    waves.set(level, [...(waves.get(level) ?? []), file]);
  }
  return { folders, waves };
}

/** What the dependencies of added files are held against. */
interface Placed {
  readonly additions: ClusterAdditions;
  readonly references: ReadonlyMap<string, readonly string[]>;
  readonly order: readonly string[];
  readonly graph: WaveGraph;
  readonly levels: ReadonlyMap<string, number>;
}

/** Whether what something depends on comes before it. */
class Dependencies {
  private readonly known: ReadonlyMap<string, AddedFile>;

  constructor(
    private readonly cluster: string,
    private readonly placed: Placed,
    private readonly refuse: Refuse,
  ) {
    this.known = new Map(placed.additions.files.map((file) => [file.id, file]));
  }

  /** What a service is said to be released after. */
  checkService(service: string, after: readonly string[]): void {
    const { references } = this.placed;
    if (references.has(service)) for (const other of after) this.check(service, APPS, other);
    else if (after.length > 0)
      this.refuse('unknown-dependency', `service "${service}" is not in cluster "${this.cluster}"`, {
        nearest: nearest(service, [...references.keys()]),
        fix: 'Name a service of the catalog that runs in this cluster',
      });
  }

  check(id: string, layer: string, after: string): void {
    if (after.startsWith('layer:')) this.checkLayer(id, layer, after.slice('layer:'.length));
    else if (this.placed.references.has(after) || this.known.has(after)) this.checkFile(id, layer, after);
    else
      this.refuse(
        'unknown-dependency',
        `"${id}" depends on service "${after}", which cluster "${this.cluster}" does not have`,
        {
          nearest: nearest(after, [...this.placed.references.keys()]),
          fix: 'Name a service of the catalog that runs in this cluster, or leave the dependency out',
        },
      );
  }

  private checkLayer(id: string, layer: string, name: string): void {
    if (this.position(name) < 0 || this.position(layer) >= this.position(name)) return;
    this.refuse(
      'dependency-against-order',
      `"${id}" in layer "${layer}" depends on layer "${name}", which comes later`,
      {
        cause: 'Flux applies a layer when the one before it is ready.',
        fix: `Put "${id}" into a later layer, or "${name}" before "${layer}"`,
      },
    );
  }

  private checkFile(id: string, layer: string, after: string): void {
    const { references, graph, levels } = this.placed;
    const theirs = references.has(after) ? APPS : this.known.get(after)!.layer;
    if (this.position(theirs) < this.position(layer) || this.position(theirs) < 0) return;
    if (theirs === layer) {
      if (layer !== APPS || levels.get(id)! > levels.get(after)!) return;
      const route = wayBetween(graph, after, id);
      if (route) {
        this.refuse('dependency-cycle', `"${id}" waits for itself: ${[id, ...route].join(' → ')}`, {
          cause: 'A wave is applied when the one before it is ready, so nothing in the circle could be the first.',
          fix: `Remove one of these dependencies, such as that of "${id}" on "${after}"`,
        });
        return;
      }
    }
    this.refuse(
      'dependency-against-order',
      `"${id}" in layer "${layer}" depends on "${after}", which is applied ${theirs === layer ? 'in the same wave or later' : `in layer "${theirs}", after it`}`,
      {
        cause: 'Flux applies a layer, and a wave of services, when the one before it is ready.',
        fix:
          theirs === layer
            ? `Leave "wave" of "${id}" out, or state a later one`
            : `Put "${id}" into a layer after "${theirs}", or remove the dependency`,
      },
    );
  }

  private position(layer: string): number {
    return this.placed.order.indexOf(layer);
  }
}

/** All layers of a cluster in their order, `apps` among them. */
function orderLayers(layers: readonly AddedLayer[], refuse: Refuse): string[] {
  const order: string[] = [...PLATFORM_LAYERS, APPS];
  const follows = new Map<string, string>();
  for (const { name, after, before } of layers) {
    if (!DNS_LABEL.test(name) || TAKEN.test(name) || order.includes(name)) {
      refuse('wrong-layer-name', `"${name}" cannot be the name of a layer`, {
        cause: order.includes(name) ? 'There is a layer of that name.' : undefined,
        fix: 'Give it a name of its own: lower-case letters, digits and hyphens, not beginning with "apps-"',
      });
      continue;
    }
    if (!order.includes(after)) {
      refuse('unknown-layer', `layer "${name}" comes after "${after}", which is no layer`, {
        nearest: nearest(after, order),
        fix: `Use one of ${order.join(', ')}`,
      });
      continue;
    }
    // Behind those that were put after the same one before.
    let index = order.indexOf(after) + 1;
    while (follows.get(order[index] ?? '') === after) index++;
    order.splice(index, 0, name);
    follows.set(name, after);
    if (before === undefined || order.indexOf(before) > index) continue;
    refuse('dependency-against-order', `layer "${name}" cannot come after "${after}" and before "${before}"`, {
      nearest: order.includes(before) ? undefined : nearest(before, order),
      cause: `The order is ${order.join(', ')}.`,
      fix: 'Give after and before in that order',
    });
  }
  return order;
}

/** What the platform has to know: layers that get files, each after the one before it. */
function platformLayers(
  order: readonly string[],
  added: readonly AddedLayer[],
  files: readonly AddedFile[],
): AddedPlatformLayer[] {
  const own = new Set(added.map(({ name }) => name));
  return order.flatMap((name, index): AddedPlatformLayer[] => {
    const inLayer = files.filter(({ layer }) => layer === name);
    if (name === APPS || (inLayer.length === 0 && !own.has(name))) return [];
    const rollouts = inLayer.flatMap(({ rolloutSeconds }) => rolloutSeconds ?? []);
    return [
      {
        name,
        ...(own.has(name) ? { after: order[index - 1]! } : {}),
        files: inLayer.flatMap((file) => file.files),
        ...(rollouts.length > 0 ? { rolloutSeconds: Math.max(...rollouts) } : {}),
      },
    ];
  });
}
