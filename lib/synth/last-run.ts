import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { errorCode, type FileSystem, isSameSignature, scanTree, signatureOf } from '../tree';
import { Cache, type CachedFile, type CachedUnit, type CacheState } from './cache';
import { YamlEmitter } from './emit-yaml';
import { generatedText } from './generated';
import { DamagedCache, type PackReader } from './pack';
import type { KeptPlan, Outcome, SynthOptions } from './plan';
import type { RenderedFile } from './render';
import type { SynthSummary } from './summary';

/** Phase "cache": what the last run into the output folder has left, and what of it still holds. */
export class LastRun {
  cache: Cache | undefined;
  /** Undefined where nothing is known, or nothing of it can be used. */
  state: CacheState | undefined;
  private byId: Map<string, CachedUnit> | undefined;

  constructor(
    private readonly fs: FileSystem,
    private readonly outdir: string,
    private readonly options: SynthOptions,
  ) {}

  /** What a unit is made by, besides its input. */
  get salt(): string {
    return `${this.options.codeDigest}\0${environmentKey()}`;
  }

  get fingerprint(): string | undefined {
    const { fingerprint } = this.options;
    return fingerprint && digest(`${this.salt}\0${fingerprint}`);
  }

  open(): void {
    const { cacheDir, codeDigest, onNotice } = this.options;
    if (cacheDir === undefined || codeDigest === undefined) return;
    try {
      this.cache = Cache.open(this.fs, cacheDir, this.outdir);
      this.state = this.cache.load();
    } catch (error) {
      if (error instanceof DamagedCache) this.drop(error);
      else if (errorCode(error) === undefined) throw error;
      else onNotice?.(`The cache cannot be used (${(error as Error).message}): everything is built.`);
    }
  }

  /** Damage is worth one line, and the work of a first run. */
  drop(error: DamagedCache): void {
    this.options.onNotice?.(`The cache is damaged (${error.message}): everything is built anew.`);
    this.state = undefined;
    this.byId = undefined;
    this.cache?.clear();
  }

  /** What the plan of the last run has kept, where the same code made it. */
  get plan(): KeptPlan | undefined {
    const { plan } = this.state ?? {};
    if (plan?.code !== this.salt) return undefined;
    try {
      return { text: this.cache!.text(plan.text), data: plan.data };
    } catch (error) {
      if (!(error instanceof DamagedCache)) throw error;
      this.drop(error);
      return undefined;
    }
  }

  unit(id: string): CachedUnit | undefined {
    if (!this.state) return undefined;
    this.byId ??= new Map(this.state.units.map((unit) => [unit.id, unit]));
    return this.byId.get(id);
  }

  isAsWritten({ path: file, signature }: CachedFile): boolean {
    return isSameSignature(signature, signatureOf(this.fs, path.join(this.outdir, file)));
  }

  /** The texts of a unit's files, by path. */
  textsOf(unit: CachedUnit): Map<string, string> {
    const emitter = new YamlEmitter();
    const written = filesOf(unit, this.cache!.reader).filter(({ isWritten }) => isWritten !== false);
    return new Map(written.map(({ path: file, text, documents }) => [file, text ?? generatedText(emitter, documents)]));
  }

  /** The outcome when the last run read the same and its tree still stands. */
  unchanged(): Outcome | undefined {
    const { state } = this;
    const { fingerprint, check } = this.options;
    if (!state || fingerprint === undefined || state.fingerprint !== this.fingerprint) return undefined;
    if (check !== undefined && state.check === undefined) return undefined;
    const tree = scanTree(this.fs, this.outdir);
    let count = 0;
    for (const file of cachedFiles(state)) {
      if (!tree.files.has(file.path) || !this.isAsWritten(file)) return undefined;
      count++;
    }
    if (count !== tree.files.size || tree.others.length > 0) return undefined;
    return { findings: state.findings, summary: summaryOf(state, { written: 0, removed: 0, unchanged: count }) };
  }

  /** The tree is right by now: a cache that cannot be written costs time, not the run. */
  save(state: CacheState, keep: KeptPlan | undefined): void {
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
}

/** Settings of cdk8s that change what it renders. */
function environmentKey(): string {
  const { CDK8S_DISABLE_SORT = '', CDK8S_LEGACY_HASH = '' } = process.env;
  return `${CDK8S_DISABLE_SORT}\0${CDK8S_LEGACY_HASH}`;
}

/** A text's SHA-256, short. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** All files of the tree that a state tells of, its index last. */
export function* cachedFiles(state: CacheState): Generator<CachedFile> {
  for (const { files } of state.units) yield* files;
  yield state.index;
}

/** What a state says of its tree, with what was done to the files. */
export function summaryOf(
  state: CacheState,
  files: Pick<SynthSummary, 'written' | 'removed' | 'unchanged'>,
): Omit<SynthSummary, 'milliseconds' | 'phases'> {
  const sum = (of: 'objects' | 'canaries') => state.units.reduce((total, unit) => total + unit[of], 0);
  const clusters = new Set(state.units.map(({ cluster }) => cluster)).size;
  return { services: state.services, clusters, objects: sum('objects'), canaries: sum('canaries'), ...files };
}

/** @throws DamagedCache */
export function filesOf({ id, entry }: Pick<CachedUnit, 'id' | 'entry'>, reader: PackReader): RenderedFile[] {
  try {
    return JSON.parse(reader.text(entry)) as RenderedFile[];
  } catch (error) {
    if (error instanceof SyntaxError) throw new DamagedCache(`the objects of ${id} are not whole`);
    throw error;
  }
}
