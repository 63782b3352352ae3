import { isDeepStrictEqual } from 'node:util';
import { at, isFields, textAt } from '../kube';

/**
 * Fields in which a workload differs from release to release and that only rules about itself, its callers and its callees
 * look at, by kind; `*` is any index. Everything else (labels, selectors, ports, hosts, names, a rollout's length) may
 * matter to objects that do not name it.
 */
const localFields: Readonly<Record<string, readonly string[]>> = {
  Deployment: [
    '/spec/replicas',
    '/spec/template/metadata/annotations',
    '/spec/template/metadata/labels/app.kubernetes.io/version',
    '/spec/template/spec/terminationGracePeriodSeconds',
    ...[
      'args',
      'command',
      'env',
      'image',
      'imagePullPolicy',
      'lifecycle',
      'livenessProbe',
      'readinessProbe',
      'resources',
      'startupProbe',
    ].map((field) => `/spec/template/spec/containers/*/${field}`),
  ],
  HorizontalPodAutoscaler: ['/spec/behavior', '/spec/maxReplicas', '/spec/metrics', '/spec/minReplicas'],
  ConfigMap: ['/data'],
};
/** No selector can count on the version: it is another one after each release. */
const ofEveryKind: readonly string[] = ['/metadata/annotations', '/metadata/labels/app.kubernetes.io/version'];

/** Whether two versions of a file's objects differ in such fields alone. */
export function isLocalChange(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((object, index) => differsLocally(object, after[index]));
}

function differsLocally(before: unknown, after: unknown): boolean {
  const kind = textAt(before, 'kind');
  const same = ['apiVersion', 'kind'].every((field) => at(before, field) === at(after, field));
  return same && differences(before, after, '', [...ofEveryKind, ...(localFields[kind ?? ''] ?? [])]);
}

/** Whether all that differs lies at or below one of the pointers. */
function differences(before: unknown, after: unknown, pointer: string, local: readonly string[]): boolean {
  if (before === after || local.includes(pointer)) return true;
  if (!local.some((one) => one.startsWith(`${pointer}/`))) return isDeepStrictEqual(before, after);
  if (Array.isArray(before) && Array.isArray(after))
    return (
      before.length === after.length &&
      before.every((item, index) => differences(item, after[index], `${pointer}/*`, local))
    );
  if (!isFields(before) || !isFields(after)) {
    // A map that only one of them has: all that it holds has to be local.
    if (before === undefined && isFields(after)) return differences({}, after, pointer, local);
    if (after === undefined && isFields(before)) return differences(before, {}, pointer, local);
    return false;
  }
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].every((key) =>
    differences(before[key], after[key], `${pointer}/${key}`, local),
  );
}
