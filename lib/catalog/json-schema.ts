import * as z from 'zod';
import { catalogSchema } from './schema';

/** The JSON Schema (draft 2020-12) of services.json. */
export function catalogJsonSchema(): unknown {
  return z.toJSONSchema(catalogSchema, { io: 'input', target: 'draft-2020-12' });
}
