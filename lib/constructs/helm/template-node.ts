/** A value of the chart where the objects of two clusters or two releases differ. */
export interface ChartValue {
  /** Keys below `.Values`. */
  readonly path: readonly string[];
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'scalar' | 'list' | 'map' | 'any';
  readonly description: string;
  /** By variant; a variant that has none is not there. */
  readonly byVariant: ReadonlyMap<string, unknown>;
  /** In values.yaml it is empty: it is another one with every release. */
  readonly isVolatile: boolean;
}

/** Text that stands in the template as it is. */
export class Action {
  constructor(readonly text: string) {}
}

/** What `.Values` gives: one line for a scalar, a block for lists and maps. */
export class Hole {
  constructor(
    readonly value: ChartValue,
    /** Whether the key is only there where the value is. */
    readonly isOptional: boolean,
  ) {}
}

/** Plain data in which some values are holes. */
export type TemplateNode = unknown;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `.Values.a.b`, or the `index` function where a key is no identifier of Go's templates. */
export function reference(path: readonly string[]): string {
  if (path.every((key) => IDENTIFIER.test(key))) return `.Values.${path.join('.')}`;
  return `(index .Values ${path.map((key) => JSON.stringify(key)).join(' ')})`;
}

/** The expression that writes a scalar so that it is read again as what it is. */
export function scalarExpression({ type }: Pick<ChartValue, 'type'>, subject: string): string {
  switch (type) {
    case 'string':
      return `${subject} | quote`;
    // Numbers come out of values as floats: 1000000 would become 1e+06.
    case 'integer':
      return `${subject} | int64`;
    case 'scalar':
    case 'number':
      return `${subject} | toJson`;
    default:
      return subject;
  }
}

/** Whether Helm's `with` would take the value for absent. */
export function isEmptyForHelm(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
