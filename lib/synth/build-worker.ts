import { parentPort, workerData } from 'node:worker_threads';
import type { App } from 'cdk8s';
import type { UnitInput } from '../charts';
import { realFileSystem } from '../tree';
import { type BuiltUnit, UnitBuilder, type UnitBuilderOptions } from './unit-builder';

/** A unit on its way to a worker: its input as JSON, which is cheaper to hand over than objects. */
export interface UnitMessage {
  readonly index: number;
  readonly id: string;
  readonly cluster: string;
  readonly input: string;
}

/** Units to build, or the end of the work. */
export type ToWorker = { readonly units: readonly UnitMessage[] } | 'finish';

/** What a worker answers. */
export type FromWorker =
  | { readonly built: readonly { readonly index: number; readonly unit: BuiltUnit }[] }
  | { readonly pack: string; readonly size: number }
  | { readonly failed: string; readonly code?: string };

/** What a worker is started with. */
export interface BuildWorkerData extends Omit<UnitBuilderOptions, 'fs'> {
  /** Whether it sends the objects' texts too. */
  readonly withText: boolean;
}

/** The other end of `BuilderPool`: builds what it is sent with a builder of its own. */
export function runBuildWorker(): void {
  const port = parentPort!;
  const { withText, ...options } = workerData as BuildWorkerData;
  const builder = new UnitBuilder({ ...options, fs: realFileSystem });
  const answer = (message: FromWorker): void => port.postMessage(message);
  port.on('message', (message: ToWorker) => {
    try {
      if (message === 'finish') {
        builder.flush();
        builder.close();
        answer(builder.packSize);
        port.close();
      } else {
        answer({ built: message.units.map((unit) => ({ index: unit.index, unit: build(builder, unit, withText) })) });
      }
    } catch (error) {
      const { message: text, code } = error as NodeJS.ErrnoException;
      answer({ failed: text, code });
    }
  });
}

function build(builder: UnitBuilder, { id, cluster, input }: UnitMessage, withText: boolean): BuiltUnit {
  const { buildUnit } = require('../charts/build') as typeof import('../charts/build');
  const unit = { id, cluster, input, build: (app: App) => buildUnit(app, JSON.parse(input) as UnitInput) };
  return builder.build(unit, withText);
}
