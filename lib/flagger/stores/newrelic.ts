import type { MetricStore } from './store';

/** @see fluxcd/flagger v1.44 pkg/metrics/providers/newrelic.go */
const newrelic: MetricStore = {
  id: 'newrelic',
  title: 'New Relic',
  address: 'optional',
  defaultAddress: 'https://insights-api.newrelic.com',
  secret: 'required',
  secretKeys: [['newrelic_account_id', 'newrelic_query_key']],
  region: 'unread',
  headers: false,
  insecureSkipVerify: false,
  needsInterval: true,
  query: 'NRQL without a time range, which Flagger adds',
};
export default newrelic;
