import type { MetricStore } from './store';

/** @see fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go */
const prometheus: MetricStore = {
  id: 'prometheus',
  title: 'Prometheus',
  address: 'required',
  secret: 'optional',
  secretKeys: [['token'], ['username', 'password']],
  region: 'unread',
  headers: true,
  insecureSkipVerify: true,
  needsInterval: false,
  query: 'PromQL for one number',
};
export default prometheus;
