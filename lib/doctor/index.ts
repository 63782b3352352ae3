export { type CanaryQuery, canaryQueries } from './canary-queries';
export { doctorCodes } from './codes';
export { type Cluster, type Examination, examine } from './examine';
export { readLive } from './live-objects';
