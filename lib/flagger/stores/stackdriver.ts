import type { MetricStore } from './store';

/** @see fluxcd/flagger v1.44 pkg/metrics/providers/stackdriver.go */
const stackdriver: MetricStore = {
  id: 'stackdriver',
  title: 'Google Cloud Monitoring',
  address: 'unread',
  // Without it requests name no project, and are refused.
  secret: 'required',
  secretKeys: [['project'], ['project', 'serviceAccountKey']],
  region: 'unread',
  headers: false,
  insecureSkipVerify: false,
  needsInterval: false,
  query: 'MQL for one number',
};
export default stackdriver;
