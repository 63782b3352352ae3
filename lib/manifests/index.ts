export {
  type ClusterManifests,
  type ManifestCounts,
  type SortedManifests,
  type SortOptions,
  sortByCluster,
} from './clusters';
export type { Build, BuildInputs, Disk, Overlay, Surroundings } from './disk';
export type { Applier, ManifestObject } from './manifest-object';
export { readPlainYaml } from './plain-yaml';
export {
  decode,
  largestManifestBytes,
  type ManifestFile,
  type Manifests,
  readManifests,
  tooLarge,
} from './read-manifests';
