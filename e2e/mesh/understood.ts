export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields => (value ?? {}) as Fields;
export const listOf = (value: unknown): Fields[] => (value ?? []) as Fields[];

/** @throws where an object says something that is not read: it would be enforced as if it did not say it */
export function only(fields: Fields, known: readonly string[], where: string): void {
  const other = Object.keys(fields).filter((key) => !known.includes(key));
  if (other.length > 0) throw new Error(`${where}: the mesh imitation does not understand ${other.join(', ')}`);
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Whether a label selector of Kubernetes selects these labels. An empty one selects all. */
export function selects(selector: Fields, labels: Readonly<Record<string, string>>, where: string): boolean {
  only(selector, ['matchLabels', 'matchExpressions'], where);
  const expressions = (selector.matchExpressions ?? []) as Expression[];
  return (
    Object.entries(fieldsOf(selector.matchLabels)).every(([key, value]) => labels[key] === value) &&
    expressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          throw new Error(`${where}: the mesh imitation does not understand operator ${operator}`);
      }
    })
  );
}
