import type { MetricStore } from './store';

/** @see fluxcd/flagger v1.44 pkg/metrics/providers/splunk.go */
const splunk: MetricStore = {
  id: 'splunk',
  title: 'Splunk Observability Cloud',
  address: 'required',
  secret: 'required',
  secretKeys: [['sf_token_key']],
  region: 'unread',
  headers: false,
  insecureSkipVerify: false,
  needsInterval: true,
  query: 'a SignalFlow program that publishes one number',
};
export default splunk;
