/** The disk as far as manifests are read from it: whoever may touch it hands it in. */
export interface Disk {
  /** What lies at the path, links followed; undefined where nothing can be looked into, for whatever reason. */
  kindOf(path: string): 'file' | 'folder' | undefined;
  /** Throws where there is no such file. */
  read(path: string): Uint8Array;
  /** The path without links; undefined where there is nothing. */
  realPath(path: string): string | undefined;
}

/** Builds a kustomization: what kustomize prints, or the sentence with which it refuses. */
export type Build = (folder: string) => { readonly text: string } | { readonly error: string };

/** What lies outside of the files that were named. */
export interface Surroundings {
  /** Relative paths start here. */
  readonly cwd: string;
  readonly disk: Disk;
  /** Looked for at the first need; undefined without a builder. */
  builder(): Build | undefined;
}
