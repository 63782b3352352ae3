import * as z from 'zod';
import { catalogSchema } from './schema';

/** The JSON Schema (draft 2020-12) of services.json, for editors: what stands in several places is defined once. */
export function catalogJsonSchema(): unknown {
  return z.toJSONSchema(catalogSchema, { io: 'input', target: 'draft-2020-12', reused: 'ref' });
}
