import { createHash } from 'node:crypto';
import { loadCatalog } from '../catalog';
import { planUnits } from '../charts';
import { readCatalogFile } from './catalog-file';
import { realFileSystem } from './file-system';
import { type Plan, type SynthOptions, type SynthResult, synthesize } from './synthesize';

export interface SynthCatalogOptions extends SynthOptions {
  /** Path of the catalog, as findings shall name it. */
  readonly catalog: string;
}

/** Catalog in, tree out: reads and checks the catalog, then synthesizes what it asks for. */
export function synthCatalog({ catalog: file, ...options }: SynthCatalogOptions): Promise<SynthResult> {
  const { fs = realFileSystem } = options;
  const text = readCatalogFile(fs, file);
  if (typeof text !== 'string') return synthesize({ units: [], findings: [text] }, options);
  const fingerprint = createHash('sha256').update(`${file}\0${text}`).digest('base64url');
  return synthesize(() => planOf(text, file), { ...options, fingerprint });
}

/** The units of a sound catalog; of another one only what is wrong with it. */
function planOf(text: string, file: string): Plan {
  const { catalog, findings } = loadCatalog(text, file);
  if (!catalog) return { units: [], findings };
  return { units: planUnits(catalog), findings, services: catalog.services.length };
}
