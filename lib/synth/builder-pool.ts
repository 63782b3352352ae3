import { Worker } from 'node:worker_threads';
import type { Unit } from '../charts';
import type { BuildWorkerData, FromWorker, ToWorker, UnitMessage } from './build-worker';
import type { BuiltUnit, UnitBuilder } from './unit-builder';

/** Units that go to a worker at once; two such lots are on their way, so that it never waits. */
const LOT = 24;
/** Units that this thread builds before it looks for messages. */
const OWN_LOT = 4;
/** A worker builds one unit after the other and keeps none: it needs no more. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 192 };

/** A worker's pack. */
export interface PoolResult {
  readonly pack: string;
  readonly size: number;
}

/**
 * Builds units here and in workers at once. A worker has to load the construct library again, some 100 ms, so it pays
 * from some hundreds of units on. What somebody's own code builds (callbacks, `addUnit`) is built here: that code runs once, in one thread.
 */
export class BuilderPool {
  /** Positions of the units that a worker can build, too: their code is ours. */
  private readonly shared: number[] = [];
  /** Positions of those that only this thread has the code of; it begins with them. */
  private readonly local: number[] = [];
  private next = 0;
  private outstanding = 0;
  private failure: Error | undefined;
  private readonly workers: Worker[];
  private readonly results: PoolResult[] = [];
  private wake: () => void = () => undefined;

  /** @param built called with each unit, in any order */
  constructor(
    private readonly units: readonly Unit[],
    private readonly built: (index: number, unit: BuiltUnit) => void,
    script: string,
    count: number,
    private readonly options: BuildWorkerData,
  ) {
    for (const [index, { isLocal }] of units.entries()) (isLocal ? this.local : this.shared).push(index);
    this.workers = Array.from({ length: count }, (_, index) => {
      const worker = new Worker(script, {
        workerData: { ...options, name: `${options.name}-${index}` },
        resourceLimits: WORKER_LIMITS,
        stdout: false,
      });
      worker.on('message', (message: FromWorker) => this.receive(worker, message));
      worker.on('error', (error) => this.fail(error));
      return worker;
    });
  }

  /** @throws the first failure of the disk, here or in a worker */
  async run(own: UnitBuilder): Promise<readonly PoolResult[]> {
    try {
      for (const worker of this.workers) {
        this.feed(worker);
        this.feed(worker);
      }
      for (let lot = this.ownLot(); lot.length > 0; lot = this.ownLot()) {
        for (const index of lot) this.built(index, own.build(this.units[index]!, this.options.withText));
        await new Promise((resume) => setImmediate(resume));
        if (this.failure) throw this.failure;
      }
      await this.until(() => this.outstanding === 0);
      for (const worker of this.workers) worker.postMessage('finish' satisfies ToWorker);
      await this.until(() => this.results.length === this.workers.length);
      return this.results;
    } finally {
      await Promise.all(this.workers.map((worker) => worker.terminate()));
    }
  }

  private ownLot(): number[] {
    return this.local.length > 0 ? this.local.splice(0, OWN_LOT) : this.take(OWN_LOT);
  }

  private take(count: number): number[] {
    const taken = this.shared.slice(this.next, this.next + count);
    this.next += taken.length;
    return taken;
  }

  private feed(worker: Worker): void {
    const units = this.take(LOT).map((index): UnitMessage => {
      const { id, cluster, input } = this.units[index]!;
      return { index, id, cluster, input: JSON.stringify(input) };
    });
    if (units.length === 0) return;
    this.outstanding++;
    worker.postMessage({ units } satisfies ToWorker);
  }

  private receive(worker: Worker, message: FromWorker): void {
    if ('built' in message) {
      this.outstanding--;
      for (const { index, unit } of message.built) this.built(index, unit);
      this.feed(worker);
    } else if ('failed' in message) {
      this.fail(Object.assign(new Error(message.failed), message.code === undefined ? {} : { code: message.code }));
    } else {
      this.results.push({ pack: message.pack, size: message.size });
    }
    this.wake();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resume) => {
        this.wake = resume;
      });
    }
    if (this.failure) throw this.failure;
  }
}
