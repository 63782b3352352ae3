import type { KubeObject } from '../../kube';
import { serviceNames } from '../service-names';
import { type Provider, p99, percent, weightsOnly } from './provider';

const labels = 'kubernetes_namespace="{{ namespace }}",kubernetes_pod_name=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"';
const version = (value: string) => (value.startsWith('appmesh:v1beta2') ? 'v1beta2' : 'v1beta1');
const apiVersion = (value: string) => `appmesh.k8s.aws/${version(value)}`;
const pair = (canary: KubeObject): readonly string[] => {
  const { primary, canary: own } = serviceNames(canary);
  return [primary, own];
};
const routers = (canary: KubeObject): readonly string[] => {
  const { apex, canary: own } = serviceNames(canary);
  return [apex, own];
};

/** AWS App Mesh by VirtualNodes, VirtualRouters and VirtualServices; Envoy counts. @see fluxcd/flagger v1.44 pkg/router/appmesh_v1beta2.go, pkg/metrics/observers/appmesh.go */
const appmesh: Provider = {
  id: 'appmesh',
  title: 'AWS App Mesh',
  values: ['appmesh:v1beta2', 'appmesh'],
  takes: (value) => value === 'appmesh' || value.startsWith('appmesh:v1beta2'),
  sharesAt: 'mesh',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: ['apex', 'backends', 'hosts', 'match', 'meshName', 'retries', 'timeout'],
  makesServices: true,
  routes: [
    { kind: 'VirtualNode', apiVersion, names: pair },
    { kind: 'VirtualRouter', apiVersion, names: routers },
    { kind: 'VirtualService', apiVersion, names: routers },
  ],
  needs: (value) => ({ name: 'virtualservices.appmesh.k8s.aws', version: version(value) }),
  can: { ...weightsOnly, matchHeaders: ['exact', 'prefix', 'suffix', 'regex'] },
  builtin: {
    observer: 'appmesh',
    countedBy: 'sidecar',
    counter: 'envoy_cluster_upstream_rq',
    labels: {
      kubernetes_namespace: '{{ namespace }}',
      kubernetes_pod_name: '{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)',
    },
    successRate: percent('envoy_cluster_upstream_rq', labels, 'envoy_response_code!~"5.*"'),
    duration: p99('envoy_cluster_upstream_rq_time_bucket', labels),
    durationUnit: 'milliseconds',
  },
};
export default appmesh;
