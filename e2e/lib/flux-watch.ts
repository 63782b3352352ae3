import type { KubeClient, LiveObject } from './kube-client';
import { sleep } from './wait';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export const kustomizations = 'kustomize.toolkit.fluxcd.io/v1';

export const conditionOf = (object: LiveObject | undefined, type: string): Condition | undefined =>
  object?.status?.conditions?.find((one: Condition) => one.type === type);

/** What a Kustomization showed, from some moment on. */
export interface Shown {
  readonly name: string;
  /** Since the watch began. */
  readonly seconds: number;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Looks at the condition Ready of every Kustomization again and again, and remembers each change: what `flux get` would have shown. */
export class ReadyWatch {
  readonly shown: Shown[] = [];
  private readonly started = Date.now();
  private readonly last = new Map<string, string>();
  private running: Promise<void> = Promise.resolve();
  private ending = false;

  constructor(
    private readonly client: KubeClient,
    private readonly isWatched: (name: string) => boolean,
  ) {}

  get seconds(): number {
    return (Date.now() - this.started) / 1000;
  }

  start(): void {
    this.running = this.loop();
    // Who never stops it (a step that failed) does not see the error with which the end of the cluster ends it.
    this.running.catch(() => undefined);
  }

  /** Ends the watch; throws the error that ended it earlier. */
  async stop(): Promise<readonly Shown[]> {
    this.ending = true;
    await this.running;
    return this.shown;
  }

  private async loop(): Promise<void> {
    while (!this.ending) {
      for (const one of await this.client.list(kustomizations, 'Kustomization', 'flux-system')) {
        const { name } = one.metadata;
        const { status = 'none', reason = '', message = '' } = conditionOf(one, 'Ready') ?? {};
        const text = `${status} ${reason} ${withoutTimes(message)}`;
        if (!this.isWatched(name) || this.last.get(name) === text) continue;
        this.last.set(name, text);
        this.shown.push({ name, seconds: this.seconds, status, reason, message });
      }
      await sleep(250);
    }
  }
}

/** Only how long something took differs: not a change. */
const withoutTimes = (message: string): string => message.replaceAll(/\d+(\.\d+)?(ms|s|m)\b/g, '');

/** One apply of a Kustomization, as kustomize-controller logs it. */
export interface Applied {
  readonly kustomization: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `created`, `configured`, `unchanged`, `skipped`, `deleted`, by `Kind/namespace/name`. */
  readonly output: Readonly<Record<string, string>>;
}

/** Reads the log of kustomize-controller: what each apply did to each object. */
export function readApplies(log: string): Applied[] {
  return log.split('\n').flatMap((line) => {
    if (!line.includes('"server-side apply completed"')) return [];
    const { ts, name, output } = JSON.parse(line) as { ts: string; name: string; output: Record<string, string> };
    return [{ kustomization: name, at: Date.parse(ts), output }];
  });
}

/** A reconciliation that failed, as kustomize-controller logs it. */
export interface FailedReconciliation {
  readonly kustomization: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `main@sha1:…`. */
  readonly revision: string;
  readonly error: string;
}

/** Reads the log of kustomize-controller: which reconciliation of which revision failed, and why. */
export function readFailures(log: string): FailedReconciliation[] {
  return log.split('\n').flatMap((line) => {
    if (!line.includes('"Reconciliation failed after ')) return [];
    const { ts, name, revision, error } = JSON.parse(line) as Record<'ts' | 'name' | 'revision' | 'error', string>;
    return [{ kustomization: name, at: Date.parse(ts), revision, error }];
  });
}

/** Objects that an apply changed. */
export const changedBy = ({ kustomization, output }: Applied): string[] =>
  Object.entries(output)
    .filter(([, action]) => !['unchanged', 'skipped'].includes(action))
    .map(([name, action]) => `${kustomization}: ${name} ${action}`);
