import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { Catalog } from '../catalog';
import type { RawFile, RawManifests, RawSource } from '../charts';
import type { Finding } from '../findings';
import { fieldsAt, isFields, textAt } from '../kube';
import type { ManifestObject } from '../manifests';
import { errorCode, type FileSystem } from '../tree';
import type { CatalogSource } from './catalog-texts';

// Loaded by a catalog that names some: an unchanged one without any pays neither for the schema nor for a parser.
const catalogRoom = () => require('../catalog') as typeof import('../catalog');
const manifestsRoom = () => require('../manifests') as typeof import('../manifests');
const chartValues = () => require('./chart-values') as typeof import('./chart-values');

/** Manifests of somebody's own, as they lie beside the catalog. */
export interface ReadRawManifests {
  readonly byCluster: RawManifests;
  /** The objects of each file, by its name: where a field is written. */
  readonly objects: ReadonlyMap<string, readonly ManifestObject[]>;
  readonly findings: readonly Finding[];
}

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const MANIFEST = /\.(ya?ml|json)$/;
/** More are no manifests of one's own but a mistake: a folder of packages, a disk. */
const MOST_FILES = 10_000;

/**
 * A digest of all files that the catalog's `manifests` name: what a run depends on besides the catalog. Of a catalog without
 * any nothing is read.
 */
export function rawFingerprint(fs: FileSystem, source: CatalogSource, base: string): string {
  const says = (word: string): boolean => [...source.texts.values()].some((text) => text.includes(word));
  if (!says('manifests') && !says('schema')) return '';
  const { text } = source.content();
  let catalog: unknown;
  try {
    catalog = JSON.parse(text);
  } catch {
    return '';
  }
  const hash = createHash('sha256');
  const digest = (entry: unknown): void => {
    const at = typeof entry === 'string' ? entry : textAt(entry, 'path');
    if (at === undefined) return;
    for (const file of filesBelow(fs, path.join(base, at), []))
      hash.update(`\0${file}\0`).update(content(fs, file) ?? '');
  };
  const lists = [fieldsAt(catalog).manifests];
  const { clusters } = fieldsAt(catalog);
  if (Array.isArray(clusters)) for (const cluster of clusters) lists.push(fieldsAt(cluster).manifests);
  for (const list of lists) if (Array.isArray(list)) list.forEach(digest);
  hash.update(chartValues().schemaFingerprint(fs, catalog, base));
  return hash.digest('base64url');
}

/** @param base folder of the catalog, as findings shall name it */
export function readRawManifests(fs: FileSystem, catalog: Catalog, base: string): ReadRawManifests {
  const findings: Finding[] = [];
  const objects = new Map<string, readonly ManifestObject[]>();
  const known = new Map<string, Omit<RawSource, 'beside'>>();
  const byCluster = new Map<string, RawSource[]>();
  for (const { name } of catalog.clusters) {
    const sources = catalogRoom()
      .manifestEntriesOf(catalog, name)
      .map(({ path: at, beside }): RawSource => {
        const source = known.get(at) ?? readSource(fs, at, base, objects, findings);
        known.set(at, source);
        return { ...source, ...(beside === undefined ? {} : { beside }) };
      });
    if (sources.length > 0) byCluster.set(name, sources);
  }
  const isEncrypted = [...known.values()].some(({ files }) => files.some(({ text }) => ENCRYPTED.test(text)));
  if (isEncrypted && catalog.platform.gitops.decryption === undefined)
    findings.push({
      code: 'sops-without-key',
      severity: 'error',
      place: {},
      message: 'manifests hold a Secret that SOPS has encrypted, and no key to decrypt it is named',
      cause: 'Flux would apply the encrypted texts as they are.',
      fix: 'name the Secret with the key in platform.gitops.decryption.secretName',
    });
  findings.push(...chartValues().chartValueFindings(fs, catalog, base));
  return { byCluster, objects, findings };
}

/** The map that SOPS adds to what it encrypts. */
const ENCRYPTED = /^"?sops"?:\s*$[\s\S]*^\s+"?mac"?:/m;

function readSource(
  fs: FileSystem,
  at: string,
  base: string,
  objects: Map<string, readonly ManifestObject[]>,
  findings: Finding[],
): Omit<RawSource, 'beside'> {
  const root = at.replace(/\/+$/, '').replace(/^(\.\/)+/, '');
  const place = path.join(base, root);
  const refuse = (code: string, message: string, fix: string, file = place): void => {
    findings.push({ code, severity: 'error', place: { file }, message, fix });
  };
  const found = filesBelow(fs, place, findings);
  const inside = (file: string): string =>
    path
      .relative(base || '.', file)
      .split(path.sep)
      .join('/');
  const kustomization = found.find((file) => KUSTOMIZATIONS.some((name) => file === path.join(place, name)));
  const wanted = kustomization ? found : found.filter((file) => MANIFEST.test(file));
  if (wanted.length === 0) {
    refuse(
      'no-manifests',
      `there are no manifests at "${at}"`,
      'add files that end in .yaml, .yml or .json, or remove the entry',
    );
    return { path: at, files: [], resources: [] };
  }
  const named = kustomization === undefined ? undefined : resourcesOf(content(fs, kustomization) ?? '');
  const files = wanted.flatMap((file): RawFile[] => {
    const text = content(fs, file);
    const name = inside(file);
    if (text === undefined) {
      refuse(
        'manifest-not-readable',
        `"${name}" is no text of UTF-8, or too large`,
        'leave it out of the folder',
        file,
      );
      return [];
    }
    if (named && !(MANIFEST.test(file) && named.has(path.relative(place, file)))) return [{ name, text, objects: [] }];
    const read = manifestsRoom().readManifests([{ file, content: Buffer.from(text) }]);
    findings.push(...read.findings);
    objects.set(name, read.inputs);
    for (const { object, place: where } of read.inputs)
      if (object.kind === 'Secret' && !('sops' in object) && (hasText(object.data) || hasText(object.stringData)))
        findings.push({
          code: 'plain-secret',
          severity: 'error',
          place: where('/metadata/name', object),
          isSecret: true,
          message: `Secret "${object.metadata.name}" holds its values in plain text`,
          cause: 'The file and dist/ are committed: everybody who reads them reads the secret.',
          fix: 'encrypt the file with SOPS, or let External Secrets make the Secret; replace the leaked values',
        });
    const isVerbatim = kustomization !== undefined || ENCRYPTED.test(text);
    return [
      {
        name,
        text: isVerbatim ? text : `# From ${name}: change it there.\n${text}`,
        objects: read.inputs.map(({ object }) => object),
      },
    ];
  });
  return { path: at, files, resources: kustomization ? [inside(place)] : files.map(({ name }) => name) };
}

const hasText = (values: unknown): boolean =>
  isFields(values) && Object.values(values).some((value) => value !== '' && value !== null);

/** The files that a kustomization names as resources, at any depth of its own folder. */
function resourcesOf(text: string): ReadonlySet<string> {
  const { parse } = require('yaml') as typeof import('yaml');
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return new Set();
  }
  const { resources } = fieldsAt(value);
  return new Set(Array.isArray(resources) ? resources.map((one) => path.normalize(String(one))) : []);
}

/** All plain files at or below a path, sorted; links are not followed. */
function filesBelow(fs: FileSystem, at: string, findings: Finding[]): string[] {
  const files: string[] = [];
  const walk = (one: string): void => {
    if (files.length >= MOST_FILES) return;
    let stats: ReturnType<FileSystem['lstatSync']>;
    try {
      stats = fs.lstatSync(one);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return;
    }
    if (stats?.isSymbolicLink()) {
      findings.push({
        code: 'manifest-is-link',
        severity: 'error',
        place: { file: one },
        message: `"${one}" is a symbolic link`,
        fix: 'put the file itself there: a link can lead out of the repository',
      });
    } else if (stats?.isDirectory()) for (const name of [...fs.readdirSync(one)].sort()) walk(path.join(one, name));
    else if (stats?.isFile()) files.push(one);
  };
  walk(at);
  return files;
}

/** Undefined for what is no text of a sensible size. */
function content(fs: FileSystem, file: string): string | undefined {
  try {
    const bytes = fs.readFileSync(file);
    if (bytes.byteLength > manifestsRoom().largestManifestBytes) return undefined;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
