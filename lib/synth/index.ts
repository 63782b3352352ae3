export { defaultCatalog } from './catalog-file';
export { type CatalogObjects, catalogObjects } from './catalog-objects';
export { type CatalogContent, type CatalogSource, readCatalogSource } from './catalog-source';
export type { CheckResult } from './check-objects';
export type { CheckedCatalog } from './checked-catalog';
export { placedIn } from './checked-catalog';
export { codeFinding, codePlace } from './code-finding';
export { UnrepresentableValue, YamlEmitter } from './emit-yaml';
export { type FixCatalogOptions, type FixedCatalog, fixCatalog, type RefusedFix } from './fix-catalog';
export { foreignApp } from './foreign-app';
export { GENERATED_LINE } from './generated';
export { type ImageLockFile, LOCK_FILE, readImageLock } from './image-lock-file';
export { launcherOptions } from './launcher-options';
export {
  type CatalogPreflight,
  type Looked,
  type PreflightCatalogOptions,
  preflightCatalog,
} from './preflight-catalog';
export { wantsProgress } from './progress';
export { readRawManifests } from './raw-manifests';
export { type ReportOptions, reportSynth, synthAndReport } from './report';
export { fileOfNewService, includes } from './split-catalog';
export type { SynthPhases, SynthSummary } from './summary';
export { type CatalogExtension, type CatalogText, type SynthCatalogOptions, synthCatalog } from './synth-catalog';
export {
  type CheckedObject,
  type CheckOutcome,
  type CheckRequest,
  type Plan,
  type SynthOptions,
  type SynthResult,
  type SynthWork,
  synthesize,
} from './synthesize';
export { constructFailed } from './unit-builder';
