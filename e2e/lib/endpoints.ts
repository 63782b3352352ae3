import type { KubeClient, LiveObject } from './kube-client';
import { sleep } from './wait';

/** What one Service led to over a time. */
export interface EndpointsSeen {
  readonly looks: number;
  /** Fewest ready pods that the selector matched at any look. */
  fewest: number;
  /** Milliseconds, about, in which the selector matched no ready pod or there was no Service. */
  emptyMilliseconds: number;
  /** Selectors in the order of their appearance. */
  readonly selectors: readonly string[];
}

const pollMilliseconds = 200;

/** Looks at Services and their pods again and again, as the endpoints controller would: by selector and readiness. */
export class EndpointsWatch {
  private readonly seen = new Map<
    string,
    { looks: number; fewest: number; emptyMilliseconds: number; selectors: string[] }
  >();
  private running: Promise<void> | undefined;
  private ending = false;

  constructor(
    private readonly client: KubeClient,
    private readonly namespace: string,
    private readonly services: readonly string[],
  ) {}

  start(): void {
    this.running = this.loop();
  }

  /** What has been seen so far. */
  now(service: string): EndpointsSeen | undefined {
    return this.seen.get(service);
  }

  /** Ends the watch; throws the error that ended it earlier. */
  async stop(): Promise<ReadonlyMap<string, EndpointsSeen>> {
    this.ending = true;
    await this.running;
    return this.seen;
  }

  private async loop(): Promise<void> {
    let last = Date.now();
    while (!this.ending) {
      const [services, pods] = await Promise.all([
        this.client.list('v1', 'Service', this.namespace),
        this.client.list('v1', 'Pod', this.namespace),
      ]);
      const now = Date.now();
      for (const name of this.services) {
        const selector: Record<string, string> | undefined = services.find(({ metadata }) => metadata.name === name)
          ?.spec.selector;
        const ready = selector ? pods.filter((pod) => isReady(pod) && matches(selector, pod)).length : 0;
        const entry = this.seen.get(name) ?? { looks: 0, fewest: ready, emptyMilliseconds: 0, selectors: [] };
        const text = selector ? JSON.stringify(selector) : 'no Service';
        entry.looks += 1;
        entry.fewest = Math.min(entry.fewest, ready);
        if (ready === 0) entry.emptyMilliseconds += now - last;
        if (entry.selectors.at(-1) !== text) entry.selectors.push(text);
        this.seen.set(name, entry);
      }
      last = now;
      await sleep(pollMilliseconds);
    }
  }
}

export function isReady({ metadata, status }: LiveObject): boolean {
  const condition = status?.conditions?.find(({ type }: { type: string }) => type === 'Ready');
  return condition?.status === 'True' && !metadata.deletionTimestamp;
}

const matches = (selector: Record<string, string>, { metadata }: LiveObject): boolean =>
  Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value);
