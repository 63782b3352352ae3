import { depths } from './call-graph';
import { madeObjects, objectId, type ServiceObject, usedObjects } from './objects';
import { calledServices } from './references';
import type { ResolvedService } from './resolve';

/** A service whose pods need an object that another service makes. */
export interface ObjectEdge {
  readonly user: ResolvedService;
  readonly maker: ResolvedService;
  /** As the user refers to it. */
  readonly object: ServiceObject;
}

/** In which order the services of a cluster are installed and released. */
export interface Waves {
  /** Whom each service must wait for: the services that it calls, and the makers of what its pods need. */
  readonly graph: ReadonlyMap<string, readonly string[]>;
  readonly objectEdges: readonly ObjectEdge[];
  /** The wave of a service: what the catalog says, else one more than the highest of those that it waits for. */
  levelOf(service: ResolvedService): number;
}

/** The checks ask, and then the plan. */
const known = new WeakMap<readonly ResolvedService[], Waves>();

/** The wave of each service, in the order of the services. */
export function levelsOf(services: readonly ResolvedService[]): readonly number[] {
  return services.map(wavesOf(services).levelOf);
}

/** Lets these services have the waves that they had, where nothing has changed that waves follow: to find them takes a look at each. */
export function keepLevels(services: readonly ResolvedService[], levels: readonly number[]): void {
  const kept = new Map(services.map((service, index) => [service, levels[index]!]));
  let computed: Waves | undefined;
  const whole = (): Waves => {
    computed ??= computeWaves(services);
    return computed;
  };
  known.set(services, {
    get graph() {
      return whole().graph;
    },
    get objectEdges() {
      return whole().objectEdges;
    },
    levelOf: (service) => kept.get(service)!,
  });
}

/** The services of a cluster by wave, and the graph that says so. */
export function wavesOf(services: readonly ResolvedService[]): Waves {
  const waves = known.get(services) ?? computeWaves(services);
  known.set(services, waves);
  return waves;
}

function computeWaves(services: readonly ResolvedService[]): Waves {
  const used = services.map(usedObjects);
  const wanted = new Set(used.flatMap((objects) => objects.map(objectId)));
  const makers = new Map<string, ResolvedService>();
  // Most services share nothing.
  if (wanted.size > 0)
    for (const service of services)
      for (const object of madeObjects(service)) {
        const id = objectId(object);
        if (wanted.has(id) && !makers.has(id)) makers.set(id, service);
      }
  const objectEdges: ObjectEdge[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const [index, service] of services.entries()) {
    const callees = calledServices(service);
    const edges = used[index]!.flatMap((object): ObjectEdge[] => {
      const maker = makers.get(objectId(object));
      return maker === undefined || maker === service ? [] : [{ user: service, maker, object }];
    });
    objectEdges.push(...edges);
    graph.set(
      service.name,
      edges.length === 0 ? callees : [...new Set([...callees, ...edges.map(({ maker }) => maker.name)])].sort(),
    );
  }
  const computed = depths(graph);
  return { graph, objectEdges, levelOf: ({ name, wave }) => wave ?? computed.get(name)! };
}

/** The shortest way from one service to another, both included. */
export function wayBetween(graph: Waves['graph'], from: string, to: string): string[] | undefined {
  const before = new Map<string, string | undefined>([[from, undefined]]);
  const queue = [from];
  for (const name of queue) {
    if (name === to) {
      const way: string[] = [];
      for (let at: string | undefined = to; at !== undefined; at = before.get(at)) way.unshift(at);
      return way;
    }
    for (const next of graph.get(name) ?? [])
      if (!before.has(next)) {
        before.set(next, name);
        queue.push(next);
      }
  }
  return undefined;
}
