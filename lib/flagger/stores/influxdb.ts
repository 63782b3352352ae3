import type { MetricStore } from './store';

/** @see fluxcd/flagger v1.44 pkg/metrics/providers/influxdb.go */
const influxdb: MetricStore = {
  id: 'influxdb',
  title: 'InfluxDB',
  address: 'required',
  secret: 'optional',
  secretKeys: [['token', 'org']],
  region: 'unread',
  headers: false,
  insecureSkipVerify: false,
  needsInterval: false,
  query: 'Flux (the query language of InfluxDB) for one number',
};
export default influxdb;
