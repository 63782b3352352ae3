import { textAt } from '../../kube';
import { exactly, type Provider, percent, rate, weightsOnly } from './provider';

const labels = 'namespace="{{ namespace }}",ingress="{{ ingress }}",canary!=""';
const duration = 'nginx_ingress_controller_response_duration_seconds';

/** ingress-nginx by a second Ingress with canary annotations; the controller counts. @see fluxcd/flagger v1.44 pkg/router/ingress.go, pkg/metrics/observers/nginx.go */
const nginx: Provider = {
  id: 'nginx',
  title: 'ingress-nginx',
  values: ['nginx'],
  takes: exactly('nginx'),
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
  // One cookie (`cookie`, exact) and one header; of several the last one counts.
  can: { ...weightsOnly, matchHeaders: ['exact', 'regex'] },
  builtin: {
    observer: 'nginx',
    countedBy: 'ingress',
    counter: 'nginx_ingress_controller_requests',
    labels: { namespace: '{{ namespace }}', ingress: '{{ ingress }}', canary: '.+' },
    successRate: percent('nginx_ingress_controller_requests', labels, 'status!~"5.*"'),
    duration: `${rate(`${duration}_sum{${labels}}`)} / ${rate(`${duration}_count{${labels}}`)} * 1000`,
    durationUnit: 'milliseconds',
  },
  entrance: 'ingress-nginx-controller.ingress-nginx',
};
export default nginx;
