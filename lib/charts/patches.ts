import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Patch } from '../catalog';
import type { ManifestFile } from '../constructs';
import type { KubeObject } from '../kube';

/**
 * Lets the files below `scope` apply the catalog's patches when they are rendered: after the classes, which would
 * drop fields that they do not know.
 * @throws Error when a patch meets no object; on rendering, when an operation does not fit.
 */
export function patchFiles(scope: Construct, patches: readonly Patch[]): void {
  if (patches.length === 0) return;
  const objects = scope.node.findAll().filter((node) => ApiObject.isApiObject(node)) as ApiObject[];
  for (const patch of patches) {
    const { kind, name, namespace } = patch.target;
    const matches = (object: { kind: string; metadata: { name?: string; namespace?: string } }) =>
      object.kind === kind &&
      object.metadata.name === name &&
      (namespace === undefined || object.metadata.namespace === namespace);
    const found = objects.filter(matches);
    if (found.length === 0) throw new Error(`patch of ${kind} "${name}": the output has no such object`);
    for (const file of new Set(found.map((object) => Chart.of(object) as ManifestFile))) {
      file.transformations.push((object) => (matches(object as KubeObject) ? apply(object, patch) : object));
    }
  }
}

function apply(object: unknown, patch: Patch): unknown {
  try {
    return JsonPatch.apply(object, ...patch.operations.map(operation));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`patch of ${patch.target.kind} "${patch.target.name}" does not fit: ${reason}`);
  }
}

function operation(step: Patch['operations'][number]): JsonPatch {
  switch (step.op) {
    case 'add':
      return JsonPatch.add(step.path, sorted(step.value));
    case 'replace':
      return JsonPatch.replace(step.path, sorted(step.value));
    case 'test':
      return JsonPatch.test(step.path, step.value);
    case 'remove':
      return JsonPatch.remove(step.path);
  }
}

/** A value with its keys in order: what a patch brings comes after cdk8s has sorted the object, and the order of somebody's file must not reach the output. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  );
}
