import { apiGroup, haveSameContent } from '../kube';
import type { ManifestObject } from '../manifests';

/**
 * The objects as they are when of two of one name the last one wins, as `kubectl apply` leaves it; undefined where no two of
 * them differ.
 */
export function lastWins(
  inputs: readonly ManifestObject[],
  defaultNamespace = 'default',
): readonly ManifestObject[] | undefined {
  const kept = new Map<string, ManifestObject>();
  let differs = false;
  for (const input of inputs) {
    const { apiVersion, kind, metadata } = input.object;
    const key = [apiGroup(apiVersion), kind, metadata.namespace ?? defaultNamespace, metadata.name].join(' ');
    const first = kept.get(key);
    differs ||= first !== undefined && !haveSameContent(first.object, input.object);
    kept.set(key, input);
  }
  return differs ? [...kept.values()] : undefined;
}
