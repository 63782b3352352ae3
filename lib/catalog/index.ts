export { type WritablePlace, writablePlace } from './checks/context';
export { CATALOG_CODES, type CatalogCode, depthOfCode } from './codes';
export { exposedHost } from './exposed-host';
export { catalogJsonSchema } from './json-schema';
export { type LoadedCatalog, loadCatalog } from './load';
export { catalogReference } from './reference';
export { type ResolvedCluster, type ResolvedService, resolveCluster } from './resolve';
export type { Catalog, Cluster, External, Patch, Platform, Service, ServiceDefaults } from './schema';
