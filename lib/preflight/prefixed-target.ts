import type { CanaryView, Entry, World } from '../world';

/**
 * The workload that the Canary means where kustomize has given both a prefix or suffix: it changes names, and of the fields
 * that refer to one only those that it knows; targetRef of a Canary is none of them.
 * @see kubernetes-sigs/kustomize api/internal/konfig/builtinpluginconsts/namereference.go
 */
export function prefixedTarget(world: World, canary: CanaryView): Entry | undefined {
  const { kind, name } = canary.targetRef;
  if (name === '' || world.mayExist(kind, canary.namespace, name)) return undefined;
  const found = world.writtenOfKind(kind).filter((other) => {
    if (other.namespace !== canary.namespace || other.name === name) return false;
    const [prefix, suffix] = [other.name.slice(0, -name.length), other.name.slice(name.length)];
    return (
      (other.name.endsWith(name) && canary.name.startsWith(prefix)) ||
      (other.name.startsWith(name) && canary.name.endsWith(suffix))
    );
  });
  return found.length === 1 ? found[0] : undefined;
}
