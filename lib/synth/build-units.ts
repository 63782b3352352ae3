import * as os from 'node:os';
import * as path from 'node:path';
import type { Unit } from '../charts';
import type { Finding } from '../findings';
import { type FileSystem, type Tree, type TreeFile, textDigest } from '../tree';
import type { BuildWorkerData } from './build-worker';
import type { CachedUnit } from './cache';
import { changedSinceCheck } from './changed-units';
import { milliseconds } from './clock';
import { digest, type LastRun } from './last-run';
import type { Plan, SynthOptions } from './plan';
import type { RenderedFile } from './render';
import type { BuiltUnit, UnitBuilder, UnitBuilderOptions } from './unit-builder';

/** A unit with its files as they will stand in the tree. */
export type PlacedUnit = Omit<CachedUnit, 'files'> & {
  readonly files: readonly TreeFile[];
  readonly findings?: readonly Finding[];
};

/** From so many on that a worker can build a second thread saves more than it costs. Measured: bench/RESULTS.md. */
const MIN_UNITS_FOR_WORKERS = 400;
/** More threads than this wait for the disk. */
const MAX_THREADS = 4;

/** What building asks for. */
export interface Building {
  readonly plan: Plan;
  readonly tree: Tree;
  readonly last: LastRun;
  readonly builder: UnitBuilder;
  readonly builderOptions: Omit<UnitBuilderOptions, 'fs'>;
  readonly fs: FileSystem;
  readonly options: SynthOptions;
  /** Called with each unit that was built. */
  readonly onBuilt: (unit: BuiltUnit) => void;
}

/** What building gives. */
export interface Built {
  readonly units: readonly PlacedUnit[];
  /** The objects of units that were built, where they are checked as a whole. */
  readonly parsed: Map<string, readonly RenderedFile[]>;
  /** Packs that workers wrote, with their sizes. */
  readonly packs: Readonly<Record<string, number>>;
}

interface MissingUnit {
  readonly unit: Unit;
  readonly index: number;
  readonly key: string;
}

/** Phase "build": each unit from the cache where its key is known, built where not. */
export async function buildUnits(building: Building): Promise<Built> {
  const { plan, last, builder, builderOptions, options } = building;
  const { units } = plan;
  const placed: PlacedUnit[] = new Array(units.length);
  const missing: MissingUnit[] = [];
  const keys = keysOf(plan, last);
  units.forEach((unit, index) => {
    const { key } = keys[index]!;
    const cached = fromCache(building, unit, key);
    if (cached) placed[index] = cached;
    else missing.push({ unit, index, key });
  });
  const parsed = new Map<string, readonly RenderedFile[]>();
  // What will be checked as a whole is parsed now, while the other threads build: at the check this thread is alone.
  const withText = options.check !== undefined && changedSinceCheck(keys, last) === undefined;
  const progress = new Progress(missing.length, options.onProgress);
  const packs = await build(
    missing.map(({ unit }) => unit),
    (position, { text, ...built }) => {
      const { unit, index, key } = missing[position]!;
      building.onBuilt(built);
      if (text !== undefined) parsed.set(unit.id, JSON.parse(text) as RenderedFile[]);
      placed[index] = { ...built, key, cluster: unit.cluster };
      progress.step();
    },
    builder,
    { ...builderOptions, withText },
    options,
  );
  return { units: placed, parsed, packs };
}

/** Of each unit, digest of all that it depends on. */
function keysOf({ units, isSame }: Plan, last: LastRun): { readonly id: string; readonly key: string }[] {
  const { salt } = last;
  const ids = new Set<string>();
  return units.map((unit) => {
    if (ids.has(unit.id)) throw new Error(`two units have the id "${unit.id}"`);
    ids.add(unit.id);
    const known = isSame?.(unit) ? last.unit(unit.id)?.key : undefined;
    const own = unit.salt === undefined ? '' : `\0${unit.salt}`;
    const key = known ?? digest(`${salt}\0${unit.cluster}\0${JSON.stringify(unit.input)}${own}`);
    return { id: unit.id, key };
  });
}

/** Here, and in workers when there is enough to do for them. */
async function build(
  units: readonly Unit[],
  built: (position: number, unit: BuiltUnit) => void,
  builder: UnitBuilder,
  builderOptions: BuildWorkerData,
  { workerScript, threads = Math.min(os.availableParallelism(), MAX_THREADS) }: SynthOptions,
): Promise<Readonly<Record<string, number>>> {
  const shared = units.reduce((count, { isLocal }) => (isLocal ? count : count + 1), 0);
  const workers = shared < MIN_UNITS_FOR_WORKERS ? 0 : threads - 1;
  if (workerScript !== undefined && workers >= 1) {
    const { BuilderPool } = require('./builder-pool') as typeof import('./builder-pool');
    const packs = await new BuilderPool(units, built, workerScript, workers, builderOptions).run(builder);
    return Object.fromEntries(packs.map(({ pack, size }) => [pack, size]));
  }
  let lastPause = milliseconds();
  for (const [position, unit] of units.entries()) {
    built(position, builder.build(unit, builderOptions.withText));
    if (milliseconds() - lastPause < 50) continue;
    await new Promise((resume) => setImmediate(resume));
    lastPause = milliseconds();
  }
  return {};
}

/** The unit with its files as they are in the tree, or staged anew; undefined where it has to be built. */
function fromCache(
  { last, tree, fs, builder, builderOptions }: Building,
  unit: Unit,
  key: string,
): PlacedUnit | undefined {
  const cached = last.unit(unit.id);
  if (cached?.key !== key) return undefined;
  let texts: Map<string, string> | undefined;
  const files: TreeFile[] = [];
  for (const file of cached.files) {
    if (tree.files.has(file.path)) {
      if (last.isAsWritten(file)) {
        files.push(file);
        continue;
      }
      if (textDigest(fs.readFileSync(path.join(builderOptions.outdir, file.path))) === file.digest) {
        files.push({ path: file.path, digest: file.digest });
        continue;
      }
    }
    texts ??= last.textsOf(cached);
    const text = texts.get(file.path);
    if (text === undefined || textDigest(text) !== file.digest) return undefined;
    files.push(builder.stage(file.path, text));
  }
  return { ...cached, files };
}

/** Tells how far it is, now and then. */
class Progress {
  private done = 0;
  private last = milliseconds();

  constructor(
    private readonly total: number,
    private readonly report: SynthOptions['onProgress'],
  ) {}

  step(): void {
    this.done++;
    if (!this.report || milliseconds() - this.last < 50) return;
    this.last = milliseconds();
    this.report(this.done, this.total);
  }
}
