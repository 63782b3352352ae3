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

function inOrder(value: unknown, schema: StructuralSchema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => inOrder(item, schema?.items));
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const known = schema?.properties ?? none;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(known)) if (fields[key] !== undefined) result[key] = inOrder(fields[key], known[key]);
  for (const key of Object.keys(fields)) {
    if (Object.hasOwn(result, key)) continue;
    const own = inOrder(fields[key], schema?.additionalProperties);
    // An assignment would set the prototype.
    if (key === '__proto__') Object.defineProperty(result, key, { value: own, enumerable: true });
    else result[key] = own;
  }
  return result;
}
