import * as path from 'node:path';
import { errorCode, type FileSystem } from './file-system';

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

export class PackReader {
  private readonly descriptors = new Map<string, number>();

  /** @param folders where packs are looked for, in order */
  constructor(
    private readonly fs: FileSystem,
    private readonly folders: readonly string[],
  ) {}

  /** @throws DamagedCache when the pack is missing or too short */
  read({ pack, offset, length }: PackEntry): Buffer {
    const descriptor = this.open(pack);
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const count = this.fs.readSync(descriptor, bytes, done, length - done, offset + done);
      if (count === 0) throw new DamagedCache(`${pack} is too short`);
      done += count;
    }
    return bytes;
  }

  close(): void {
    for (const descriptor of this.descriptors.values()) this.fs.closeSync(descriptor);
    this.descriptors.clear();
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
