export { type Analysis, nextStep, readAnalysis, type Strategy } from './analysis';
export {
  type AnalysisTiming,
  analysisDefaults,
  type RolloutDuration,
  type RolloutOptions,
  rolloutDuration,
  rolloutOf,
} from './duration';
export {
  type BuiltinMetric,
  defaults,
  isBuiltinMetric,
  isConfigTrackingDisabled,
  SESSION_AFFINITY_FIELDS,
  type WebhookType,
  webhookTypes,
} from './facts';
export {
  canaryFaults,
  type Fault,
  type FaultHit,
  type FaultRow,
  type FaultSubject,
  faultRow,
  faultRows,
  faultSubject,
  isHttp,
  longestName,
  propertyOf,
  shellSafe,
  specSchemas,
} from './faults';
export { type LoadTest, type LoadTool, parseLoadTests } from './load-test';
export {
  type MadeIdentities,
  type MadeKind,
  type MadeObjectsInput,
  type MadePort,
  madeIdentities,
  madeKinds,
  madeObjects,
  primaryLabels,
  selectorLabel,
  servicePorts,
} from './made-objects';
export {
  type QueryValues,
  queryFunctions,
  type RenderedQuery,
  renderQuery,
  type TemplateProblem,
} from './metric-template';
export { mergedSpec } from './overlay';
export {
  type Abilities,
  allProviders,
  type BuiltinQueries,
  type MatchKind,
  type NeededDefinition,
  type Provider,
  providerOf,
  providers,
  type RouteInput,
  type RouteKind,
  type ServiceField,
  type TrafficReference,
  virtualServiceHosts,
} from './providers';
export {
  BUILTIN_METRICS,
  durationQuery,
  GRPC_SUCCESS_CODES,
  grpcSuccessRateQuery,
  httpSuccessRateQuery,
  PORT_NAMES,
  type Protocol,
  SUCCESS_RATES,
} from './queries';
export { isTcpToFlagger, serviceNames } from './service-names';
export { type MetricStore, metricStoreOf, metricStores } from './stores';
