import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../lib/catalog';

/**
 * Online Boutique's catalog as the product's tests know it. services.json belongs to whoever uses the project: an edit
 * of it must make no test of the product red (test/first-hour.test.ts).
 */
export const BOUTIQUE = join(__dirname, 'fixtures', 'online-boutique.json');

/** The same as text, with the places that findings name. */
export const boutiqueText = (): string => readFileSync(BOUTIQUE, 'utf8');

/** The same as data, afresh for every caller to change. */
export const onlineBoutique = (): Catalog => JSON.parse(boutiqueText()) as Catalog;

/** The catalog that is in use here, and that dist/ is made of. */
export const catalogInUse = (): Catalog =>
  JSON.parse(readFileSync(join(__dirname, '..', 'services.json'), 'utf8')) as Catalog;
