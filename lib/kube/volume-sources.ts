/** Sources that a volume may have: exactly one of them. @see kubernetes v1.36 staging/src/k8s.io/api/core/v1/types.go VolumeSource */
export const VOLUME_SOURCES = [
  'emptyDir',
  'configMap',
  'secret',
  'persistentVolumeClaim',
  'hostPath',
  'projected',
  'downwardAPI',
  'csi',
  'nfs',
  'ephemeral',
  'image',
] as const;
