import { createHash, randomBytes } from 'node:crypto';
import * as path from 'node:path';
import type { Finding } from '../findings';
import { type FileSystem, type Signature, tolerate } from '../tree';
import { DamagedCache, type PackEntry, PackReader, PackWriter } from './pack';

/** Changes when the files of the cache get another form: older ones are not read. */
const FORMAT = 4;
/** More packs than this, or more waste than contents, and they become one. */
const MAX_PACKS = 12;

/** A file of the tree as it was written. */
export interface CachedFile {
  readonly path: string;
  readonly digest: string;
  readonly signature?: Signature;
}

/** A unit of the last run, without its objects. */
export interface CachedUnit {
  readonly id: string;
  readonly cluster: string;
  /** Digest of input and code. */
  readonly key: string;
  readonly files: readonly CachedFile[];
  readonly releases: Readonly<Record<string, string>>;
  readonly objectIds: string;
  readonly objects: number;
  readonly canaries: number;
  readonly entry: PackEntry;
}

/** A long text in a file of its own. */
export interface KeptText {
  /** In the cache's folder. */
  readonly file: string;
  readonly digest: string;
}

/** What is known of the tree that the last run wrote. */
export interface CacheState {
  /** Digest of all that the run read, when the caller gave one. */
  readonly fingerprint?: string;
  /** The run's findings that did not stop it. */
  readonly findings: readonly Finding[];
  /** Set when `findings` holds those of a check, too: by which code, and what it wants to know again. */
  readonly check?: { readonly code: string; readonly keep?: unknown };
  /** What the run's plan wants to know again, and by which code it was made. */
  readonly plan?: { readonly code: string; readonly data: unknown; readonly text: KeptText };
  readonly services: number;
  readonly units: readonly CachedUnit[];
  /** The tree's own index. */
  readonly index: CachedFile & { readonly entry: PackEntry };
  /** Size of each pack that is referred to. */
  readonly packs: Readonly<Record<string, number>>;
}

/**
 * What was built before, kept outside the tree: one state, and packs with the objects. Everything is written under
 * another name and then renamed; a pack never changes. So a killed run leaves the last state whole, and what does not
 * agree with its digest is not used.
 */
export class Cache {
  readonly reader: PackReader;

  private constructor(
    private readonly fs: FileSystem,
    readonly folder: string,
  ) {
    this.reader = new PackReader(fs, [folder]);
  }

  /** The cache of one output folder. */
  static open(fs: FileSystem, cacheDir: string, outdir: string): Cache {
    const folder = path.join(cacheDir, createHash('sha256').update(outdir).digest('hex').slice(0, 16));
    if (!fs.existsSync(folder)) fs.mkdirSync(folder, { recursive: true });
    return new Cache(fs, folder);
  }

  /**
   * The state of the last run; undefined when there is none.
   * @throws DamagedCache
   */
  load(): CacheState | undefined {
    const text = tolerate(['ENOENT'], () => this.fs.readFileSync(this.stateFile, 'utf8'));
    if (text === undefined) return undefined;
    const newline = text.indexOf('\n');
    const json = text.slice(newline + 1);
    if (newline < 0 || text.slice(0, newline) !== digestOf(json)) throw new DamagedCache('its state is not whole');
    const { format, ...state } = JSON.parse(json) as CacheState & { format: number };
    if (format !== FORMAT) return undefined;
    for (const [pack, size] of Object.entries(state.packs)) {
      const stat = tolerate(['ENOENT'], () => this.fs.lstatSync(path.join(this.folder, pack)));
      if (stat?.size !== size) throw new DamagedCache(`${pack} is not whole`);
    }
    return state;
  }

  private newPackName(): string {
    return `units-${randomBytes(6).toString('hex')}`;
  }

  /** Writes a text that the next state refers to. */
  keepText(text: string): KeptText {
    const file = `text-${randomBytes(6).toString('hex')}.txt`;
    const bytes = Buffer.from(text);
    this.fs.writeFileSync(path.join(this.folder, file), bytes);
    return { file, digest: digestOf(bytes) };
  }

  /** @throws DamagedCache */
  text({ file, digest }: KeptText): string {
    const bytes = tolerate(['ENOENT'], () => this.fs.readFileSync(path.join(this.folder, file)));
    if (bytes === undefined || digestOf(bytes) !== digest) throw new DamagedCache(`${file} is not whole`);
    return bytes.toString();
  }

  /** Replaces the state and removes what it does not refer to. */
  save(state: CacheState): void {
    const saved = this.isWasteful(state) ? this.repack(state) : state;
    const json = JSON.stringify({ format: FORMAT, ...saved });
    const draft = `${this.stateFile}.draft`;
    this.fs.writeFileSync(draft, `${digestOf(json)}\n${json}`);
    this.fs.renameSync(draft, this.stateFile);
    for (const name of this.fs.readdirSync(this.folder)) {
      const isUnused = name.endsWith('.pack')
        ? !(name in saved.packs)
        : name.endsWith('.txt') && name !== saved.plan?.text.file;
      if (isUnused) this.fs.rmSync(path.join(this.folder, name), { force: true });
    }
  }

  /** Forgets everything, after damage. */
  clear(): void {
    this.reader.close();
    this.fs.rmSync(this.stateFile, { force: true });
  }

  close(): void {
    this.reader.close();
  }

  private get stateFile(): string {
    return path.join(this.folder, 'state.json');
  }

  private isWasteful({ packs, units, index }: CacheState): boolean {
    const sizes = Object.values(packs);
    const used = units.reduce((sum, { entry }) => sum + entry.length, index.entry.length);
    return sizes.length > MAX_PACKS || sizes.reduce((sum, size) => sum + size, 0) > 2 * used + 65_536;
  }

  private repack(state: CacheState): CacheState {
    const pack = new PackWriter(this.fs, this.folder, `${this.newPackName()}.pack`);
    try {
      const move = (entry: PackEntry): PackEntry => pack.add(this.reader.read(entry));
      const units = state.units.map((unit) => ({ ...unit, entry: move(unit.entry) }));
      const index = { ...state.index, entry: move(state.index.entry) };
      pack.flush();
      return { ...state, units, index, packs: { [pack.name]: pack.size } };
    } finally {
      pack.close();
    }
  }
}

function digestOf(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}
