import { createHash } from 'node:crypto';
import type { Catalog } from '../catalog';
import { planUnits } from '../charts';
import type { Finding } from '../findings';
import { errorCode, type FileSystem, realFileSystem } from './file-system';
import { type Plan, type SynthOptions, type SynthResult, synthesize } from './synthesize';

export interface SynthCatalogOptions extends SynthOptions {
  /** Path of the catalog, as findings shall name it. */
  readonly catalog: string;
}

/** Catalog in, tree out: reads and checks the catalog, then synthesizes what it asks for. */
export function synthCatalog({ catalog: file, ...options }: SynthCatalogOptions): Promise<SynthResult> {
  const { fs = realFileSystem } = options;
  const text = readText(fs, file);
  if (typeof text !== 'string') return synthesize({ units: [], findings: [text] }, options);
  const fingerprint = createHash('sha256').update(`${file}\0${text}`).digest('base64url');
  return synthesize(() => planOf(text, file), { ...options, fingerprint });
}

function planOf(text: string, _file: string): Plan {
  const catalog = JSON.parse(text) as Catalog;
  const findings: Finding[] = [];
  const units = planUnits(catalog);
  return { units, findings, services: catalog.services.length };
}

function readText(fs: FileSystem, file: string): string | Finding {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return { code: 'catalog-not-readable', severity: 'error', place: { file }, message: (error as Error).message };
  }
}
