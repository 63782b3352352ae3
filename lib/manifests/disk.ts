/** The disk as far as manifests are read from it: whoever may touch it hands it in. */
export interface Disk {
  /** What lies at the path, links followed; undefined where nothing can be looked into, for whatever reason. */
  kindOf(path: string): 'file' | 'folder' | undefined;
  /** Throws where there is no such file. */
  read(path: string): Uint8Array;
  /** The path without links; undefined where there is nothing. */
  realPath(path: string): string | undefined;
}

/** A kustomization that stands in no file: what a Kustomization of Flux does to the folder that it applies. */
export interface Overlay {
  /** Fields of kustomize: patches, images, a prefix … */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Absolute paths of folders and files. */
  readonly resources: readonly string[];
  readonly components: readonly string[];
}

/** All that a build can read: two builds with the same of it print the same. */
export interface BuildInputs {
  /** With all that lies below them. Absolute, as the files. */
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * Builds the kustomization of a folder, or one that stands in no file: what kustomize prints, or the sentence with which it refuses.
 * @param inputs absent where it is not known what it reads
 */
export type Build = (
  what: string | Overlay,
  inputs?: BuildInputs,
) => { readonly text: string } | { readonly error: string };

/** What lies outside of the files that were named. */
export interface Surroundings {
  /** Relative paths start here. */
  readonly cwd: string;
  readonly disk: Disk;
  /** Looked for at the first need; undefined without a builder. */
  builder(): Build | undefined;
}
