import type { Finding } from '../findings';
import { JsonSource } from '../findings';
import { checkCatalog } from './checks';
import { type Problem, problemsToFindings } from './problem';
import { type Catalog, catalogSchema } from './schema';
import { schemaProblems, withoutInvalid } from './schema-problems';
import { readJson } from './syntax';

/** A catalog that may be used, or what is wrong with it. Warnings and notes may stand beside a catalog. */
export interface LoadedCatalog {
  /** Absent when there is an error. */
  readonly catalog?: Catalog;
  /** In the order of the text. */
  readonly findings: readonly Finding[];
}

/** Up to this length a compiled check costs more than it saves (measured: 12 services, 25 ms). */
const MAX_UNCOMPILED_LENGTH = 300_000;

/**
 * Reads and checks a catalog's text: all errors at once, each with its place, cause and fix.
 * What fits the schema is checked for meaning even when other parts do not.
 * @param file the name that findings give as their file
 */
export function loadCatalog(text: string, file: string): LoadedCatalog {
  const source = new JsonSource(text);
  const finish = (problems: readonly Problem[], catalog?: Catalog): LoadedCatalog => {
    const findings = problemsToFindings(problems, source, file);
    return findings.some(({ severity }) => severity === 'error') ? { findings } : { catalog, findings };
  };

  const { value, problems: readProblems } = readJson(text);
  if (value === undefined) return finish(readProblems);
  const parsed = catalogSchema.safeParse(value, { jitless: text.length <= MAX_UNCOMPILED_LENGTH });
  if (parsed.success) return finish([...readProblems, ...checkCatalog(parsed.data)], parsed.data);
  const problems = schemaProblems(parsed.error, value);
  // The rest of the catalog is checked too: nobody likes a second list after the first is mended.
  const cleaned = withoutInvalid(value, problems);
  const meaning = cleaned ? checkCatalog(cleaned.catalog).filter(cleaned.stillHolds) : [];
  return finish([...readProblems, ...problems, ...meaning]);
}
