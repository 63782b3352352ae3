export { type AddedFile, type AddedLayer, APPS, type ClusterAdditions, PLATFORM_LAYERS } from './additions';
export { alreadyInstalled } from './already-installed';
export { catalogField, catalogPath, type FieldValue } from './catalog-field';
export { catalogGraph } from './connection-graph';
export { exposedHosts } from './exposed-hosts';
export type { ChartInput, GeneratedInput, PlatformInput, ServiceInput, UnitInput, WaveInput } from './inputs';
export {
  chartUnit,
  clusterFolder,
  parseServiceFile,
  type ServicePlace,
  serviceOfUnit,
  serviceUnit,
  waveName,
} from './layout';
export { type ExtendedPlan, planAdditions, planCluster, planExtended, planUnits } from './plan';
export { parseRawFile, type RawFile, type RawManifests, type RawSource } from './raw';
export { releaseForm } from './release-form';
export type { Unit } from './unit';
