import { booleanAt, textAt } from '../kube';
import type { ObjectChange } from './cluster-diff';
import type { FieldChange } from './field-changes';

/** Fields that the API server lets nobody change, by kind: paths as `compareObjects` writes them. */
const IMMUTABLE: Readonly<Record<string, RegExp>> = {
  Deployment: /^spec\.selector\b/,
  ReplicaSet: /^spec\.selector\b/,
  DaemonSet: /^spec\.selector\b/,
  StatefulSet:
    /^spec\.(?!(replicas|ordinals|template|updateStrategy|revisionHistoryLimit|persistentVolumeClaimRetentionPolicy|minReadySeconds)\b)/,
  Job: /^spec\.(selector|template|completionMode|backoffLimitPerIndex|podFailurePolicy)\b/,
  PersistentVolumeClaim: /^spec\.(?!(resources|volumeAttributesClassName|volumeName)\b)/,
  Service: /^spec\.(clusterIP|clusterIPs)\b/,
  RoleBinding: /^roleRef\b/,
  ClusterRoleBinding: /^roleRef\b/,
  StorageClass: /^(parameters|provisioner|reclaimPolicy|volumeBindingMode)\b/,
  PriorityClass: /^(value|preemptionPolicy)\b/,
  IngressClass: /^spec\.controller\b/,
  Secret: /^type\b/,
};

/** The first field of a change that the API server refuses. */
export function frozenField({ before, after, kind, fields }: ObjectChange): FieldChange | undefined {
  if (!before || !after) return undefined;
  const isFrozen = booleanAt(before.object, 'immutable') === true;
  const pattern =
    isFrozen && ['ConfigMap', 'Secret'].includes(kind) ? /^(data|binaryData|immutable)\b/ : IMMUTABLE[kind];
  return pattern && fields.find(({ path }) => pattern.test(path));
}

/**
 * Whether Flux deletes what it cannot change, and makes it again.
 * @see fluxcd/pkg ssa v0.76 manager_apply.go (ForceSelector, Force)
 */
export function isForced({ after, appliedAfter }: ObjectChange): boolean {
  return (
    appliedAfter?.force === true ||
    textAt(after?.object, 'metadata', 'annotations', 'kustomize.toolkit.fluxcd.io/force') === 'enabled'
  );
}
