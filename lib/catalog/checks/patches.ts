import { nearest } from '../../findings';
import type { Problem } from '../problem';
import type { Catalog } from '../schema';

/** The escape hatch is visible: every patch is a note, every bad one an error. */
export function patchProblems(catalog: Catalog): Problem[] {
  const names = new Set(catalog.services.map(({ name }) => name));
  return (catalog.patches ?? []).flatMap((patch, index) => {
    const path = ['patches', index];
    const problems: Problem[] = [
      {
        code: 'patched-object',
        severity: 'info',
        path,
        message: `${patch.target.kind} "${patch.target.name}" is patched: ${patch.reason}`,
        fix: 'nothing to do; remove the patch when the catalog has a field for it',
      },
    ];
    if (patch.service !== undefined && !names.has(patch.service))
      problems.push({
        code: 'unknown-service',
        path: [...path, 'service'],
        message: `no service "${patch.service}"`,
        nearest: nearest(patch.service, names),
        fix: 'write the name of a service, or remove it',
      });
    if (patch.reason.trim() === '')
      problems.push({
        code: 'patch-without-reason',
        path: [...path, 'reason'],
        message: 'a patch has no reason',
        fix: 'say why the catalog cannot do it',
      });
    if (patch.operations.length === 0)
      problems.push({
        code: 'patch-operation',
        path: [...path, 'operations'],
        message: 'a patch has no operations',
        fix: 'add one, or remove the patch',
      });
    for (const [at, operation] of patch.operations.entries()) {
      if (!/^(\/([^~]|~[01])*)+$/.test(operation.path))
        problems.push({
          code: 'patch-operation',
          path: [...path, 'operations', at, 'path'],
          message: `${JSON.stringify(operation.path)} is not a JSON pointer`,
          fix: 'begin with "/"; write "~1" for "/" and "~0" for "~" inside a key',
        });
      if (operation.op !== 'test' && /^\/(apiVersion|kind|metadata(\/(name|namespace))?)$/.test(operation.path))
        problems.push({
          code: 'patch-operation',
          path: [...path, 'operations', at, 'path'],
          message: `a patch may not change ${operation.path}`,
          fix:
            operation.path === '/kind'
              ? 'write "kind" for the service (deployment, statefulset, daemonset, job, cronjob), or put the object into "manifests"'
              : 'change what the object says, not which object it is',
        });
      if (operation.op !== 'remove' && operation.value === undefined)
        problems.push({
          code: 'patch-operation',
          path: [...path, 'operations', at],
          message: `"${operation.op}" needs a value`,
          fix: 'add value',
        });
    }
    return problems;
  });
}
