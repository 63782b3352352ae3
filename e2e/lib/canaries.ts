import type { KubeClient, LiveObject } from './kube-client';
import { waitFor } from './wait';

export interface CanaryRef {
  readonly namespace: string;
  readonly name: string;
}

/** Texts of the Events on a Canary, oldest first: Flagger's own words. */
export async function canaryEvents(client: KubeClient, { namespace, name }: CanaryRef): Promise<string[]> {
  const events = await client.list('v1', 'Event', namespace);
  return events
    .filter(({ involvedObject }) => involvedObject.kind === 'Canary' && involvedObject.name === name)
    .sort((a, b) => eventTime(a).localeCompare(eventTime(b)) || order(a) - order(b))
    .map(({ message }) => String(message));
}

const eventTime = ({ firstTimestamp, eventTime: time }: LiveObject): string => String(firstTimestamp ?? time ?? '');
const order = ({ metadata }: LiveObject): number => Number(metadata.resourceVersion);

export async function getCanary(client: KubeClient, { namespace, name }: CanaryRef): Promise<LiveObject> {
  const canary = await client.get('flagger.app/v1beta1', 'Canary', namespace, name);
  if (!canary) throw new Error(`there is no Canary ${namespace}/${name}`);
  return canary;
}

/** Waits for one of the phases; when time is up, says which phase it is in and what Flagger said last. */
export function waitForPhase(
  client: KubeClient,
  ref: CanaryRef,
  phases: readonly string[],
  timeoutSeconds: number,
): Promise<string> {
  return waitFor(
    `Canary ${ref.namespace}/${ref.name} ${phases.join(' or ')}`,
    async () => {
      const phase = String((await getCanary(client, ref)).status?.phase ?? '');
      return phases.includes(phase) ? phase : undefined;
    },
    {
      timeoutSeconds,
      pollMilliseconds: 500,
      describe: async () => {
        const phase = (await getCanary(client, ref)).status?.phase ?? 'no phase';
        const events = await canaryEvents(client, ref);
        return `phase ${phase}; last events: ${events.slice(-3).join(' / ')}`;
      },
    },
  );
}

export interface Observed {
  readonly phase: string;
  /** Milliseconds since 1970 when it was first Progressing. */
  readonly startedAt: number;
  /** From the tick that detected the new revision to the last phase. */
  readonly seconds: number;
}

/** Follows many rollouts at once from their first Progressing to their end. */
export async function followRollouts(
  client: KubeClient,
  refs: readonly CanaryRef[],
  timeoutSeconds: number,
): Promise<Map<string, Observed>> {
  const started = new Map<string, number>();
  const ended = new Map<string, Observed>();
  const deadline = Date.now() + timeoutSeconds * 1000;
  const wanted = new Set(refs.map(({ namespace, name }) => `${namespace}/${name}`));
  while (ended.size < wanted.size && Date.now() < deadline) {
    for (const { metadata, status } of await client.list('flagger.app/v1beta1', 'Canary')) {
      const key = `${metadata.namespace}/${metadata.name}`;
      if (!wanted.has(key) || ended.has(key)) continue;
      const phase = String(status?.phase ?? '');
      if (!started.has(key)) {
        if (phase === 'Progressing') started.set(key, Date.now());
        continue;
      }
      if (phase === 'Succeeded' || phase === 'Failed') {
        const startedAt = started.get(key) ?? 0;
        ended.set(key, { phase, startedAt, seconds: (Date.now() - startedAt) / 1000 });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return ended;
}

/** What CanaryRollout says of itself: ticks to success and to rollback, in its annotation. */
export function announcedTicks(canary: LiveObject): { success: number; rollback: number } | undefined {
  const text = canary.metadata.annotations?.['aviary.dev/rollout-duration'];
  const match = /succeeds after (\d+) ticks .* rolls back after (\d+)/.exec(text ?? '');
  return match ? { success: Number(match[1]), rollback: Number(match[2]) } : undefined;
}
