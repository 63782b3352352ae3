import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { type Finding, hasError } from '../findings';
import {
  acquireWorkFolder,
  diskFinding,
  errorCode,
  type FileSystem,
  INDEX_FILE,
  isHalfReplaced,
  realFileSystem,
  realOutdir,
  refusedOutdir,
  releaseIndex,
  replaceTree,
  scanTree,
  type Tree,
  type WorkFolder,
} from '../tree';
import { buildUnits } from './build-units';
import type { CacheState } from './cache';
import { checkRequest } from './check-units';
import { milliseconds } from './clock';
import { LastRun, summaryOf } from './last-run';
import { DamagedCache, PackReader } from './pack';
import { placeFiles } from './place-files';
import type { MakePlan, Outcome, Plan, SynthOptions, SynthResult } from './plan';
import { restoreTree } from './restore-tree';
import { UnitBuilder } from './unit-builder';
import { stateOf } from './write-state';

export type { ChangedUnit, CheckedObject, CheckOutcome, CheckRequest, LastCheck } from './check-request';
export type { KeptPlan, MakePlan, Plan, SynthOptions, SynthResult, SynthWork } from './plan';

/** The folder beside the output folder cannot be made. */
const READ_ONLY = ['EACCES', 'EPERM', 'EROFS'];

/**
 * Renders the units and replaces the output folder in one step. Files that are equal stay untouched. Bad input and
 * failures of the disk are findings; then the tree is as it was.
 */
export async function synthesize(plan: MakePlan | Plan, options: SynthOptions): Promise<SynthResult> {
  const started = milliseconds();
  const run = new Run(options);
  try {
    const outcome = await run.execute(plan);
    return {
      findings: outcome.findings,
      summary: outcome.summary && { ...outcome.summary, milliseconds: milliseconds() - started },
      work: run.work,
    };
  } catch (error) {
    const finding = diskFinding(error, options.outdir);
    if (!finding) throw error;
    return { findings: [finding], work: run.work };
  }
}

/** One run: cache, plan, build, place, check, write. Each phase is a file beside this one. */
class Run {
  readonly work = { unitsBuilt: 0, constructsVisited: 0, objectsRendered: 0, objectsChecked: 0 };
  private readonly fs: FileSystem;
  private readonly outdir: string;
  private readonly last: LastRun;
  private readonly phases = { plan: 0, build: 0, check: 0, write: 0 };
  private marked = 0;

  constructor(private readonly options: SynthOptions) {
    this.fs = options.fs ?? realFileSystem;
    this.outdir = realOutdir(this.fs, options.outdir);
    this.last = new LastRun(this.fs, this.outdir, options);
  }

  async execute(plan: MakePlan | Plan): Promise<Outcome> {
    const { fs, outdir, last } = this;
    const refusal = refusedOutdir(outdir, process.cwd());
    if (refusal) return { findings: [refusal] };
    let work: WorkFolder;
    try {
      work = acquireWorkFolder(fs, outdir);
    } catch (error) {
      // Where nothing has to be written, nothing has to be writable.
      if (!READ_ONLY.includes(errorCode(error) ?? '')) throw error;
      last.open();
      const unchanged = last.unchanged();
      if (!unchanged) throw error;
      return unchanged;
    }
    let isClean = true;
    try {
      last.open();
      return last.unchanged() ?? (await this.planned(plan, work));
    } catch (error) {
      isClean = !isHalfReplaced(fs, work.path);
      throw error;
    } finally {
      last.cache?.close();
      // A tree that could be neither replaced nor put back is left to the next run, with all that belongs to it.
      if (isClean) work.release();
      else work.abandon();
    }
  }

  private async planned(plan: MakePlan | Plan, work: WorkFolder): Promise<Outcome> {
    const { options } = this;
    this.mark();
    const planned = typeof plan === 'function' ? plan(this.last.plan) : plan;
    this.phases.plan = this.mark();
    const outcome = hasError(planned.findings ?? [])
      ? { findings: planned.findings! }
      : await this.synthesizeSafely(planned, work);
    if (outcome.summary || !options.restore) return outcome;
    const restored = restoreTree(this.fs, this.outdir, work, this.last);
    if (restored !== undefined)
      options.onNotice?.(`The last tree (${restored} files) was put back into ${options.outdir}.`);
    return outcome;
  }

  /** Damage is seen before anything was written: the run starts again without the cache's contents. */
  private async synthesizeSafely(plan: Plan, work: WorkFolder): Promise<Outcome> {
    try {
      return await this.synthesize(plan, work);
    } catch (error) {
      if (!(error instanceof DamagedCache) || !this.last.state) throw error;
      this.last.drop(error);
      return this.synthesize(plan, work);
    }
  }

  private async synthesize(plan: Plan, work: WorkFolder): Promise<Outcome> {
    const { fs, outdir } = this;
    const tree = scanTree(fs, outdir);
    const stagingFolder = path.join(work.path, 'new');
    fs.mkdirSync(stagingFolder, { recursive: true });
    const packFolder = this.last.cache?.folder ?? work.path;
    const name = `units-${randomBytes(6).toString('hex')}`;
    const builderOptions = { outdir, existing: tree.files, stagingFolder, packFolder, name };
    const builder = new UnitBuilder({ ...builderOptions, fs });
    const reader = new PackReader(fs, [packFolder]);
    try {
      return await this.run({ plan, work, tree, builder, builderOptions, reader });
    } finally {
      builder.close();
      reader.close();
    }
  }

  /** The phases after the plan, in their order; an error ends it between any two of them. */
  private async run(tools: Tools): Promise<Outcome> {
    const built = await this.build(tools);
    const findings: Finding[] = [...(tools.plan.findings ?? []), ...built.units.flatMap((unit) => unit.findings ?? [])];
    const files = this.place(tools, built, findings);
    if (hasError(findings)) return { findings };
    const check = await this.check(tools, built, findings);
    if (hasError(findings)) return { findings };
    return this.write(tools, built, { files, check, findings });
  }

  /** Builds the units that are not in the cache, and stages their files with the index of all. */
  private async build({ plan, tree, builder, builderOptions }: Tools): Promise<Built> {
    const { fs, last, options } = this;
    const built = await buildUnits({
      ...{ plan, tree, last, builder, builderOptions, fs, options },
      onBuilt: ({ constructs, objects }) => {
        this.work.unitsBuilt++;
        this.work.constructsVisited += constructs;
        this.work.objectsRendered += objects;
      },
    });
    const indexText = releaseIndex(built.units);
    const index = { ...builder.stage(INDEX_FILE, indexText), entry: builder.addText(indexText) };
    builder.flush();
    return { ...built, index };
  }

  /** Which file goes where. What two units both write is a finding. */
  private place({ tree, reader }: Tools, { units, index }: Built, findings: Finding[]): ReturnType<typeof placeFiles> {
    const { fs, outdir, last, options } = this;
    const files = placeFiles({ units, index, tree, last, reader, fs, outdir, options }, findings);
    this.phases.build = this.mark();
    return files;
  }

  /** Looks at all objects before anything is written; what it keeps, unless an error was found. */
  private async check(
    { plan, reader }: Tools,
    { units, parsed }: Built,
    findings: Finding[],
  ): Promise<CacheState['check']> {
    const { last, options } = this;
    if (!options.check) return undefined;
    const onObject = () => this.work.objectsChecked++;
    const outcome = await options.check(checkRequest({ plan, units, last, reader, parsed, onObject }));
    parsed.clear();
    findings.push(...outcome.findings);
    this.phases.check = this.mark();
    return { code: last.salt, keep: outcome.keep };
  }

  /** Replaces the tree in one step, and keeps what the next run can build on. */
  private write({ plan, work, tree, builder }: Tools, { units, index, packs }: Built, sound: Sound): Outcome {
    const { fs, outdir, last } = this;
    const { files, check, findings } = sound;
    const replaced = replaceTree(fs, { outdir, work: work.path }, tree, files);
    const own = { [builder.packSize.pack]: builder.packSize.size };
    const state = stateOf(
      { plan, findings: [...findings], check, units, index, packs: { ...packs, ...own } },
      last,
      fs,
      outdir,
    );
    findings.unshift(...(plan.changes ?? []));
    last.save(state, plan.keep);
    this.phases.write = this.mark();
    return { findings, summary: { ...summaryOf(state, replaced), phases: this.phases } };
  }

  /** Milliseconds since it was called last. */
  private mark(): number {
    const before = this.marked;
    this.marked = milliseconds();
    return this.marked - before;
  }
}

/** What the phases of a run share. */
interface Tools {
  readonly plan: Plan;
  readonly work: WorkFolder;
  readonly tree: Tree;
  readonly builder: UnitBuilder;
  readonly builderOptions: Omit<ConstructorParameters<typeof UnitBuilder>[0], 'fs'>;
  readonly reader: PackReader;
}

/** What the phase "build" hands on. */
type Built = Awaited<ReturnType<typeof buildUnits>> & { readonly index: Parameters<typeof stateOf>[0]['index'] };

/** What was built, placed and checked without an error. */
interface Sound {
  readonly files: ReturnType<typeof placeFiles>;
  readonly check: CacheState['check'];
  readonly findings: Finding[];
}
