import type { MetricStore } from './store';

/** Credentials come from Flagger's pod (IAM). @see fluxcd/flagger v1.44 pkg/metrics/providers/cloudwatch.go */
const cloudwatch: MetricStore = {
  id: 'cloudwatch',
  title: 'AWS CloudWatch',
  address: 'unread',
  secret: 'unread',
  secretKeys: [],
  region: 'required',
  headers: false,
  insecureSkipVerify: false,
  needsInterval: true,
  query: 'a JSON list of MetricDataQueries',
};
export default cloudwatch;
