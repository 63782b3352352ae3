import { ApiObject, type ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { specSchemas } from '../flagger';
import type { StructuralSchema } from '../kube';

/** An object of Flagger: metadata and `spec` as plain data. */
export interface FlaggerObjectProps {
  readonly kind: 'Canary' | 'MetricTemplate' | 'AlertProvider';
  readonly metadata: ApiObjectMetadata;
  /** Read at synthesis: what is changed in it until then is written. */
  readonly spec: object;
}

/**
 * A custom resource of Flagger whose `spec` may hold any field, which the generated classes would drop. Fields stand in the order of
 * the definition, as those classes write them.
 */
export class FlaggerObject extends ApiObject {
  private readonly schema: StructuralSchema;

  constructor(scope: Construct, id: string, props: FlaggerObjectProps) {
    const { kind, metadata, spec } = props;
    super(scope, id, { apiVersion: 'flagger.app/v1beta1', kind, metadata, spec });
    this.schema = specSchemas[kind];
  }

  override toJson(): { readonly spec?: unknown } {
    const { apiVersion, kind, metadata, spec, ...rest } = super.toJson();
    return { apiVersion, kind, metadata, spec: inOrder(spec, this.schema), ...rest } as never;
  }
}

const none: Readonly<Record<string, StructuralSchema>> = {};

const knownPositions = new WeakMap<object, ReadonlyMap<string, number>>();

/** Where each field stands in a definition. */
function positionsOf(known: Readonly<Record<string, StructuralSchema>>): ReadonlyMap<string, number> {
  const positions = knownPositions.get(known) ?? new Map(Object.keys(known).map((key, index) => [key, index]));
  knownPositions.set(known, positions);
  return positions;
}

/** A definition has many more fields than an object: those of the object are sorted by it, if they are not yet; what it has besides comes last. */
function sortedBy(positions: ReadonlyMap<string, number>, keys: string[]): string[] {
  let last = 0;
  for (const key of keys) {
    const place = positions.get(key) ?? positions.size;
    if (place < last)
      return keys.sort((a, b) => (positions.get(a) ?? positions.size) - (positions.get(b) ?? positions.size));
    last = place;
  }
  return keys;
}

function inOrder(value: unknown, schema: StructuralSchema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => inOrder(item, schema?.items));
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const known = schema?.properties ?? none;
  const positions = positionsOf(known);
  const result: Record<string, unknown> = {};
  for (const key of sortedBy(positions, Object.keys(fields))) {
    if (fields[key] === undefined) continue;
    const own = inOrder(fields[key], positions.has(key) ? known[key] : schema?.additionalProperties);
    // An assignment would set the prototype.
    if (key === '__proto__') Object.defineProperty(result, key, { value: own, enumerable: true });
    else result[key] = own;
  }
  return result;
}
