import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../lib/catalog';

/** Online Boutique's catalog, afresh for every caller to change. */
export function onlineBoutique(): Catalog {
  return JSON.parse(readFileSync(join(__dirname, '..', 'services.json'), 'utf8')) as Catalog;
}
