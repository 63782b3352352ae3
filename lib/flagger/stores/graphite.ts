import type { MetricStore } from './store';

/** @see fluxcd/flagger v1.44 pkg/metrics/providers/graphite.go */
const graphite: MetricStore = {
  id: 'graphite',
  title: 'Graphite',
  address: 'required',
  secret: 'optional',
  secretKeys: [['username', 'password']],
  region: 'unread',
  headers: false,
  insecureSkipVerify: true,
  needsInterval: false,
  query: 'parameters of the render API (`target=…&from=…`)',
};
export default graphite;
