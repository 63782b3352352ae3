import { createHash } from 'node:crypto';
import type { SoundText } from '../catalog';
import type { Unit, UnitInput } from '../charts';
import { realFileSystem } from '../tree';
import { readCatalogFile } from './catalog-file';
import type { CheckedCatalog } from './checked-catalog';
import {
  type CheckOutcome,
  type CheckRequest,
  type KeptPlan,
  type Plan,
  type SynthOptions,
  type SynthResult,
  synthesize,
} from './synthesize';

export interface SynthCatalogOptions extends SynthOptions {
  /** Path of the catalog, as findings shall name it. */
  readonly catalog: string;
}

/** Catalog in, tree out: reads and checks the catalog, then synthesizes what it asks for, after preflight. */
export function synthCatalog({ catalog: file, ...options }: SynthCatalogOptions): Promise<SynthResult> {
  const { fs = realFileSystem } = options;
  const text = readCatalogFile(fs, file);
  if (typeof text !== 'string') return synthesize({ units: [], findings: [text] }, options);
  const fingerprint = createHash('sha256').update(`${file}\0${text}`).digest('base64url');
  let checked: CheckedCatalog | undefined;
  const plan = (last?: KeptPlan): Plan => {
    // Only here: an unchanged catalog pays neither for its schema nor for the charts.
    const { loadCatalog } = require('../catalog') as typeof import('../catalog');
    const { planUnits } = require('../charts') as typeof import('../charts');
    const { catalog, findings, sound, changed } = loadCatalog(
      text,
      file,
      last && { text: last.text, services: last.data as SoundText['services'] },
    );
    // The units of a sound catalog; of another one only what is wrong with it.
    if (!catalog) return { units: [], findings };
    checked = { catalog, text, file, services: sound?.services };
    const { treeChanges } = require('./tree-changes') as typeof import('./tree-changes');
    const units = planUnits(catalog);
    const isSame = ({ input }: Unit): boolean => {
      const of = input as UnitInput;
      return of.kind === 'service' && !changed!.has(of.service.name);
    };
    return {
      units,
      findings,
      changes: treeChanges(fs, options.outdir, units, checked),
      services: catalog.services.length,
      ...(sound && { keep: { text, data: sound.services } }),
      ...(changed && { isSame }),
    };
  };
  const check = (request: CheckRequest): CheckOutcome => {
    if (!checked) return { findings: [] };
    // Loaded here: a run in which nothing changed needs none of it.
    const { checkObjects } = require('./check-objects') as typeof import('./check-objects');
    return checkObjects(request, checked);
  };
  return synthesize(plan, { check, ...options, fingerprint });
}
