export { type Analysis, nextStep, readAnalysis } from './analysis';
export {
  type AnalysisTiming,
  analysisDefaults,
  analysisIntervalMs,
  canaryWeights,
  deploymentStrategy,
  failureThreshold,
  type RolloutDuration,
  type RolloutOptions,
  rolloutDuration,
  type Strategy,
} from './duration';
export {
  type BuiltinMetric,
  defaults,
  isBuiltinMetric,
  isConfigTrackingDisabled,
  providers,
  type WebhookType,
  webhookTypes,
} from './facts';
export { type LoadTest, type LoadTool, parseLoadTests } from './load-test';
export {
  isTcpToFlagger,
  type MadeIdentities,
  type MadeKind,
  type MadeObjectsInput,
  type MadePort,
  madeIdentities,
  madeKinds,
  madeObjects,
  primaryLabels,
  selectorLabel,
  serviceNames,
  servicePorts,
  virtualServiceHosts,
} from './made-objects';
export {
  type QueryValues,
  queryFunctions,
  type RenderedQuery,
  renderQuery,
  type TemplateProblem,
} from './metric-template';
export {
  BUILTIN_METRICS,
  durationQuery,
  grpcSuccessRateQuery,
  httpSuccessRateQuery,
  MESH_FACTS,
  type MeshFacts,
  type MeshMode,
  PORT_NAMES,
  type Protocol,
} from './queries';
