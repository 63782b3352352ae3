import type { MetricStore } from './store';

/** The external metrics API of Kubernetes, by Flagger's own account. @see fluxcd/flagger v1.44 pkg/metrics/providers/externalmetrics.go */
const externalmetrics: MetricStore = {
  id: 'externalmetrics',
  title: 'Kubernetes external metrics',
  address: 'optional',
  secret: 'optional',
  secretKeys: [['token']],
  region: 'unread',
  headers: false,
  insecureSkipVerify: true,
  needsInterval: false,
  query: '`<namespace>/<metric>?labelSelector=<selector>`',
};
export default externalmetrics;
