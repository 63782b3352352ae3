import type { FieldDifference } from '../diff';
import { atPath, isFields, type KubeObject } from '../kube';

/** An operation of RFC 6902, as the catalog's patches have them. */
export type Operation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Operations on what the catalog makes that bring back what a field of theirs said. */
export function operationsFor(theirs: KubeObject, made: KubeObject, lost: readonly FieldDifference[]): Operation[] {
  const operations = lost
    .filter(({ path }) => !path.endsWith('(order)'))
    .map(({ steps, stepsAfter, before, after }): Operation => {
      // An item that is not there is added at the end of its list.
      const isItem = stepsAfter.length < steps.length;
      const pointer = pointerOf([...stepsAfter.map(String), ...(isItem ? ['-'] : [])]);
      // As they wrote it; what only a default says is taken from its normal form.
      const written = atPath(theirs, steps);
      const value = written === undefined ? before : written;
      return after !== undefined && exists(made, pointer)
        ? { op: 'replace', path: pointer, value }
        : added(made, pointer, value);
    });
  // Operations at the end of a list move nothing that stands before.
  return operations;
}

/** Adds a value, with what lies above it where that is not written out. */
function added(made: KubeObject, pointer: string, value: unknown): Operation {
  const steps = stepsOf(pointer);
  let node: unknown = made;
  for (const [depth, step] of steps.slice(0, -1).entries()) {
    const next = isFields(node) || Array.isArray(node) ? (node as Record<string, unknown>)[step] : undefined;
    if (next === undefined) {
      const below = steps
        .slice(depth + 1)
        .reduceRight<unknown>((inner, name) => (name === '-' ? [inner] : { [name]: inner }), value);
      return { op: 'add', path: pointerOf(steps.slice(0, depth + 1)), value: below };
    }
    node = next;
  }
  return { op: 'add', path: pointer, value };
}

function exists(object: KubeObject, pointer: string): boolean {
  let node: unknown = object;
  for (const step of stepsOf(pointer)) {
    if (!isFields(node) && !Array.isArray(node)) return false;
    node = (node as Record<string, unknown>)[step];
  }
  return node !== undefined;
}

const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

const pointerOf = (steps: readonly string[]): string =>
  steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
