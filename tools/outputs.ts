import { catalogJsonSchema, catalogReference } from '../lib/catalog';

/** What `npm run generate` writes, by path below the root. */
export function outputs(): Map<string, string> {
  return new Map([
    ['services.schema.json', `${JSON.stringify(catalogJsonSchema(), null, 2)}\n`],
    ['docs/catalog.md', catalogReference()],
  ]);
}
