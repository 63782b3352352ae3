import { isDeepStrictEqual } from 'node:util';
import { apiGroup, envReferences, isFields, type KubeObject, type ObjectId } from '../kube';
import { keysOfItems, listShape } from './merge-keys';
import { normalForm } from './normal-form';

/** One field that two objects do not share. */
export interface FieldDifference {
  /** For people: `spec.template.spec.containers[server].env[PORT].value`; items by their key where they have one. */
  readonly path: string;
  /** The same as steps: field names, and of list items the position in `before` where it has it, else in `after`. */
  readonly steps: readonly (string | number)[];
  /** The same with positions in `after`, as far as that has them. */
  readonly stepsAfter: readonly (string | number)[];
  /** In normal form; undefined where only `after` has it. */
  readonly before?: unknown;
  /** In normal form; undefined where only `before` has it. */
  readonly after?: unknown;
}

/** What names an object in its cluster: group (not version), kind, namespace, name. */
export function identityOf({ apiVersion, kind, metadata }: KubeObject): ObjectId {
  return { group: apiGroup(apiVersion), kind, namespace: metadata.namespace ?? '', name: metadata.name };
}

/** As one text, to look an object up by. */
export function identityKey(object: KubeObject): string {
  const { group, kind, namespace, name } = identityOf(object);
  return `${group}/${kind}/${namespace}/${name}`;
}

/**
 * How two objects differ in meaning: defaults of the API server, amounts written otherwise, empty values and order
 * that means nothing are no differences. Of what only one of them has, the whole subtree is one difference.
 */
export function compareObjects(before: KubeObject, after: KubeObject): FieldDifference[] {
  return compareNormal(normalForm(before), normalForm(after));
}

/** The same for objects that are in normal form already. */
export function compareNormal(before: KubeObject, after: KubeObject): FieldDifference[] {
  const differences: FieldDifference[] = [];
  new Comparison(before.kind, differences).fields(before, after, '', [[], []]);
  return differences;
}

type Step = string | number;
/** The way to a value in `before` and in `after`. */
type Way = readonly [before: readonly Step[], after: readonly Step[]];

const down = ([before, after]: Way, step: Step, stepAfter = step): Way => [
  [...before, step],
  [...after, stepAfter],
];

/** An item that `after` does not have: there it is the list that lacks it. */
const gone = ([before, after]: Way, step: Step): Way => [[...before, step], after];

class Comparison {
  constructor(
    private readonly kind: string,
    private readonly found: FieldDifference[],
  ) {}

  fields(
    before: Readonly<Record<string, unknown>>,
    after: Readonly<Record<string, unknown>>,
    path: string,
    steps: Way,
  ): void {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const step = /^[\w-]+$/.test(name) ? (path === '' ? name : `.${name}`) : `["${name}"]`;
      this.values(before[name], after[name], `${path}${step}`, down(steps, name), name);
    }
  }

  private values(before: unknown, after: unknown, path: string, steps: Way, field: string): void {
    if (before === after || (before !== undefined && after !== undefined && isDeepStrictEqual(before, after))) return;
    if (Array.isArray(before) && Array.isArray(after)) this.lists(before, after, path, steps, field);
    else if (isFields(before) && isFields(after)) this.fields(before, after, path, steps);
    else this.report(path, steps, before, after);
  }

  private lists(before: readonly unknown[], after: readonly unknown[], path: string, steps: Way, field: string): void {
    const shape = listShape(this.kind, field);
    if (shape.kind === 'set') {
      this.sets(before, after, path, steps);
      return;
    }
    const beforeKeys = keysOfItems(before, shape);
    const afterKeys = keysOfItems(after, shape);
    if (beforeKeys && afterKeys) {
      this.keyed(before, after, beforeKeys, afterKeys, path, steps, field);
      return;
    }
    const count = Math.max(before.length, after.length);
    for (let index = 0; index < count; index++)
      this.values(before[index], after[index], `${path}[${index}]`, down(steps, index), field);
  }

  private keyed(
    before: readonly unknown[],
    after: readonly unknown[],
    beforeKeys: readonly string[],
    afterKeys: readonly string[],
    path: string,
    steps: Way,
    field: string,
  ): void {
    const positions = new Map(afterKeys.map((key, index) => [key, index]));
    for (const [index, key] of beforeKeys.entries()) {
      const other = positions.get(key);
      this.values(
        before[index],
        other === undefined ? undefined : after[other],
        `${path}[${key}]`,
        other === undefined ? gone(steps, index) : down(steps, index, other),
        field,
      );
    }
    const known = new Set(beforeKeys);
    for (const [index, key] of afterKeys.entries())
      if (!known.has(key)) this.report(`${path}[${key}]`, down(steps, index), undefined, after[index]);
    // Kubernetes expands `$(NAME)` only from variables that stand before: their order means something where one is used.
    if (field === 'env' && !isExpandedAlike(expanded(before, beforeKeys), expanded(after, afterKeys)))
      this.report(`${path} (order)`, steps, beforeKeys, afterKeys);
  }

  private sets(before: readonly unknown[], after: readonly unknown[], path: string, steps: Way): void {
    const lost = before.filter((item) => !after.some((other) => isDeepStrictEqual(item, other)));
    const added = after.filter((item) => !before.some((other) => isDeepStrictEqual(item, other)));
    // A pair of one each is a change of that item.
    if (lost.length === 1 && added.length === 1 && isFields(lost[0]) && isFields(added[0])) {
      const index = before.indexOf(lost[0]);
      this.fields(lost[0], added[0], `${path}[${index}]`, down(steps, index, after.indexOf(added[0])));
      return;
    }
    for (const item of lost) this.report(`${path}[]`, gone(steps, before.indexOf(item)), item, undefined);
    for (const item of added) this.report(`${path}[]`, down(steps, after.indexOf(item)), undefined, item);
  }

  private report(path: string, [steps, stepsAfter]: Way, before: unknown, after: unknown): void {
    this.found.push({
      path,
      steps,
      stepsAfter,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
  }
}

/** Of each variable those that it uses and that stand before it. */
function expanded(env: readonly unknown[], keys: readonly string[]): ReadonlyMap<string, string> {
  const before = new Set<string>();
  const uses = new Map<string, string>();
  for (const [index, variable] of env.entries()) {
    const value = isFields(variable) && typeof variable.value === 'string' ? variable.value : '';
    if (value.includes('$('))
      uses.set(
        keys[index]!,
        envReferences(value)
          .filter((name) => before.has(name))
          .join(),
      );
    before.add(keys[index]!);
  }
  return uses;
}

/** Whether the variables that both have use the same others. */
function isExpandedAlike(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): boolean {
  return [...before].every(([name, uses]) => !after.has(name) || after.get(name) === uses);
}
