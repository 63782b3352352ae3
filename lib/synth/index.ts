export type { CheckResult } from './check-objects';
export type { CheckedCatalog } from './checked-catalog';
export { UnrepresentableValue, YamlEmitter } from './emit-yaml';
export { type FixCatalogOptions, type FixedCatalog, fixCatalog, type RefusedFix } from './fix-catalog';
export { launcherOptions } from './launcher-options';
export { type CatalogPreflight, type PreflightCatalogOptions, preflightCatalog } from './preflight-catalog';
export { wantsProgress } from './progress';
export { type ReportOptions, synthAndReport } from './report';
export { type SynthCatalogOptions, synthCatalog } from './synth-catalog';
export {
  type CheckedObject,
  type Plan,
  type SynthOptions,
  type SynthResult,
  type SynthSummary,
  type SynthWork,
  synthesize,
} from './synthesize';
