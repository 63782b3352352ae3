import * as path from 'node:path';
import type { FileSystem } from './file-system';
import { type Signature, textDigest } from './scan-tree';

/** A file of the tree that is to be, with what is known of its text. */
export interface TreeFile {
  /** Below the tree's folder, with `/`. */
  readonly path: string;
  readonly digest: string;
  /** Name in the work folder's `new/`, when its text is not what the tree holds. */
  readonly staged?: string;
  /** Of the tree's file, where that was seen to hold this text. */
  readonly signature?: Signature;
}

/** Where files are staged. */
export interface StagingOptions {
  readonly fs: FileSystem;
  readonly outdir: string;
  /** Files of the tree as it is: what is equal there is not written again. */
  readonly existing: ReadonlySet<string>;
  /** The work folder's `new/`. */
  readonly stagingFolder: string;
  /** Unique in the run: begins the names of this one's files. */
  readonly name: string;
}

/** Puts texts beside the tree, ready to take their places in it. */
export class Staging {
  private count = 0;

  constructor(private readonly options: StagingOptions) {}

  /** Stages a text unless the tree has it already. */
  stage(file: string, text: string): TreeFile {
    const { fs, outdir, existing, stagingFolder, name } = this.options;
    const digest = textDigest(text);
    if (existing.has(file)) {
      const present = fs.readFileSync(path.join(outdir, file));
      if (present.length >= text.length && present.equals(Buffer.from(text))) return { path: file, digest };
    }
    const staged = `${name}-${this.count++}`;
    fs.writeFileSync(path.join(stagingFolder, staged), text);
    return { path: file, digest, staged };
  }
}
