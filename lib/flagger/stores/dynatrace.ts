import type { MetricStore } from './store';

/** @see fluxcd/flagger v1.44 pkg/metrics/providers/dynatrace.go */
const dynatrace: MetricStore = {
  id: 'dynatrace',
  title: 'Dynatrace',
  address: 'required',
  secret: 'required',
  secretKeys: [['dynatrace_token']],
  region: 'unread',
  headers: false,
  insecureSkipVerify: false,
  needsInterval: true,
  query: 'a metric selector',
};
export default dynatrace;
