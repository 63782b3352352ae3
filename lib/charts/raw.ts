import { clusterFolder, waveFolder } from './layout';

/** A file of somebody's own manifests. */
export interface RawFile {
  /** Path below the folder of manifests: `k8s/extra/postgres.yaml`. */
  readonly name: string;
  /** What is written. */
  readonly text: string;
  /** The objects that it brings, as they are checked. */
  readonly objects: readonly unknown[];
}

/** One entry of `manifests`. */
export interface RawSource {
  /** The path as the catalog writes it. */
  readonly path: string;
  /** The service in whose wave they are applied. @default before the first wave */
  readonly beside?: string;
  readonly files: readonly RawFile[];
  /** What the list of the folder names: its files, or the folder where it has a kustomization of its own. */
  readonly resources: readonly string[];
}

/** Somebody's own manifests by cluster. */
export type RawManifests = ReadonlyMap<string, readonly RawSource[]>;

/** The layer of manifests before the first wave, and the folder of those in a wave. */
export const RAW_LAYER = 'manifests';

/** `clusters/production/manifests`, or that of a wave. */
export function rawFolder(cluster: string, wave?: number): string {
  return `${wave === undefined ? clusterFolder(cluster) : waveFolder(cluster, wave)}/${RAW_LAYER}`;
}

const RAW_FILE = new RegExp(`^clusters/[^/]+/(?:apps/wave-\\d+/)?${RAW_LAYER}/(.+)$`);

/** The way back from a path below the output folder to `RawFile.name`; undefined for any other file. */
export function parseRawFile(file: string): string | undefined {
  return RAW_FILE.exec(file)?.[1];
}
