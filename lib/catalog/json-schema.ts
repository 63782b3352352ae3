import * as z from 'zod';
import { catalogSchema } from './schema';
import { serviceSchema } from './schema/service';

interface JsonSchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

const toJson = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', reused: 'ref' }) as unknown as JsonSchema;

/** The JSON Schema (draft 2020-12) of services.json, for editors: what stands in several places is defined once. */
export function catalogJsonSchema(): unknown {
  const schema = toJson(catalogSchema);
  return {
    ...schema,
    required: schema.required.filter((name) => name !== 'services'),
    // All services may stand in files of their own.
    anyOf: [{ required: ['services'] }, { required: ['include'] }],
  };
}

/** The same of a file that the catalog includes: one service. */
export function serviceJsonSchema(): unknown {
  const { properties, ...schema } = toJson(serviceSchema);
  const $schema = { type: 'string', description: 'This schema, for editors.' };
  return { title: 'Service of a catalog of Aviary', ...schema, properties: { $schema, ...properties } };
}
