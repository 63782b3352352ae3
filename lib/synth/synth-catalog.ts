import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { Catalog, SoundText } from '../catalog';
import type { RawManifests, Unit, UnitInput } from '../charts';
import type { Finding } from '../findings';
import { realFileSystem } from '../tree';
import { type CatalogContent, readCatalogSource, sourceOfText } from './catalog-source';
import { type CheckedCatalog, placedIn } from './checked-catalog';
import { readImageLock } from './image-lock-file';
import { rawFingerprint, readRawManifests } from './raw-manifests';
import {
  type CheckedObject,
  type CheckOutcome,
  type CheckRequest,
  type KeptPlan,
  type Plan,
  type SynthOptions,
  type SynthResult,
  synthesize,
} from './synthesize';

/** A catalog, and how its tree is written. */
export interface SynthCatalogOptions extends SynthOptions {
  /** Path of the catalog, as findings shall name it; or its text. */
  readonly catalog: string | CatalogText;
  /** Path of the file that says which images run. @default images.lock.json beside the catalog's file, where there is one */
  readonly images?: string;
  /** Folder of the tree that Flux has: what one commit breaks is judged against it. @default the output folder as it stands */
  readonly base?: string;
  /** What somebody adds to the catalog's tree. @default nothing */
  readonly extension?: CatalogExtension;
}

/** A catalog that is no file. */
export interface CatalogText {
  /** What findings call it. */
  readonly file: string;
  readonly text: string;
}

/** What somebody adds to a catalog's tree, and does to it. */
export interface CatalogExtension {
  /** Digest of all that it adds and does, besides its code: when it differs, no unit is taken for what it was. */
  readonly fingerprint: string;
  /** The units of a sound catalog with what is added to them. */
  plan(
    catalog: Catalog,
    raw?: RawManifests,
  ): { readonly units: readonly Unit[]; readonly findings: readonly Finding[] };
  /** Looks at all objects without writing anything: a part of `check`. */
  inspect?(objects: Iterable<CheckedObject>): readonly Finding[];
  /** Findings about what somebody's code makes, at its lines. */
  locate?(findings: readonly Finding[]): readonly Finding[];
  /** Looks at all objects after preflight. */
  check?(objects: () => Iterable<CheckedObject>): Promise<readonly Finding[]>;
}

/** Kept for the next run's plan. */
interface KeptData {
  readonly services: SoundText['services'];
  readonly waves: SoundText['waves'];
  /** Text of images.lock.json. */
  readonly images: string;
  /** The fingerprint of the extension. */
  readonly extension?: string;
}

/** Catalog in, tree out: reads and checks the catalog, then synthesizes what it asks for, after preflight. */
export async function synthCatalog({
  catalog: source,
  images: lockFile,
  base: comparedWith,
  extension,
  ...options
}: SynthCatalogOptions): Promise<SynthResult> {
  const { fs = realFileSystem } = options;
  const file = typeof source === 'string' ? source : source.file;
  // A catalog that is no file is JSON, whatever it is called.
  const read = typeof source === 'string' ? readCatalogSource(fs, file) : sourceOfText(source.text, file);
  if (!('fingerprint' in read)) return synthesize({ units: [], findings: read }, options);
  const images = readImageLock(fs, typeof source === 'string' ? file : undefined, lockFile);
  if (images.findings.length > 0) return synthesize({ units: [], findings: images.findings }, options);
  const added = extension === undefined ? '' : `\0${extension.fingerprint}`;
  const base = typeof source === 'string' ? path.dirname(file) : '';
  const manifests = rawFingerprint(fs, read, base);
  const fingerprint = createHash('sha256')
    .update(`${file}\0${read.fingerprint}\0${images.text}${added}${manifests && `\0${manifests}`}`)
    .digest('base64url');
  let checked: CheckedCatalog | undefined;
  const plan = (last?: KeptPlan): Plan => {
    // Only here: an unchanged catalog pays neither for its schema nor for the charts.
    const { loadCatalog } = require('../catalog') as typeof import('../catalog');
    const { planUnits } = require('../charts') as typeof import('../charts');
    const { text, places, findings: unreadable }: CatalogContent = read.content();
    if (unreadable.length > 0) return { units: [], findings: unreadable };
    const kept = last?.data as KeptData | undefined;
    const { catalog, findings, sound, changed } = loadCatalog(
      text,
      file,
      // Checked with other images it was checked for something else.
      kept && kept.images === images.text
        ? { text: last!.text, services: kept.services, waves: kept.waves }
        : undefined,
      images.lock,
      places,
    );
    // The units of a sound catalog; of another one only what is wrong with it.
    if (!catalog) return { units: [], findings };
    const raw = readRawManifests(fs, catalog, base);
    checked = { catalog, text, file, services: sound?.services, raw, ...(places && { places }) };
    const { treeChanges } = require('./tree-changes') as typeof import('./tree-changes');
    const extended = extension
      ? extension.plan(catalog, raw.byCluster)
      : { units: planUnits(catalog, raw.byCluster), findings: [] };
    const { units } = extended;
    const isSame = (unit: Unit): boolean => {
      if (unit.of) return !changed!.has(unit.of.service.name);
      const other = unit.input as UnitInput;
      return other.kind === 'helm' && !changed!.has(other.name);
    };
    const keep: KeptData | undefined = sound && {
      services: sound.services,
      waves: sound.waves,
      images: images.text,
      ...(extension && { extension: extension.fingerprint }),
    };
    const changes = treeChanges(fs, comparedWith ?? options.outdir, units, checked);
    // An outage stops the run, and every one after it, until the catalog says what is meant.
    const [refused, shown] = [true, false].map((stops) =>
      changes.filter(({ severity }) => (severity === 'error') === stops),
    ) as [Finding[], Finding[]];
    return {
      units,
      findings: [...findings, ...placedIn(checked, raw.findings), ...extended.findings, ...refused],
      changes: shown,
      services: catalog.services.length,
      ...(keep && { keep: { text, data: keep } }),
      ...(changed && kept?.extension === extension?.fingerprint && { isSame }),
    };
  };
  const check = async (request: CheckRequest): Promise<CheckOutcome> => {
    if (!checked) return { findings: [] };
    // Loaded here: a run in which nothing changed needs none of it.
    const { checkObjects } = require('./check-objects') as typeof import('./check-objects');
    const outcome = checkObjects(request, checked);
    const own = (await extension?.check?.(() => request.objects())) ?? [];
    return own.length === 0 ? outcome : { ...outcome, findings: [...outcome.findings, ...own] };
  };
  // Another tree to compare with is no part of what is read: the plan is made anew.
  const result = await synthesize(plan, { check, ...options, ...(comparedWith === undefined ? { fingerprint } : {}) });
  // What is kept knows no lines: they move when a comment is added, and nothing else does.
  return extension?.locate ? { ...result, findings: extension.locate(result.findings) } : result;
}
