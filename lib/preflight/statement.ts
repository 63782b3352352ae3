/**
 * Half a fix: how to tell preflight of an object that is in the cluster and not among the manifests.
 * @param namespace `''` for cluster-scoped objects
 */
export const stateThatItExists = (kind: string, namespace: string, name: string): string =>
  `state that it exists (--exists "${kind} ${namespace === '' ? '' : `${namespace}/`}${name}")`;
