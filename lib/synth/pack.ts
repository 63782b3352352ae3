import * as path from 'node:path';
import { errorCode, type FileSystem } from '../tree';

/** Where a text stands in a pack. */
export interface PackEntry {
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
}

/** The cache says something that its files do not hold. */
export class DamagedCache extends Error {}

/** Written in pieces of this size. */
const CHUNK_BYTES = 1 << 20;
/** An entry so near behind the last one is read along with what follows it. */
const NEAR_BYTES = 1 << 16;

/** One file with many texts, written once and never changed: ten thousand small files would cost more than the manifests. */
export class PackWriter {
  private descriptor: number | undefined;
  private readonly pending: Buffer[] = [];
  private pendingBytes = 0;
  private offset = 0;

  constructor(
    private readonly fs: FileSystem,
    private readonly folder: string,
    /** File name in the folder; created with the first text. */
    readonly name: string,
  ) {}

  get size(): number {
    return this.offset;
  }

  add(text: string | Buffer): PackEntry {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    const entry = { pack: this.name, offset: this.offset, length: bytes.length };
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    this.offset += bytes.length;
    if (this.pendingBytes >= CHUNK_BYTES) this.flush();
    return entry;
  }

  /** After this all texts can be read. */
  flush(): void {
    if (this.pending.length === 0) return;
    this.descriptor ??= this.fs.openSync(path.join(this.folder, this.name), 'wx');
    let bytes = Buffer.concat(this.pending, this.pendingBytes);
    while (bytes.length > 0) bytes = bytes.subarray(this.fs.writeSync(this.descriptor, bytes));
    this.pending.length = 0;
    this.pendingBytes = 0;
  }

  close(): void {
    if (this.descriptor !== undefined) this.fs.closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

/** A piece of a pack in memory. */
interface Window {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Where the entry after it is expected. */
  readonly next: number;
}

const nothing = Buffer.alloc(0);

/** Reads what a `PackWriter` wrote. */
export class PackReader {
  private readonly descriptors = new Map<string, number>();
  private readonly windows = new Map<string, Window>();

  /** @param folders where packs are looked for, in order */
  constructor(
    private readonly fs: FileSystem,
    private readonly folders: readonly string[],
  ) {}

  /** @throws DamagedCache when the pack is missing or too short */
  read({ pack, offset, length }: PackEntry): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    this.fill(pack, bytes, length, length, offset);
    return bytes;
  }

  /**
   * The text of an entry. Whoever reads one after the other gets them from pieces of a megabyte.
   * @throws DamagedCache when the pack is missing or too short
   */
  text(entry: PackEntry): string {
    const { pack, offset, length } = entry;
    const window = this.windows.get(pack);
    if (window && offset >= window.start && offset + length <= window.end)
      return window.bytes.toString('utf8', offset - window.start, offset - window.start + length);
    const isNext = window && offset >= window.start && offset <= window.next + NEAR_BYTES && length <= CHUNK_BYTES;
    if (!isNext) {
      this.windows.set(pack, { bytes: nothing, start: offset, end: offset, next: offset + length });
      return this.read(entry).toString();
    }
    const bytes = window.bytes === nothing ? Buffer.allocUnsafeSlow(CHUNK_BYTES) : window.bytes;
    const count = this.fill(pack, bytes, length, CHUNK_BYTES, offset);
    this.windows.set(pack, { bytes, start: offset, end: offset + count, next: offset + count });
    return bytes.toString('utf8', 0, length);
  }

  /** Reads at least so many bytes, and more where one call gives them; how many. */
  private fill(pack: string, bytes: Buffer, least: number, most: number, offset: number): number {
    const descriptor = this.open(pack);
    let done = 0;
    while (done < least) {
      const count = this.fs.readSync(descriptor, bytes, done, most - done, offset + done);
      if (count === 0) throw new DamagedCache(`${pack} is too short`);
      done += count;
    }
    return done;
  }

  close(): void {
    for (const descriptor of this.descriptors.values()) this.fs.closeSync(descriptor);
    this.descriptors.clear();
    this.windows.clear();
  }

  private open(pack: string): number {
    const known = this.descriptors.get(pack);
    if (known !== undefined) return known;
    for (const folder of this.folders) {
      try {
        const descriptor = this.fs.openSync(path.join(folder, pack), 'r');
        this.descriptors.set(pack, descriptor);
        return descriptor;
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
      }
    }
    throw new DamagedCache(`${pack} is missing`);
  }
}
