export { compareNormal, compareObjects, type FieldDifference, identityKey, identityOf } from './compare';
export { normalForm } from './normal-form';
export { ClusterDiff, type DiffOptions, diffClusters, ObjectChange } from './cluster-diff';
export type { FieldChange } from './compare-objects';
export type {
  BadDangerCase,
  Danger,
  DangerCase,
  DangerObjects,
  DangerReport,
  DangerView,
  ReportDanger,
} from './danger';
export { dangerList, dangerPage } from './danger-page';
export { all as dangers } from './dangers/all.generated';
export { findDangers } from './find-dangers';
export { type Rollout, type Rollouts, rolloutsOf } from './rollouts';
