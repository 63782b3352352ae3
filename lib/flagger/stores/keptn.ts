import type { MetricStore } from './store';

/** Reads objects of Keptn in the cluster. @see fluxcd/flagger v1.44 pkg/metrics/providers/keptn.go */
const keptn: MetricStore = {
  id: 'keptn',
  title: 'Keptn',
  address: 'unread',
  secret: 'unread',
  secretKeys: [],
  region: 'unread',
  headers: false,
  insecureSkipVerify: false,
  needsInterval: false,
  query: '`keptnmetric/<namespace>/<name>` or `analysis/<namespace>/<name>/<timeframe>`',
};
export default keptn;
