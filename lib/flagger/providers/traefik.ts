import { fieldsAt, type KubeObject, numberAt, textMapAt } from '../../kube';
import { serviceNames } from '../service-names';
import { exactly, type Provider, p99, percent, weightsOnly } from './provider';

const service = 'service=~"{{ namespace }}-{{ target }}-canary-[0-9a-zA-Z-]+@kubernetescrd"';
const bucket = 'traefik_service_request_duration_seconds_bucket';

/** Traefik by TraefikService, to which an IngressRoute of one's own leads; Traefik counts. @see fluxcd/flagger v1.44 pkg/router/traefik.go, pkg/metrics/observers/traefik.go */
const traefik: Provider = {
  id: 'traefik',
  title: 'Traefik',
  values: ['traefik'],
  takes: exactly('traefik'),
  sharesAt: 'ingress',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: ['apex'],
  makesServices: true,
  routes: [
    {
      kind: 'TraefikService',
      apiVersion: () => 'traefik.io/v1alpha1',
      names: (canary) => [serviceNames(canary).apex],
      make: ({ canary }) => [traefikService(canary)],
    },
  ],
  needs: () => ({ name: 'traefikservices.traefik.io', version: 'v1alpha1' }),
  can: weightsOnly,
  builtin: {
    observer: 'traefik',
    countedBy: 'ingress',
    counter: bucket,
    labels: { service: '{{ namespace }}-{{ target }}-canary-[0-9a-zA-Z-]+@kubernetescrd', le: '+Inf' },
    successRate: percent(bucket, `${service},le="+Inf"`, 'code!~"5.."'),
    duration: `${p99(bucket, service)} * 1000`,
    durationUnit: 'milliseconds',
  },
  entrance: 'traefik.traefik',
};
export default traefik;

/** The canary joins with its first weight. @see fluxcd/flagger v1.44 pkg/router/traefik.go Reconcile */
function traefikService(canary: KubeObject): KubeObject {
  const names = serviceNames(canary);
  const fields = fieldsAt(canary, 'spec', 'service');
  const namespace = canary.metadata.namespace ?? '';
  return {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'TraefikService',
    metadata: { name: names.apex, namespace, labels: textMapAt(fields, 'apex', 'labels') },
    spec: {
      weighted: { services: [{ name: names.primary, namespace, port: numberAt(fields, 'port'), weight: 100 }] },
    },
  };
}
