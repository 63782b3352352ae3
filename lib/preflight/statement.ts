import type { Severity } from '../findings';
import type { Entry } from '../world';

/**
 * Half a fix: how to tell preflight of an object that is in the cluster and not among the manifests.
 * @param namespace `''` for cluster-scoped objects
 */
export const stateThatItExists = (kind: string, namespace: string, name: string): string =>
  `state that it exists (--exists "${kind} ${namespace === '' ? '' : `${namespace}/`}${name}")`;

/**
 * The words of a finding about an object that is looked for in a namespace, where one of that name has no namespace in its
 * manifest: `kubectl apply -n` or a kustomization says where it goes.
 * @param who half a sentence: who looks for it, and where
 */
export function unplacedWords(
  who: string,
  { kind, name }: Entry,
  namespace: string,
): { readonly severity: Severity; readonly message: string; readonly fix: string } {
  return {
    severity: 'warning',
    message: `${who}, and the manifest of ${kind} "${name}" names no namespace`,
    fix: `write namespace: ${namespace} into the metadata of ${kind} "${name}", or state the namespace that objects without one are applied to (--namespace ${namespace})`,
  };
}
