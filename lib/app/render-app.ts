import * as path from 'node:path';
import type { Unit } from '../charts';
import { type Finding, hasError } from '../findings';
import { isFields, type KubeObject } from '../kube';
import { constructFailed, placedIn, readCatalogFile, readImageLock, readRawManifests } from '../synth';
import { realFileSystem } from '../tree';
import type { AviaryApp, CatalogData } from './aviary-app';
import { AppExtension } from './extension';

/** An app's objects in memory, by path. */
export interface RenderedApp {
  readonly files: ReadonlyMap<string, readonly KubeObject[]>;
  readonly findings: readonly Finding[];
}

/** Builds all that an app and its catalog give. Reads the catalog's file, writes nothing. */
export function renderApp(app: AviaryApp): RenderedApp {
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
export function catalogFindings({ catalog }: AviaryApp): readonly Finding[] {
  const text = catalog === undefined ? undefined : textOf(catalog);
  if (text === undefined) return [];
  if (typeof text !== 'string') return [text];
  const { loadCatalog } = require('../catalog') as typeof import('../catalog');
  const loaded = loadCatalog(text, nameOf(catalog!), undefined, lockOf(catalog!).lock);
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

function textOf(catalog: string | CatalogData): string | Finding {
  return typeof catalog === 'string' ? readCatalogFile(realFileSystem, catalog) : JSON.stringify(catalog);
}

interface AppPlan {
  readonly units: readonly Unit[];
  readonly findings: readonly Finding[];
}

function planOf(app: AviaryApp): AppPlan {
  const extension = new AppExtension(app);
  const { catalog } = app;
  if (catalog === undefined) return extension.planAlone();
  const text = textOf(catalog);
  if (typeof text !== 'string') return { units: [], findings: [text] };
  const images = lockOf(catalog);
  if (images.findings.length > 0) return { units: [], findings: images.findings };
  const { loadCatalog } = require('../catalog') as typeof import('../catalog');
  const loaded = loadCatalog(text, nameOf(catalog), undefined, images.lock);
  if (!loaded.catalog) return { units: [], findings: loaded.findings };
  const base = typeof catalog === 'string' ? path.dirname(catalog) : '';
  const raw = readRawManifests(realFileSystem, loaded.catalog, base);
  const { units, findings } = extension.plan(loaded.catalog, raw.byCluster);
  return {
    units,
    findings: [...loaded.findings, ...placedIn({ text, file: nameOf(catalog) }, raw.findings), ...findings],
  };
}

function isObject(document: unknown): document is KubeObject {
  return isFields(document);
}
