import { textAt } from '../../kube';
import { exactly, type Provider, rate, weightsOnly } from './provider';

// Skipper's name of a route: every character that no word has is `_` there.
const route = 'route=~"kube(ew)?_{{ namespace }}__{{ ingress }}_canary__.*__{{ service }}_canary(_[0-9]+)?"';
const bucket = 'skipper_response_duration_seconds_bucket';
const duration = 'skipper_serve_route_duration_seconds';

/** Skipper by a second Ingress with backend weights; Skipper counts. @see fluxcd/flagger v1.44 pkg/router/skipper.go, pkg/metrics/observers/skipper.go */
const skipper: Provider = {
  id: 'skipper',
  title: 'Skipper',
  values: ['skipper'],
  takes: exactly('skipper'),
  sharesAt: 'ingress',
  reference: { field: 'ingressRef', apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', isRequired: true },
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: [],
  makesServices: true,
  routes: [
    {
      kind: 'Ingress',
      apiVersion: () => 'networking.k8s.io/v1',
      names: (canary) => [`${textAt(canary, 'spec', 'ingressRef', 'name') ?? ''}-canary`],
    },
  ],
  can: weightsOnly,
  builtin: {
    observer: 'skipper',
    countedBy: 'ingress',
    counter: bucket,
    labels: { route: 'kube(ew)?_{{ namespace }}__{{ ingress }}_canary__.*__{{ service }}_canary(_[0-9]+)?' },
    successRate: `${rate(`${bucket}{${route},code!~"5..",le="+Inf"}`)} / ${rate(`${bucket}{${route},le="+Inf"}`)} * 100`,
    duration: `${rate(`${duration}_sum{${route}}`)} / ${rate(`${duration}_count{${route}}`)} * 1000`,
    durationUnit: 'milliseconds',
  },
  entrance: 'skipper-ingress.kube-system',
};
export default skipper;
