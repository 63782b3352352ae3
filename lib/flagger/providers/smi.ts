import { type KubeObject, textsAt } from '../../kube';
import { serviceNames } from '../service-names';
import istio from './istio';
import { type Provider, type RouteInput, type RouteKind, weightsOnly } from './provider';

/** The TrafficSplit of one version, weighing `<apex>-primary` against `<apex>-canary`. @see fluxcd/flagger v1.44 pkg/router/smi.go, smi_v1alpha2.go, smi_v1alpha3.go */
export const trafficSplit = (version: (value: string) => string): RouteKind => ({
  kind: 'TrafficSplit',
  apiVersion: (value) => `split.smi-spec.io/${version(value)}`,
  names: (canary) => [serviceNames(canary).apex],
  make: (input) => [split(input, version(input.value))],
});

/** Service Mesh Interface with a mesh that reads TrafficSplit; Flagger asks for Istio's counters. @see fluxcd/flagger v1.44 pkg/router/factory.go, pkg/metrics/observers/factory.go */
const smi: Provider = {
  id: 'smi',
  title: 'Service Mesh Interface',
  values: ['smi:v1alpha2', 'smi:v1alpha1', 'smi:v1alpha3'],
  takes: (value) => /^smi:v1alpha[123]/.test(value),
  sharesAt: 'mesh',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: ['gateways', 'hosts'],
  makesServices: true,
  routes: [trafficSplit((value) => value.split(':')[1] ?? 'v1alpha2')],
  needs: (value) => ({ name: 'trafficsplits.split.smi-spec.io', version: value.split(':')[1] ?? 'v1alpha2' }),
  can: weightsOnly,
  // The observers' factory knows no `smi:…`: it falls back to Istio's.
  builtin: istio.builtin,
};
export default smi;

function split({ canary }: RouteInput, version: string): KubeObject {
  const names = serviceNames(canary);
  return {
    apiVersion: `split.smi-spec.io/${version}`,
    kind: 'TrafficSplit',
    metadata: { name: names.apex, namespace: canary.metadata.namespace ?? '' },
    spec: {
      service: textsAt(canary, 'spec', 'service', 'hosts')[0] ?? names.apex,
      backends: [
        { service: names.canary, weight: 0 },
        { service: names.primary, weight: 100 },
      ],
    },
  };
}
