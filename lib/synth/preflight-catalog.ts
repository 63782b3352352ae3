import type { Unit } from '../charts';
import type { Finding } from '../findings';
import type { KubeObject } from '../kube';
import { type FileSystem, realFileSystem } from '../tree';
import { readCatalogFile } from './catalog-file';
import type { CheckOptions, CheckResult } from './check-objects';
import type { CheckedObject } from './synthesize';
import { constructFailed } from './unit-builder';

export interface PreflightCatalogOptions extends CheckOptions {
  /** The catalog's name in findings. @default its path */
  readonly file?: string;
  /** @default the disk */
  readonly fs?: FileSystem;
}

/** What a catalog would give, checked and not written. */
export interface CatalogPreflight extends CheckResult {
  /** The catalog's text, for the lines around a finding. */
  readonly text?: string;
}

/** Checks the catalog, builds what it asks for in memory, and runs preflight on it, cluster by cluster. */
export function preflightCatalog(path: string, options: PreflightCatalogOptions = {}): CatalogPreflight {
  const { file = path, fs = realFileSystem } = options;
  const text = readCatalogFile(fs, path);
  if (typeof text !== 'string') return { findings: [{ ...text, place: { ...text.place, file } }], timings: [] };
  return preflightText(text, file, options);
}

/** The same for a catalog that is at hand. */
export function preflightText(text: string, file: string, { clock, withEdits }: CheckOptions): CatalogPreflight {
  // Loaded here: a synth in which nothing changed needs none of it.
  const { loadCatalog } = require('../catalog') as typeof import('../catalog');
  const { catalog, findings } = loadCatalog(text, file);
  if (!catalog || findings.some(({ severity }) => severity === 'error')) return { findings, timings: [], text };
  const { planUnits } = require('../charts') as typeof import('../charts');
  const { checkObjects } = require('./check-objects') as typeof import('./check-objects');
  const failures: Finding[] = [];
  const units = planUnits(catalog);
  const request = { units, objects: () => renderAll(units, failures) };
  const checked = checkObjects(request, { catalog, text, file }, { clock, withEdits });
  return { findings: [...findings, ...failures, ...checked.findings], timings: checked.timings, text };
}

function* renderAll(units: readonly Unit[], failures: Finding[]): Generator<CheckedObject> {
  let position = 0;
  for (const unit of units)
    for (const { path, documents } of render(unit, failures))
      for (const object of documents)
        yield { object: object as KubeObject, unit: unit.id, cluster: unit.cluster, file: path, position: position++ };
}

function render(unit: Unit, failures: Finding[]) {
  const { renderUnit } = require('./render') as typeof import('./render');
  try {
    return renderUnit(unit).files;
  } catch (error) {
    failures.push(constructFailed(unit, error));
    return [];
  }
}
