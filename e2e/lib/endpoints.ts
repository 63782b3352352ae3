import type { KubeClient, LiveObject, WatchEvent, Watching } from './kube-client';
import { waitFor } from './wait';

/** What one Service led to over a time. */
export interface EndpointsSeen {
  /** States of Services and pods that followed each other. */
  readonly looks: number;
  /** Fewest ready pods that the selector matched in any of them. */
  readonly fewest: number;
  /** Milliseconds, about, in which the selector matched no ready pod or there was no Service. */
  readonly emptyMilliseconds: number;
  /** Selectors in the order of their appearance. */
  readonly selectors: readonly string[];
}

/** A change, and when it was told of, in milliseconds since 1970. */
export interface Told extends WatchEvent {
  readonly at: number;
}

/** What was there at first, and all that changed since. */
export interface Course {
  readonly services: readonly LiveObject[];
  readonly pods: readonly LiveObject[];
  readonly startedAt: number;
  readonly events: readonly Told[];
  readonly endedAt: number;
  /** Changes up to this one belong to the first state: the two lists are not of the same moment. */
  readonly firstVersion: number;
}

const KINDS = ['Service', 'Pod'] as const;

/**
 * Follows Services and their pods, as the endpoints controller would: by selector and readiness, and by every change in the order in
 * which the API server made it. What looks at intervals does not see a pod that is gone and back between two of them.
 */
export class EndpointsWatch {
  private readonly events: Told[] = [];
  private readonly watches = new Map<(typeof KINDS)[number], Watching>();
  private startedAt = Number.NaN;

  constructor(
    private readonly client: KubeClient,
    private readonly namespace: string,
    private readonly services: readonly string[],
  ) {}

  async start(): Promise<void> {
    for (const kind of KINDS) {
      const of = { apiVersion: 'v1', kind, namespace: this.namespace };
      const watching = await this.client.watch(of, ({ type, object }) =>
        this.events.push({ type, object: { ...object, kind }, at: Date.now() }),
      );
      this.watches.set(kind, watching);
    }
    this.startedAt = Date.now();
  }

  /** What has been seen so far. */
  now(service: string): EndpointsSeen | undefined {
    return seenOf([service], this.course()).get(service);
  }

  /** Ends the watch, once it has told all that is; throws the error that ended it earlier. */
  async stop(): Promise<ReadonlyMap<string, EndpointsSeen>> {
    try {
      for (const kind of KINDS) await this.caughtUp(kind);
    } finally {
      for (const watching of this.watches.values()) watching.stop();
    }
    return seenOf(this.services, this.course());
  }

  /** Until what it has told makes what is there. */
  private async caughtUp(kind: (typeof KINDS)[number]): Promise<void> {
    const keyOf = ({ metadata }: LiveObject): string => `${metadata.uid} ${metadata.resourceVersion}`;
    await waitFor(
      `the watch of ${kind} to tell what is there`,
      async () => {
        const live = (await this.client.list('v1', kind, this.namespace)).map(keyOf).sort();
        const state = new State(this.course());
        for (const event of state.events) state.take(event);
        const told = [...(kind === 'Pod' ? state.pods : state.services).values()].map(keyOf).sort();
        return told.join() === live.join() ? true : undefined;
      },
      { timeoutSeconds: 20, pollMilliseconds: 100 },
    );
  }

  private course(): Course {
    const of = (kind: (typeof KINDS)[number]) => this.watches.get(kind)?.items ?? [];
    const versions = [...this.watches.values()].map(({ resourceVersion }) => resourceVersion);
    return {
      services: of('Service'),
      pods: of('Pod'),
      startedAt: this.startedAt,
      events: this.events,
      endedAt: Date.now(),
      firstVersion: Math.max(0, ...versions),
    };
  }
}

const versionOf = ({ object }: WatchEvent): number => Number(object.metadata.resourceVersion);

class State {
  readonly services: Map<string, LiveObject>;
  readonly pods: Map<string, LiveObject>;
  /** In the order in which they were made: of one etcd, which counts the versions of all kinds together. */
  readonly events: readonly Told[];

  constructor({ services, pods, events }: Course) {
    this.services = new Map(services.map((one) => [one.metadata.name, one]));
    this.pods = new Map(pods.map((one) => [one.metadata.uid, one]));
    this.events = [...events].sort((a, b) => versionOf(a) - versionOf(b));
  }

  take({ type, object }: WatchEvent): void {
    const { name, uid } = object.metadata;
    const [all, key] = object.kind === 'Pod' ? ([this.pods, uid] as const) : ([this.services, name] as const);
    if (type === 'DELETED') all.delete(key);
    else all.set(key, object);
  }

  /** The selector of a Service, and how many ready pods it matches. */
  endpointsOf(name: string): { readonly selector: string; readonly ready: number } {
    const selector: Record<string, string> | undefined = this.services.get(name)?.spec.selector;
    if (!selector) return { selector: 'no Service', ready: 0 };
    const ready = [...this.pods.values()].filter((pod) => isReady(pod) && matches(selector, pod)).length;
    return { selector: JSON.stringify(selector), ready };
  }
}

/** What the Services led to in each of the states that followed each other. */
export function seenOf(names: readonly string[], course: Course): ReadonlyMap<string, EndpointsSeen> {
  const state = new State(course);
  const seen = new Map<string, Seen>();
  const look = (since: number, until: number): void => {
    for (const name of names) {
      const { selector, ready } = state.endpointsOf(name);
      const entry = seen.get(name) ?? { looks: 0, fewest: ready, emptyMilliseconds: 0, selectors: [] };
      seen.set(name, entry);
      entry.looks += 1;
      entry.fewest = Math.min(entry.fewest, ready);
      if (ready === 0) entry.emptyMilliseconds += Math.max(0, until - since);
      if (entry.selectors.at(-1) !== selector) entry.selectors.push(selector);
    }
  };
  const later = state.events.filter((event) => versionOf(event) > course.firstVersion);
  for (const event of state.events) if (versionOf(event) <= course.firstVersion) state.take(event);
  look(course.startedAt, later[0]?.at ?? course.endedAt);
  for (const [index, event] of later.entries()) {
    state.take(event);
    look(event.at, later[index + 1]?.at ?? course.endedAt);
  }
  return seen;
}

interface Seen {
  looks: number;
  fewest: number;
  emptyMilliseconds: number;
  readonly selectors: string[];
}

export function isReady({ metadata, status }: LiveObject): boolean {
  const condition = status?.conditions?.find(({ type }: { type: string }) => type === 'Ready');
  return condition?.status === 'True' && !metadata.deletionTimestamp;
}

const matches = (selector: Record<string, string>, { metadata }: LiveObject): boolean =>
  Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value);
