import * as path from 'node:path';
import type { Unit } from '../charts';
import { type Finding, hasError } from '../findings';
import { isFields, type KubeObject } from '../kube';
import {
  type CatalogContent,
  constructFailed,
  placedIn,
  readCatalogSource,
  readImageLock,
  readRawManifests,
} from '../synth';
import { realFileSystem } from '../tree';
import { AppExtension } from './extension';
import type { CatalogData, SynthesizedApp } from './synthesized-app';

/** An app's objects in memory, by path. */
export interface RenderedApp {
  readonly files: ReadonlyMap<string, readonly KubeObject[]>;
  readonly findings: readonly Finding[];
}

/** Builds all that an app and its catalog give. Reads the catalog's file, writes nothing. */
export function renderApp(app: SynthesizedApp): RenderedApp {
  const plan = planOf(app);
  const findings = [...plan.findings];
  const files = new Map<string, readonly KubeObject[]>();
  if (hasError(findings)) return { files, findings };
  const { renderUnit } = require('../synth/render') as typeof import('../synth/render');
  for (const unit of plan.units) {
    try {
      for (const { path, documents } of renderUnit(unit).files) files.set(path, documents.filter(isObject));
    } catch (error) {
      findings.push(constructFailed(unit, error));
    }
  }
  const objects = [...files].flatMap(([file, documents]) => documents.map((object) => ({ object, file })));
  const clusterOf = (file: string): string => /^clusters\/([^/]+)\//.exec(file)?.[1] ?? '';
  const checked = objects.map(({ object, file }, position) => ({
    object,
    file,
    position,
    unit: '',
    cluster: clusterOf(file),
  }));
  return { files, findings: [...findings, ...app.callbacks.run(checked)] };
}

/** What is wrong with the catalog of an app; nothing when it can be used. */
export function catalogFindings({ catalog }: SynthesizedApp): readonly Finding[] {
  if (catalog === undefined) return [];
  const { text, places, findings } = contentOf(catalog);
  if (findings.length > 0) return findings;
  const { loadCatalog } = require('../catalog') as typeof import('../catalog');
  const loaded = loadCatalog(text, nameOf(catalog), undefined, lockOf(catalog).lock, places);
  return loaded.catalog ? [] : loaded.findings;
}

/** What findings call a catalog. */
function nameOf(catalog: string | CatalogData): string {
  return typeof catalog === 'string' ? catalog : 'the catalog';
}

/** Which image runs where, beside the catalog's file. */
function lockOf(catalog: string | CatalogData): ReturnType<typeof readImageLock> {
  return readImageLock(
    realFileSystem,
    typeof catalog === 'string' ? catalog : undefined,
    process.env.AVIARY_IMAGES || undefined,
  );
}

function contentOf(catalog: string | CatalogData): CatalogContent {
  if (typeof catalog !== 'string') return { text: JSON.stringify(catalog), findings: [] };
  const source = readCatalogSource(realFileSystem, catalog);
  return 'fingerprint' in source ? source.content() : { text: '', findings: source };
}

interface AppPlan {
  readonly units: readonly Unit[];
  readonly findings: readonly Finding[];
}

function planOf(app: SynthesizedApp): AppPlan {
  const extension = new AppExtension(app);
  const { catalog } = app;
  if (catalog === undefined) return extension.planAlone();
  const { text, places, findings: unreadable } = contentOf(catalog);
  if (unreadable.length > 0) return { units: [], findings: unreadable };
  const images = lockOf(catalog);
  if (images.findings.length > 0) return { units: [], findings: images.findings };
  const { loadCatalog } = require('../catalog') as typeof import('../catalog');
  const loaded = loadCatalog(text, nameOf(catalog), undefined, images.lock, places);
  if (!loaded.catalog) return { units: [], findings: loaded.findings };
  const base = typeof catalog === 'string' ? path.dirname(catalog) : '';
  const raw = readRawManifests(realFileSystem, loaded.catalog, base);
  const { units, findings } = extension.plan(loaded.catalog, raw.byCluster);
  return {
    units,
    findings: [...loaded.findings, ...placedIn({ text, file: nameOf(catalog), places }, raw.findings), ...findings],
  };
}

function isObject(document: unknown): document is KubeObject {
  return isFields(document);
}
