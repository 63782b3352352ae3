/**
 * Fields of `metadata` that only the API server writes, in every live object.
 * @see kubernetes/apimachinery v0.36 pkg/apis/meta/v1/types.go ObjectMeta
 */
export const SERVER_METADATA: readonly string[] = [
  'creationTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
];

/** What kubectl remembers of its last apply. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
