/** The public API: the app, the constructs, their props, and the facts that they are built on. */
// Not from the room's index: its types would bring those of the engine and of the catalog's schema.
export { AviaryApp } from './app/aviary-app';
export type { Check, Configure, MadeService, ObjectPlace, Transform, TreeObject, Violation } from './app/callbacks';
export type { Inputs } from './app/inputs';
export {
  type AddLayerProps,
  ClusterScope,
  GeneratedUnit,
  LayerScope,
  type PlatformLayer,
  ServiceRef,
} from './app/scopes';
export type { AviaryAppProps, CatalogData, SynthOutcome } from './app/synthesized-app';
export { writeTree } from './app/write-tree';
export * from './constructs';
export type { Finding, Place, Severity } from './findings';
export type { Protocol, RolloutDuration, Strategy } from './flagger';
export type { KubeObject, ObjectMeta } from './kube';
export type { MeshMode } from './mesh';
