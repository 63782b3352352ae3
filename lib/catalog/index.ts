export { depths } from './call-graph';
export { externalCalls, type NamedCall, namedCalls } from './calls';
export type { SoundText } from './changed-services';
export { type WritablePlace, writablePlace, writtenPlace } from './checks/context';
export { platformNamespaces } from './checks/platform';
export { CATALOG_CODES, type CatalogCode, depthOfCode } from './codes';
export { containersOf } from './containers';
export { exposedHost } from './exposed-host';
export { type NamedExternal, namedExternals } from './external-calls';
export {
  type ImageLock,
  type LockedImage,
  lockedImage,
  noImages,
  parseImageLock,
  printImageLock,
  withImages,
} from './image-lock';
export { catalogJsonSchema, serviceJsonSchema } from './json-schema';
export { type LoadedCatalog, loadCatalog, readCatalogJson } from './load';
export { type ManifestEntry, manifestEntriesOf } from './manifest-entries';
export { policyMode } from './policy-mode';
export { type Promotion, type PromotionGate, promotionsOf } from './promotion';
export { catalogReference } from './reference';
export { calledServices, referredServices } from './references';
export { imageRepository, type ResolvedCluster, type ResolvedService, resolveCluster } from './resolve';
export type { Catalog, Cluster, External, Patch, Platform, ReleaseSettings, Service, ServiceDefaults } from './schema';
export { wavesOf, wayBetween } from './waves';
