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
