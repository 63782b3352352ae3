import type { MetricStore } from './store';

/** @see fluxcd/flagger v1.44 pkg/metrics/providers/datadog.go */
const datadog: MetricStore = {
  id: 'datadog',
  title: 'Datadog',
  address: 'optional',
  defaultAddress: 'https://api.datadoghq.com',
  secret: 'required',
  secretKeys: [['datadog_api_key', 'datadog_application_key']],
  region: 'unread',
  headers: false,
  insecureSkipVerify: false,
  needsInterval: true,
  query: 'a metrics query of Datadog; its last point counts',
};
export default datadog;
