import { createHash, randomBytes } from 'node:crypto';
import * as os from 'node:os';
import * as path from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Unit } from '../charts';
import type { Finding } from '../findings';
import type { KubeObject } from '../kube';
import {
  acquireWorkFolder,
  diskFinding,
  errorCode,
  type FileSystem,
  foreignFiles,
  INDEX_FILE,
  indexedFiles,
  isHalfReplaced,
  isSameSignature,
  type Operation,
  realFileSystem,
  realOutdir,
  refusedOutdir,
  releaseIndex,
  replaceFiles,
  replaceTree,
  scanTree,
  signatureOf,
  type Tree,
  type TreeFile,
  textDigest,
  unknownFiles,
  type WorkFolder,
} from '../tree';
import type { BuildWorkerData } from './build-worker';
import { Cache, type CachedFile, type CachedUnit, type CacheState } from './cache';
import { YamlEmitter } from './emit-yaml';
import * as problems from './findings';
import { generatedText } from './generated';
import { objectId } from './object-id';
import { DamagedCache, type PackEntry, PackReader } from './pack';
import type { RenderedFile } from './render';
import type { SynthSummary } from './summary';
import { type BuiltUnit, UnitBuilder, type UnitBuilderOptions } from './unit-builder';

/** An object with where it comes from, for a check. */
export interface CheckedObject {
  readonly object: KubeObject;
  readonly unit: string;
  readonly cluster: string;
  /** Below the output folder. */
  readonly file: string;
  /** Position in the whole tree. */
  readonly position: number;
}

/** What a check may look at. */
export interface CheckRequest {
  /** The units in their order. */
  readonly units: readonly Unit[];
  /** The objects of all units, or of those that are named. */
  objects(units?: ReadonlySet<string>): Iterable<CheckedObject>;
  /** The last run's check, when the same code made the same units of other input. */
  readonly last?: LastCheck;
}

/** What the last run's check kept, and what has changed since. */
export interface LastCheck {
  readonly kept: unknown;
  /** The units of another input, with their files then and now. */
  readonly changed: readonly ChangedUnit[];
}

export interface ChangedUnit {
  readonly unit: Unit;
  readonly before: readonly RenderedFile[];
  readonly after: readonly RenderedFile[];
}

export interface CheckOutcome {
  readonly findings: readonly Finding[];
  /** Plain data for the next run's check. */
  readonly keep?: unknown;
}

/** What is to be synthesized. */
export interface Plan {
  readonly units: readonly Unit[];
  /** What was found on the way to it; an error stops the run. */
  readonly findings?: readonly Finding[];
  /** What the step from the tree that is there to the planned one does: shown once, and not again when nothing changes. */
  readonly changes?: readonly Finding[];
  /** For the summary. @default the number of units */
  readonly services?: number;
  readonly keep?: KeptPlan;
  /** Whether a unit's input is known to be what it was when the last run kept its plan. */
  readonly isSame?: (unit: Unit) => boolean;
}

/** @param last what the last written run's plan has kept */
export type MakePlan = (last?: KeptPlan) => Plan;

/** What a plan keeps for the next run's plan, when the same code makes it. */
export interface KeptPlan {
  /** May be long. */
  readonly text: string;
  /** Plain data. */
  readonly data: unknown;
}

export interface SynthOptions {
  /** The folder that gets the tree. */
  readonly outdir: string;
  /** Where caches lie; without it nothing is remembered. */
  readonly cacheDir?: string;
  /** Digest of all code that makes objects of inputs. Without it nothing is remembered. */
  readonly codeDigest?: string;
  /** Digest of all that `plan` reads: when it and the code are those of the last run, `plan` is not called. */
  readonly fingerprint?: string;
  /** Replaces files in the output folder that no synth wrote. @default false */
  readonly force?: boolean;
  /** When the run fails and the output folder is gone, the last tree is put back: `cdk8s synth` deletes it at its start. @default false */
  readonly restore?: boolean;
  /** Looks at all objects before anything is written; an error stops the run. */
  readonly check?: (request: CheckRequest) => CheckOutcome | Promise<CheckOutcome>;
  readonly onProgress?: (done: number, total: number) => void;
  /** One line that the user should see, such as that a damaged cache is not used. */
  readonly onNotice?: (line: string) => void;
  /** Script that runs a build worker; without it all is built in this thread. Only for units that `planUnits` made. */
  readonly workerScript?: string;
  /** Threads that build. @default as many as the machine has cores, four at most */
  readonly threads?: number;
  /** @default the disk */
  readonly fs?: FileSystem;
}

/** The counted work: exact numbers, for tests of growth. */
export interface SynthWork {
  readonly unitsBuilt: number;
  readonly constructsVisited: number;
  readonly objectsRendered: number;
  /** Objects that the check has read. */
  readonly objectsChecked: number;
}

export interface SynthResult {
  readonly findings: readonly Finding[];
  /** Undefined when an error stopped the run: the tree is as it was. */
  readonly summary?: SynthSummary;
  readonly work: SynthWork;
}

/**
 * Renders the units and replaces the output folder in one step. Files that are equal stay untouched. Bad input and
 * failures of the disk are findings; then the tree is as it was.
 */
export async function synthesize(plan: MakePlan | Plan, options: SynthOptions): Promise<SynthResult> {
  const started = performance.now();
  const run = new Run(options);
  try {
    const outcome = await run.execute(plan);
    return {
      findings: outcome.findings,
      summary: outcome.summary && { ...outcome.summary, milliseconds: performance.now() - started },
      work: run.work,
    };
  } catch (error) {
    const finding = diskFinding(error, options.outdir);
    if (!finding) throw error;
    return { findings: [finding], work: run.work };
  }
}

interface Outcome {
  readonly findings: readonly Finding[];
  readonly summary?: Omit<SynthSummary, 'milliseconds'>;
}

/** A unit with its files as they will stand in the tree. */
type PlacedUnit = Omit<CachedUnit, 'files'> & {
  readonly files: readonly TreeFile[];
  readonly findings?: readonly Finding[];
};

/** From here on a second thread saves more than it costs. Measured: bench/RESULTS.md. */
const MIN_UNITS_FOR_WORKERS = 400;
/** More threads than this wait for the disk. */
const MAX_THREADS = 4;

/** When more units than this share have changed, everything is checked anew. */
const MAX_CHANGED_SHARE = 0.1;

/** The folder beside the output folder cannot be made. */
const READ_ONLY = ['EACCES', 'EPERM', 'EROFS'];

const hasError = (findings: readonly Finding[]): boolean => findings.some(({ severity }) => severity === 'error');

class Run {
  private readonly fs: FileSystem;
  private readonly outdir: string;
  private cache: Cache | undefined;
  private previous: CacheState | undefined;
  /** Packs that workers wrote, with their sizes. */
  private readonly newPacks: Record<string, number> = {};
  private readonly counts = {
    unitsBuilt: 0,
    constructsVisited: 0,
    objectsRendered: 0,
    objectsChecked: 0,
  };

  constructor(private readonly options: SynthOptions) {
    this.fs = options.fs ?? realFileSystem;
    this.outdir = realOutdir(this.fs, options.outdir);
  }

  /** The objects of units that were built in this run and are checked as a whole. */
  private readonly parsed = new Map<string, readonly RenderedFile[]>();
  private readonly phases = { plan: 0, build: 0, check: 0, write: 0 };
  private marked = 0;

  /** Milliseconds since it was called last. */
  private mark(): number {
    const before = this.marked;
    this.marked = performance.now();
    return this.marked - before;
  }

  get work(): SynthWork {
    return this.counts;
  }

  async execute(plan: MakePlan | Plan): Promise<Outcome> {
    const { fs, outdir } = this;
    const refusal = refusedOutdir(outdir, process.cwd());
    if (refusal) return { findings: [refusal] };
    let work: WorkFolder;
    try {
      work = acquireWorkFolder(fs, outdir);
    } catch (error) {
      // Where nothing has to be written, nothing has to be writable.
      if (!READ_ONLY.includes(errorCode(error) ?? '')) throw error;
      this.openCache();
      const unchanged = this.unchanged();
      if (!unchanged) throw error;
      return unchanged;
    }
    let isClean = true;
    try {
      this.openCache();
      const unchanged = this.unchanged();
      if (unchanged) return unchanged;
      this.mark();
      const planned = typeof plan === 'function' ? plan(this.lastPlan()) : plan;
      this.phases.plan = this.mark();
      const outcome = hasError(planned.findings ?? [])
        ? { findings: planned.findings! }
        : await this.synthesizeSafely(planned, work);
      if (!outcome.summary && this.options.restore) this.restore(work);
      return outcome;
    } catch (error) {
      isClean = !isHalfReplaced(fs, work.path);
      throw error;
    } finally {
      this.cache?.close();
      // A tree that could be neither replaced nor put back is left to the next run, with all that belongs to it.
      if (isClean) work.release();
      else work.abandon();
    }
  }

  private openCache(): void {
    const { cacheDir, codeDigest, onNotice } = this.options;
    if (cacheDir === undefined || codeDigest === undefined) return;
    try {
      this.cache = Cache.open(this.fs, cacheDir, this.outdir);
      this.previous = this.cache.load();
    } catch (error) {
      if (error instanceof DamagedCache) this.dropCache(error);
      else if (errorCode(error) === undefined) throw error;
      else onNotice?.(`The cache cannot be used (${(error as Error).message}): everything is built.`);
    }
  }

  private lastPlan(): KeptPlan | undefined {
    const { plan } = this.previous ?? {};
    if (plan?.code !== this.salt) return undefined;
    try {
      return { text: this.cache!.text(plan.text), data: plan.data };
    } catch (error) {
      if (!(error instanceof DamagedCache)) throw error;
      this.dropCache(error);
      return undefined;
    }
  }

  /** Damage is worth one line, and the work of a first run. */
  private dropCache(error: DamagedCache): void {
    this.options.onNotice?.(`The cache is damaged (${error.message}): everything is built anew.`);
    this.previous = undefined;
    this.previousById = undefined;
    this.cache?.clear();
  }

  /** Damage is seen before anything was written: the run starts again without the cache's contents. */
  private async synthesizeSafely(plan: Plan, work: WorkFolder): Promise<Outcome> {
    try {
      return await this.synthesize(plan, work);
    } catch (error) {
      if (!(error instanceof DamagedCache) || !this.previous) throw error;
      this.dropCache(error);
      return this.synthesize(plan, work);
    }
  }

  /** The outcome when the last run read the same and its tree still stands. */
  private unchanged(): Outcome | undefined {
    const { previous } = this;
    const { fingerprint, check } = this.options;
    if (!previous || fingerprint === undefined || previous.fingerprint !== this.fullFingerprint()) return undefined;
    if (check !== undefined && previous.check === undefined) return undefined;
    const tree = scanTree(this.fs, this.outdir);
    let count = 0;
    for (const file of cachedFiles(previous)) {
      if (!tree.files.has(file.path) || !this.isAsWritten(file)) return undefined;
      count++;
    }
    if (count !== tree.files.size || tree.others.length > 0) return undefined;
    return { findings: previous.findings, summary: summaryOf(previous, { written: 0, removed: 0, unchanged: count }) };
  }

  private fullFingerprint(): string | undefined {
    const { fingerprint, codeDigest } = this.options;
    return fingerprint && digest(`${codeDigest}\0${environmentKey()}\0${fingerprint}`);
  }

  /** What a unit is made by, besides its input. */
  private get salt(): string {
    return `${this.options.codeDigest}\0${environmentKey()}`;
  }

  private checkRequest(plan: Plan, units: readonly PlacedUnit[], reader: PackReader): CheckRequest {
    const { counts, parsed } = this;
    return {
      units: plan.units,
      *objects(named) {
        let position = 0;
        for (const unit of units) {
          if (named && !named.has(unit.id)) {
            position += unit.objects;
            continue;
          }
          // One unit at a time: a big tree does not have to be in memory.
          for (const { path: file, documents } of parsed.get(unit.id) ?? filesOf(unit, reader))
            for (const object of documents) {
              counts.objectsChecked++;
              yield {
                object: object as KubeObject,
                unit: unit.id,
                cluster: unit.cluster,
                file,
                position: position++,
              };
            }
        }
      },
      last: this.lastCheck(plan, units, reader),
    };
  }

  /** Nothing when the last check was another code's, or the units are others. */
  private lastCheck(plan: Plan, units: readonly PlacedUnit[], reader: PackReader): LastCheck | undefined {
    const { previous } = this;
    const changed = this.changedSinceCheck(units);
    if (!previous?.check || !changed) return undefined;
    return {
      kept: previous.check.keep,
      changed: changed.map((index) => ({
        unit: plan.units[index]!,
        before: filesOf(previous.units[index]!, reader),
        after: filesOf(units[index]!, reader),
      })),
    };
  }

  /** Positions of the units that are not as they were checked last; undefined where everything is to be checked. */
  private changedSinceCheck(units: readonly { readonly id: string; readonly key: string }[]): number[] | undefined {
    const { previous } = this;
    if (!previous?.check?.keep || previous.check.code !== this.salt || previous.units.length !== units.length)
      return undefined;
    const changed: number[] = [];
    for (const [index, { id, key }] of units.entries()) {
      const before = previous.units[index]!;
      if (before.id !== id) return undefined;
      if (before.key !== key) changed.push(index);
    }
    // Each of them is read twice, and what it touches too: many are better looked at in one go.
    return changed.length > MAX_CHANGED_SHARE * units.length ? undefined : changed;
  }

  private isAsWritten({ path: file, signature }: CachedFile): boolean {
    return isSameSignature(signature, signatureOf(this.fs, path.join(this.outdir, file)));
  }

  private async synthesize(plan: Plan, work: WorkFolder): Promise<Outcome> {
    const { fs, outdir, options } = this;
    const tree = scanTree(fs, outdir);
    const staging = path.join(work.path, 'new');
    fs.mkdirSync(staging, { recursive: true });
    const packFolder = this.cache?.folder ?? work.path;
    const builderOptions = {
      outdir,
      existing: tree.files,
      stagingFolder: staging,
      packFolder,
      name: `units-${randomBytes(6).toString('hex')}`,
    };
    const builder = new UnitBuilder({ ...builderOptions, fs });
    const reader = new PackReader(fs, [packFolder]);
    try {
      const units = await this.placeUnits(plan, tree, builder, builderOptions);
      const findings: Finding[] = [...(plan.findings ?? []), ...units.flatMap((unit) => unit.findings ?? [])];
      const indexText = releaseIndex(units);
      const index = { ...builder.stage(INDEX_FILE, indexText), entry: builder.addText(indexText) };
      builder.flush();

      const isNamedAnew = units.length !== this.previous?.units.length || units.some((unit) => this.namesOthers(unit));
      if (isNamedAnew) findings.push(...duplicates(units, reader));
      const known = this.knownFiles(tree);
      const files = new Map<string, TreeFile>();
      for (const unit of units) for (const file of unit.files) files.set(file.path, file);
      files.set(INDEX_FILE, index);
      const foreign = unknownFiles(tree, known, files);
      if (!hasError(findings))
        findings.push(...foreignFiles(options.outdir, foreign, tree.others, options.force === true));
      if (hasError(findings)) return { findings };
      this.phases.build = this.mark();
      let check: CacheState['check'];
      if (options.check) {
        const outcome = await options.check(this.checkRequest(plan, units, reader));
        this.parsed.clear();
        findings.push(...outcome.findings);
        if (hasError(findings)) return { findings };
        check = { code: this.salt, keep: outcome.keep };
        this.phases.check = this.mark();
      }
      const replaced = replaceTree(fs, { outdir, work: work.path }, tree, files);
      const state = this.newState(plan, [...findings], check, units, index, builder);
      findings.unshift(...(plan.changes ?? []));
      this.saveState(state, plan.keep);
      this.phases.write = this.mark();
      return {
        findings,
        summary: {
          ...summaryOf(state, replaced),
          phases: this.phases,
        },
      };
    } finally {
      builder.close();
      reader.close();
    }
  }

  /** Each unit from the cache where its key is known, built where not. */
  private async placeUnits(
    { units, isSame }: Plan,
    tree: Tree,
    builder: UnitBuilder,
    builderOptions: Omit<UnitBuilderOptions, 'fs'>,
  ): Promise<PlacedUnit[]> {
    const { salt } = this;
    const ids = new Set<string>();
    const placed: PlacedUnit[] = new Array(units.length);
    const missing: { readonly unit: Unit; readonly index: number; readonly key: string }[] = [];
    const keys: { readonly id: string; readonly key: string }[] = [];
    units.forEach((unit, index) => {
      if (ids.has(unit.id)) throw new Error(`two units have the id "${unit.id}"`);
      ids.add(unit.id);
      const known = isSame?.(unit) ? this.previousUnit(unit.id)?.key : undefined;
      const own = unit.salt === undefined ? '' : `\0${unit.salt}`;
      const key = known ?? digest(`${salt}\0${unit.cluster}\0${JSON.stringify(unit.input)}${own}`);
      keys.push({ id: unit.id, key });
      const cached = this.fromCache(unit, key, tree, builder);
      if (cached) placed[index] = cached;
      else missing.push({ unit, index, key });
    });
    this.parsed.clear();
    // What will be checked as a whole is parsed now, while the other threads build: at the check this thread is alone.
    const withText = this.options.check !== undefined && this.changedSinceCheck(keys) === undefined;
    const progress = new Progress(missing.length, this.options.onProgress);
    await this.build(
      missing.map(({ unit }) => unit),
      (position, { text, ...built }) => {
        const { unit, index, key } = missing[position]!;
        this.count(built);
        if (text !== undefined) this.parsed.set(unit.id, JSON.parse(text) as RenderedFile[]);
        placed[index] = { ...built, key, cluster: unit.cluster };
        progress.step();
      },
      builder,
      { ...builderOptions, withText },
    );
    return placed;
  }

  /** Here, and in workers when there is enough to do for them. */
  private async build(
    units: readonly Unit[],
    built: (position: number, unit: BuiltUnit) => void,
    builder: UnitBuilder,
    builderOptions: BuildWorkerData,
  ): Promise<void> {
    const { workerScript, threads = Math.min(os.availableParallelism(), MAX_THREADS) } = this.options;
    const workers = units.length < MIN_UNITS_FOR_WORKERS || units.some(({ isLocal }) => isLocal) ? 0 : threads - 1;
    if (workerScript === undefined || workers < 1) {
      let lastPause = performance.now();
      for (const [position, unit] of units.entries()) {
        built(position, builder.build(unit, builderOptions.withText));
        if (performance.now() - lastPause < 50) continue;
        await new Promise((resume) => setImmediate(resume));
        lastPause = performance.now();
      }
      return;
    }
    const { BuilderPool } = require('./builder-pool') as typeof import('./builder-pool');
    const packs = await new BuilderPool(units, built, workerScript, workers, builderOptions).run(builder);
    for (const { pack, size } of packs) this.newPacks[pack] = size;
  }

  private fromCache(unit: Unit, key: string, tree: Tree, builder: UnitBuilder): PlacedUnit | undefined {
    const cached = this.previousUnit(unit.id);
    if (cached?.key !== key) return undefined;
    let texts: Map<string, string> | undefined;
    const files: TreeFile[] = [];
    for (const file of cached.files) {
      if (tree.files.has(file.path)) {
        if (this.isAsWritten(file)) {
          files.push(file);
          continue;
        }
        if (textDigest(this.fs.readFileSync(path.join(this.outdir, file.path))) === file.digest) {
          files.push({ path: file.path, digest: file.digest });
          continue;
        }
      }
      texts ??= this.textsOf(cached);
      const text = texts.get(file.path);
      if (text === undefined || textDigest(text) !== file.digest) return undefined;
      files.push(builder.stage(file.path, text));
    }
    return { ...cached, files };
  }

  private textsOf(cached: CachedUnit): Map<string, string> {
    const emitter = new YamlEmitter();
    const written = filesOf(cached, this.cache!.reader).filter(({ isWritten }) => isWritten !== false);
    return new Map(written.map(({ path: file, text, documents }) => [file, text ?? generatedText(emitter, documents)]));
  }

  private count({ constructs, objects }: BuiltUnit): void {
    this.counts.unitsBuilt++;
    this.counts.constructsVisited += constructs;
    this.counts.objectsRendered += objects;
  }

  private previousById: Map<string, CachedUnit> | undefined;

  private previousUnit(id: string): CachedUnit | undefined {
    if (!this.previous) return undefined;
    this.previousById ??= new Map(this.previous.units.map((unit) => [unit.id, unit]));
    return this.previousById.get(id);
  }

  /** Whether the unit has other files or objects than in the tree that was written last. */
  private namesOthers(unit: PlacedUnit): boolean {
    const before = this.previousUnit(unit.id);
    if (before?.key === unit.key) return false;
    return (
      before?.objectIds !== unit.objectIds ||
      before.files.length !== unit.files.length ||
      before.files.some(({ path: file }, index) => file !== unit.files[index]!.path)
    );
  }

  /** Files that a synth wrote: this machine's last one, or the one that the tree's own index tells of. */
  private knownFiles(tree: Tree): Set<string> {
    const known = new Set<string>([INDEX_FILE]);
    if (this.previous) for (const file of cachedFiles(this.previous)) known.add(file.path);
    if (tree.files.has(INDEX_FILE)) {
      for (const file of indexedFiles(this.fs.readFileSync(path.join(this.outdir, INDEX_FILE), 'utf8')))
        known.add(file);
    }
    return known;
  }

  private newState(
    plan: Plan,
    findings: readonly Finding[],
    check: CacheState['check'],
    units: readonly PlacedUnit[],
    index: TreeFile & { entry: PackEntry },
    builder: UnitBuilder,
  ): CacheState {
    const remember = ({ path: file, digest: textDigest, signature }: TreeFile): CachedFile => ({
      path: file,
      digest: textDigest,
      signature: this.cache && (signature ?? signatureOf(this.fs, path.join(this.outdir, file))),
    });
    const packs: Record<string, number> = { ...this.newPacks, [builder.packSize.pack]: builder.packSize.size };
    for (const { entry } of units) packs[entry.pack] ??= this.previous?.packs[entry.pack] ?? 0;
    return {
      fingerprint: this.fullFingerprint(),
      findings,
      check,
      services: plan.services ?? units.length,
      units: units.map(({ id, cluster, key, files, releases, objectIds, objects, entry }) => ({
        id,
        cluster,
        key,
        files: files.map(remember),
        releases,
        objectIds,
        objects,
        entry,
      })),
      index: { ...remember(index), entry: index.entry },
      packs,
    };
  }

  /** The tree is right by now: a cache that cannot be written costs time, not the run. */
  private saveState(state: CacheState, keep: KeptPlan | undefined): void {
    try {
      const plan = keep && this.cache && { code: this.salt, data: keep.data, text: this.cache.keepText(keep.text) };
      this.cache?.save({ ...state, ...(plan && { plan }) });
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      this.options.onNotice?.(
        `The cache could not be written (${(error as Error).message}): the next run takes longer.`,
      );
    }
  }

  /** Puts the last tree back when the output folder is gone. */
  private restore(work: WorkFolder): void {
    const { previous, fs, outdir } = this;
    if (!previous || scanTree(fs, outdir).files.size > 0) return;
    const staging = path.join(work.path, 'new');
    fs.mkdirSync(staging, { recursive: true });
    const operations: Operation[] = [];
    const put = (file: string, text: string): void => {
      const staged = `restored-${operations.length}`;
      fs.writeFileSync(path.join(staging, staged), text);
      operations.push({ path: file, staged });
    };
    for (const unit of previous.units) for (const [file, text] of this.textsOf(unit)) put(file, text);
    put(previous.index.path, this.cache!.reader.read(previous.index.entry).toString());
    replaceFiles(fs, outdir, work.path, operations);
    this.options.onNotice?.(`The last tree (${operations.length} files) was put back into ${this.options.outdir}.`);
  }
}

/** Tells how far it is, now and then. */
class Progress {
  private done = 0;
  private last = performance.now();

  constructor(
    private readonly total: number,
    private readonly report: SynthOptions['onProgress'],
  ) {}

  step(): void {
    this.done++;
    if (!this.report || performance.now() - this.last < 50) return;
    this.last = performance.now();
    this.report(this.done, this.total);
  }
}

/** Settings of cdk8s that change what it renders. */
function environmentKey(): string {
  const { CDK8S_DISABLE_SORT = '', CDK8S_LEGACY_HASH = '' } = process.env;
  return `${CDK8S_DISABLE_SORT}\0${CDK8S_LEGACY_HASH}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function* cachedFiles(state: CacheState): Generator<CachedFile> {
  for (const { files } of state.units) yield* files;
  yield state.index;
}

function summaryOf(
  state: CacheState,
  files: Pick<SynthSummary, 'written' | 'removed' | 'unchanged'>,
): Omit<SynthSummary, 'milliseconds' | 'phases'> {
  return { services: state.services, objects: state.units.reduce((sum, { objects }) => sum + objects, 0), ...files };
}

/** Paths and objects that come twice. Objects are compared by their short ids first and in full where those agree. */
function duplicates(units: readonly PlacedUnit[], reader: PackReader): Finding[] {
  const findings: Finding[] = [];
  const byPath = new Map<string, { unit: PlacedUnit; path: string }>([
    [INDEX_FILE, { unit: { id: 'the index of the tree' } as PlacedUnit, path: INDEX_FILE }],
  ]);
  const byId = new Map<string, PlacedUnit>();
  for (const unit of units) {
    for (const file of unit.files) {
      // Some file systems do not tell upper from lower case.
      const same = byPath.get(file.path.toLowerCase());
      if (same) findings.push(problems.duplicatePath(file.path, same.unit.id, unit.id, unit.cluster));
      else byPath.set(file.path.toLowerCase(), { unit, path: file.path });
    }
    for (const id of unit.objectIds.split(' ')) {
      // Of a unit whose documents have no names.
      if (id === '') continue;
      const same = byId.get(id);
      if (same) findings.push(...sameObjects(same, unit, reader));
      else byId.set(id, unit);
    }
  }
  const seen = new Set<string>();
  return findings.filter(({ message }) => !seen.has(message) && seen.add(message));
}

function sameObjects(first: PlacedUnit, second: PlacedUnit, reader: PackReader): Finding[] {
  const idsOf = (unit: PlacedUnit) =>
    filesOf(unit, reader).flatMap(({ path: file, documents }) =>
      documents.map((object) => ({ id: objectId(object), object, file })),
    );
  const known = new Map<string, string>();
  const findings: Finding[] = [];
  const all = first === second ? idsOf(first) : [...idsOf(first), ...idsOf(second)];
  for (const { id, object, file } of all) {
    if (id === undefined) continue;
    const other = known.get(id);
    if (other === undefined) known.set(id, file);
    else findings.push(problems.duplicateObject(object, other, file, second.cluster));
  }
  return findings;
}

function filesOf({ id, entry }: Pick<CachedUnit, 'id' | 'entry'>, reader: PackReader): RenderedFile[] {
  try {
    return JSON.parse(reader.text(entry)) as RenderedFile[];
  } catch (error) {
    if (error instanceof SyntaxError) throw new DamagedCache(`the objects of ${id} are not whole`);
    throw error;
  }
}
