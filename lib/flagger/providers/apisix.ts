import { textAt } from '../../kube';
import { serviceNames } from '../service-names';
import { exactly, type Provider, p99, percent, weightsOnly } from './provider';

const labels = 'route=~"{{ namespace }}_{{ route }}-{{ target }}-canary_.+"';

/** APISIX by a second ApisixRoute of highest priority; APISIX counts. @see fluxcd/flagger v1.44 pkg/router/apisix.go, pkg/metrics/observers/apisix.go */
const apisix: Provider = {
  id: 'apisix',
  title: 'APISIX',
  values: ['apisix'],
  takes: exactly('apisix'),
  sharesAt: 'ingress',
  reference: { field: 'routeRef', apiVersion: 'apisix.apache.org/v2', kind: 'ApisixRoute', isRequired: true },
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: [],
  makesServices: true,
  routes: [
    {
      kind: 'ApisixRoute',
      apiVersion: () => 'apisix.apache.org/v2',
      names: (canary) => [`${textAt(canary, 'spec', 'routeRef', 'name') ?? ''}-${serviceNames(canary).apex}-canary`],
    },
  ],
  needs: () => ({ name: 'apisixroutes.apisix.apache.org', version: 'v2' }),
  can: weightsOnly,
  builtin: {
    observer: 'apisix',
    countedBy: 'ingress',
    counter: 'apisix_http_status',
    labels: { route: '{{ namespace }}_{{ route }}-{{ target }}-canary_.+' },
    successRate: percent('apisix_http_status', labels, 'code!~"5.."'),
    duration: p99('apisix_http_latency_bucket', `type=~"request",${labels}`),
    durationUnit: 'milliseconds',
  },
  entrance: 'apisix-gateway.apisix',
};
export default apisix;
