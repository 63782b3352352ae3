import type { Path } from '../problem';

/**
 * Calls back for every text of a value, however deep. The path is the walker's own and changes as it goes on: copy it
 * to keep it. (A path for every text of a large catalog would cost more than all checks.)
 */
export function forEachText(value: unknown, visit: (text: string, path: Path) => void): void {
  const path: (string | number)[] = [];
  const walk = (node: unknown, key: string | number): void => {
    path.push(key);
    if (typeof node === 'string') visit(node, path);
    else if (typeof node === 'object' && node !== null) walkChildren(node);
    path.pop();
  };
  const walkChildren = (node: object): void => {
    if (Array.isArray(node)) for (let index = 0; index < node.length; index++) walk(node[index], index);
    else for (const key of Object.keys(node)) walk((node as Record<string, unknown>)[key], key);
  };
  if (typeof value === 'object' && value !== null) walkChildren(value);
}
