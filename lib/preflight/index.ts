export type { ObjectEdit } from './asking';
export { caseWorld, objectsOf } from './case-world';
export { type InputCode, inputCodePage, inputCodes } from './input-codes';
export type { KeptReports, StoredReport } from './kept-reports';
export { type Promql, parsedShapes, parsePromql, recallShapes } from './promql';
export type {
  BadCase,
  Case,
  CaseManifests,
  Effect,
  ExpectedFinding,
  FieldEdit,
  Report,
  ReportFinding,
  Rule,
  Subject,
} from './rule';
export { ruleList, rulePage } from './rule-page';
export { rules } from './rules.generated';
export { type PreflightOptions, type PreflightResult, runPreflight } from './run';
export type { CatalogSilence } from './silencer';
export { ignoreAnnotation, ignorePointer, type ParsedSilence, parseIgnore, type Silence } from './silences';
