export { catalogJsonSchema } from './json-schema';
export { type ResolvedCluster, type ResolvedService, resolveCluster } from './resolve';
export type { Catalog, Cluster, External, Patch, Platform, Service, ServiceDefaults } from './schema';
