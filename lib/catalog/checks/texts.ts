import type { Path, Problem } from '../problem';
import { secretProblem } from './secrets';
import { unprintableProblem } from './unprintable';

const TEXT_CHECKS: readonly ((text: string, path: Path) => Problem | undefined)[] = [unprintableProblem, secretProblem];

/**
 * What is wrong with the texts of a part of the catalog, however deep.
 * @param place the part's own path
 */
export function textProblems(part: object, place: Path): Problem[] {
  const problems: Problem[] = [];
  // One path for all, lengthened and shortened on the way: one for every text of a large catalog would cost more than all checks.
  const path = [...place];
  const walk = (node: unknown, key: string | number): void => {
    path.push(key);
    if (typeof node === 'string') {
      for (const check of TEXT_CHECKS) {
        const problem = check(node, path);
        if (problem) problems.push(problem);
      }
    } else if (typeof node === 'object' && node !== null) walkChildren(node);
    path.pop();
  };
  const walkChildren = (node: object): void => {
    if (Array.isArray(node)) for (let index = 0; index < node.length; index++) walk(node[index], index);
    else for (const key of Object.keys(node)) walk((node as Record<string, unknown>)[key], key);
  };
  walkChildren(part);
  return problems;
}
