export { type ClusterManifests, type SortedManifests, sortByCluster } from './clusters';
export type { Build, Disk, Surroundings } from './disk';
export { Kustomizations } from './kustomize';
export type { ManifestObject } from './manifest-object';
export { largestManifestBytes, type ManifestFile, type Manifests, readManifests, tooLarge } from './read-manifests';
