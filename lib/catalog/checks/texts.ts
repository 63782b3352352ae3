import type { Path, Problem } from '../problem';
import { secretProblem } from './secrets';
import { largeObjectProblem, longTextProblem } from './sizes';
import { unprintableProblem } from './unprintable';

/**
 * What is wrong with the texts of a part of the catalog, however deep.
 * @param place the part's own path
 */
export function textProblems(part: object, place: Path): Problem[] {
  const problems: Problem[] = [];
  // One path for all, lengthened and shortened on the way: one for every text of a large catalog would cost more than all checks.
  const path = [...place];
  const inService = place.length;
  let bytes = 0;
  const walk = (node: unknown, key: string | number, before?: unknown): void => {
    path.push(key);
    if (typeof node === 'string') {
      const long = longTextProblem(node, path);
      if (long) problems.push(long);
      // Each entry of files is an object of its own.
      if (path[inService] !== 'config') bytes += node.length;
      const unprintable = unprintableProblem(node, path);
      if (unprintable) problems.push(unprintable);
      const secret = secretProblem(node, path, typeof before === 'string' ? before : undefined);
      if (secret) problems.push(secret);
    } else if (typeof node === 'object' && node !== null) walkChildren(node);
    path.pop();
  };
  const walkChildren = (node: object): void => {
    if (Array.isArray(node))
      for (let index = 0; index < node.length; index++) walk(node[index], index, node[index - 1]);
    else for (const key of Object.keys(node)) walk((node as Record<string, unknown>)[key], key);
  };
  walkChildren(part);
  const large = largeObjectProblem(bytes, place, place[0] === 'services' ? 'the service' : 'this part of the catalog');
  if (large) problems.push(large);
  return problems;
}
