export { type CanaryQuery, canaryQueries } from './canary-queries';
export { inWordsOf } from './cluster-words';
export { doctorCodes } from './codes';
export { type Cluster, type Examination, examine, liveWorld } from './examine';
export { readLive } from './live-objects';
export {
  type AskMetrics,
  type CanaryEvidence,
  type MetricAnswer,
  type MetricEvidence,
  metricEvidence,
  scrapeInterval,
} from './metric-evidence';
