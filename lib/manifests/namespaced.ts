import type { KubeObject } from '../kube';

/** Kinds without a namespace, as far as they stand in manifests. */
const clusterScoped = new Set(
  (
    'Namespace Node PersistentVolume ClusterRole ClusterRoleBinding CustomResourceDefinition StorageClass PriorityClass IngressClass ' +
    'GatewayClass APIService ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy ' +
    'ValidatingAdmissionPolicyBinding ClusterIssuer ClusterPolicy ClusterSecretStore ClusterExternalSecret RuntimeClass CSIDriver ' +
    'Istio IstioRevision IstioRevisionTag IstioCNI ZTunnel Mesh Zone ZoneIngress ZoneEgress CiliumClusterwideNetworkPolicy'
  ).split(' '),
);

/** Whether the object lies in a namespace. */
export function isNamespaced({ kind }: Pick<KubeObject, 'kind'>): boolean {
  return !clusterScoped.has(kind);
}
