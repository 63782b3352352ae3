/** Kinds without a namespace, as far as manifests around applications, Flagger and Flux hold them. */
const clusterScoped = new Set(
  (
    'Namespace Node PersistentVolume ClusterRole ClusterRoleBinding CustomResourceDefinition StorageClass PriorityClass IngressClass ' +
    'GatewayClass APIService ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy ' +
    'ValidatingAdmissionPolicyBinding ClusterIssuer ClusterPolicy ClusterSecretStore ClusterExternalSecret RuntimeClass CSIDriver ' +
    'Istio IstioRevision IstioRevisionTag IstioCNI ZTunnel Mesh Zone ZoneIngress ZoneEgress CiliumClusterwideNetworkPolicy'
  ).split(' '),
);

/** Whether objects of the kind have no namespace. A kind that is not known has one. */
export function isClusterScoped(kind: string): boolean {
  return clusterScoped.has(kind);
}
