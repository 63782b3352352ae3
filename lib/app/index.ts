export { AviaryApp } from './aviary-app';
export type { Check, Configure, MadeService, ObjectPlace, Transform, TreeObject, Violation } from './callbacks';
export type { Inputs } from './inputs';
export { type MainOutcome, type RunOptions, runMain } from './run';
export { type AddLayerProps, ClusterScope, GeneratedUnit, LayerScope, type PlatformLayer, ServiceRef } from './scopes';
export { extensionOf, reportFailure } from './synth-app';
export type { AviaryAppProps, CatalogData, SynthOutcome } from './synthesized-app';
export { writeTree } from './write-tree';
