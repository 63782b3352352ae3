import { dirname } from 'node:path';
import type { ImageLock } from '../catalog';
import type { Unit } from '../charts';
import { type Finding, hasError } from '../findings';
import type { ClusterObjects, KubeObject } from '../kube';
import { type FileSystem, realFileSystem } from '../tree';
import { type CatalogSource, type IncludedFrom, readCatalogSource, sourceOfText } from './catalog-source';
import type { CheckOptions, CheckResult } from './check-objects';
import { placedIn } from './checked-catalog';
import { readImageLock } from './image-lock-file';
import type { CatalogExtension } from './synth-catalog';
import type { CheckedObject } from './synthesize';
import { constructFailed, isCanary } from './unit-builder';

/** How a catalog is looked at without being written. */
export interface PreflightCatalogOptions extends CheckOptions {
  /** The catalog's name in findings. @default its path */
  readonly file?: string;
  /** @default the disk */
  readonly fs?: FileSystem;
  /** Path of the file that says which images run. @default images.lock.json beside the catalog, where there is one */
  readonly images?: string;
  /** What somebody adds to the catalog's tree. @default nothing */
  readonly extension?: Pick<CatalogExtension, 'plan' | 'inspect' | 'locate'>;
  /** What the clusters hold now: what the step to the catalog's tree may break is said, too. */
  readonly before?: readonly ClusterObjects[];
}

/** What was looked at: so that nobody takes nothing for sound. */
export interface Looked {
  readonly objects: number;
  readonly canaries: number;
  readonly clusters: number;
}

/** What a catalog would give, checked and not written. */
export interface CatalogPreflight extends CheckResult {
  /** The texts of the catalog's files, by their names: for the lines around a finding. */
  readonly texts?: ReadonlyMap<string, string>;
  /** Undefined where the catalog is not sound. */
  readonly looked?: Looked;
}

/** Checks the catalog, builds what it asks for in memory, and runs preflight on it, cluster by cluster. */
export function preflightCatalog(path: string, options: PreflightCatalogOptions = {}): CatalogPreflight {
  const { file = path, fs = realFileSystem } = options;
  const source = readCatalogSource(fs, path, file);
  if (!('fingerprint' in source)) return { findings: source, timings: [] };
  const { lock, findings } = readImageLock(fs, path, options.images);
  return findings.length > 0
    ? { findings, timings: [], texts: source.texts }
    : preflightSource(source, options, lock, { fs, folder: dirname(path) });
}

/** The same for a catalog that is at hand. */
export function preflightText(
  text: string,
  file: string,
  options: CheckOptions & Pick<PreflightCatalogOptions, 'before' | 'extension'>,
): CatalogPreflight {
  const from = { fs: realFileSystem, folder: dirname(file) };
  const source = sourceOfText(text, file, from);
  return 'fingerprint' in source
    ? preflightSource(source, options, undefined, from)
    : { findings: source, timings: [], texts: new Map([[file, text]]) };
}

/** The same for a catalog that was read. */
export function preflightSource(
  source: CatalogSource,
  { clock, withEdits, before, extension }: CheckOptions & Pick<PreflightCatalogOptions, 'before' | 'extension'>,
  images?: ImageLock,
  /** Where the manifests are that it names. */
  { fs, folder: base }: IncludedFrom = { fs: realFileSystem, folder: dirname(source.file) },
): CatalogPreflight {
  // Loaded here: a synth in which nothing changed needs none of it.
  const { loadCatalog } = require('../catalog') as typeof import('../catalog');
  const { texts, file } = source;
  const { text, places, findings: unreadable } = source.content();
  if (unreadable.length > 0) return { findings: unreadable, timings: [], texts };
  const { catalog, findings } = loadCatalog(text, file, undefined, images, places);
  if (!catalog || hasError(findings)) return { findings, timings: [], texts };
  const { planUnits } = require('../charts') as typeof import('../charts');
  const { checkObjects } = require('./check-objects') as typeof import('./check-objects');
  const failures: Finding[] = [];
  const { readRawManifests } = require('./raw-manifests') as typeof import('./raw-manifests');
  const raw = readRawManifests(fs, catalog, base);
  if (hasError(raw.findings))
    return { findings: [...findings, ...placedIn({ text, file, places }, raw.findings)], timings: [], texts };
  const extended = extension?.plan(catalog, raw.byCluster);
  if (extended && hasError(extended.findings))
    return { findings: [...findings, ...extended.findings], timings: [], texts };
  const units = extended?.units ?? planUnits(catalog, raw.byCluster);
  const looked = { objects: 0, canaries: 0, clusters: catalog.clusters.length };
  const request = { units, objects: () => counted(renderAll(units, failures), looked) };
  const from = { catalog, text, file, raw, ...(places && { places }) };
  const checked = checkObjects(request, from, { clock, withEdits });
  const steps = before === undefined ? [] : dangersOf(before, renderAll(units, []), from);
  const own = extension?.inspect?.(renderAll(units, [])) ?? [];
  const seen = [...checked.findings, ...own];
  const all = [
    ...findings,
    ...placedIn({ text, file, places }, raw.findings),
    ...failures,
    ...(extension?.locate?.(seen) ?? seen),
    ...steps,
  ];
  return { findings: all, timings: checked.timings, texts, looked };
}

function* counted(
  objects: Iterable<CheckedObject>,
  looked: { objects: number; canaries: number },
): Generator<CheckedObject> {
  for (const one of objects) {
    looked.objects++;
    if (isCanary(one.object)) looked.canaries++;
    yield one;
  }
}

function* renderAll(units: readonly Unit[], failures: Finding[]): Generator<CheckedObject> {
  let position = 0;
  for (const unit of units)
    for (const { path, documents, isWritten } of render(unit, failures))
      for (const object of documents)
        yield {
          ...{ object: object as KubeObject, unit: unit.id, cluster: unit.cluster, file: path, position: position++ },
          ...(isWritten === false ? { isMade: true } : {}),
        };
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

function dangersOf(...args: Parameters<typeof import('./base-dangers')['baseDangers']>): Finding[] {
  const { baseDangers } = require('./base-dangers') as typeof import('./base-dangers');
  return baseDangers(...args);
}
