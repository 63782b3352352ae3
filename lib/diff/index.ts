export { ClusterDiff, type DiffOptions, diffClusters, ObjectChange } from './cluster-diff';
export { diffCodes } from './codes';
export { compareNormal, compareObjects, type FieldDifference, identityKey, identityOf } from './compare';
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
export { type DiffReport, reportDiff } from './diff-report';
export type { FieldChange } from './field-changes';
export { findDangers } from './find-dangers';
export { diffJson } from './formats/json';
export { diffMarkdown, GITHUB_LIMIT, GITLAB_LIMIT } from './formats/markdown';
export { diffText } from './formats/text';
export { normalForm } from './normal-form';
export { type Rollout, type Rollouts, rolloutsOf } from './rollouts';
