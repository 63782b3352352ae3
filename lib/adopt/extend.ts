import { fieldsAt, isFields } from '../kube';
import type { Draft } from './draft/pick';

/** How a file of a catalog is written; JSON may have comments. */
export type CatalogForm = 'json' | 'yaml';

/** The files of a catalog with the services that it lacked. */
export interface ExtendedCatalog {
  /** Of the catalog's own file. */
  readonly text: string;
  /** New files of one service each, by path from its folder on. */
  readonly files: ReadonlyMap<string, string>;
  readonly added: readonly string[];
  /** Services of that name are there already, and stay as they are. */
  readonly kept: readonly string[];
}

/**
 * Adds the services of an adoption that a catalog does not have, with their overrides and patches. Every other character
 * stays as it was; where nothing is new the text is the same.
 * @param main text of the catalog's own file, which can be read
 * @param fileOf where the file of a service is to be; in the catalog's own without
 * @throws Error where YAML cannot be changed without changing what is around
 */
export function extendCatalog(
  main: { readonly text: string; readonly form: CatalogForm },
  catalog: Draft,
  adopted: Draft,
  fileOf: (service: string) => string | undefined = () => undefined,
): ExtendedCatalog {
  const { insertions, services, added, kept } = extensionOf(catalog, adopted);
  const own: Insertion[] = [];
  const files = new Map<string, string>();
  for (const service of services) {
    const file = fileOf(String(service.name));
    if (file === undefined) own.push({ path: ['services', -1], value: service });
    else files.set(file, printed(service, /\.ya?ml$/i.test(file) ? 'yaml' : 'json'));
  }
  return { text: insertInto(main.text, [...own, ...insertions], main.form), files, added, kept };
}

/** A value as a file of its own. */
export function printed(value: unknown, form: CatalogForm): string {
  if (form === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  const { stringify } = require('yaml') as typeof import('yaml');
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** What a catalog lacks of an adoption. */
interface Extension {
  /** Where nothing is yet, in this order; -1 is behind the last of a list. */
  readonly insertions: readonly Insertion[];
  /** Whole services, with what the adoption's defaults say of them. */
  readonly services: readonly Draft[];
  readonly added: readonly string[];
  /** Services of that name are there already, and stay as they are. */
  readonly kept: readonly string[];
}

/** The services of an adoption that a catalog does not have, with their overrides and patches. */
function extensionOf(catalog: Draft, adopted: Draft): Extension {
  const known = new Set(listOf(catalog.services).map(({ name }) => String(name)));
  const services = listOf(adopted.services);
  const fresh = services.filter(({ name }) => !known.has(String(name)));
  const kept = services.filter(({ name }) => known.has(String(name))).map(({ name }) => String(name));
  if (fresh.length === 0) return { insertions: [], services: [], added: [], kept };
  // The defaults of the catalog are weaker than what a service says; those of the adoption have to be said by each.
  const defaults = isFields(adopted.defaults) ? adopted.defaults : {};
  const names = new Set(fresh.map(({ name }) => String(name)));
  const whole = fresh.map((service) => ({
    ...service,
    ...Object.fromEntries(Object.entries(defaults).filter(([field]) => service[field] === undefined)),
  }));
  const edits: Insertion[] = [];
  const clusters = listOf(catalog.clusters);
  for (const cluster of listOf(adopted.clusters)) {
    const position = clusters.findIndex(({ name }) => name === cluster.name);
    if (position < 0 || !isFields(cluster.services)) continue;
    const own = Object.entries(cluster.services).filter(([name]) => names.has(name));
    const target = clusters[position]!;
    if (own.length === 0) continue;
    if (isFields(target.services))
      for (const [name, value] of own) edits.push({ path: ['clusters', position, 'services', name], value });
    else edits.push({ path: ['clusters', position, 'services'], value: Object.fromEntries(own) });
  }
  edits.push(...platformEdits(catalog, adopted, fresh));
  const folders = Array.isArray(adopted.manifests) ? (adopted.manifests as readonly unknown[]) : [];
  const listed = Array.isArray(catalog.manifests) ? (catalog.manifests as readonly unknown[]) : [];
  const missing = folders.filter((entry) => !listed.some((one) => pathOf(one) === pathOf(entry)));
  if (missing.length > 0 && catalog.manifests === undefined) edits.push({ path: ['manifests'], value: missing });
  else for (const value of missing) edits.push({ path: ['manifests', -1], value });
  const patches = listOf(adopted.patches);
  if (patches.length > 0 && catalog.patches === undefined) edits.push({ path: ['patches'], value: patches });
  else for (const patch of patches) edits.push({ path: ['patches', -1], value: patch });
  return { insertions: edits, services: whole, added: [...names], kept };
}

const pathOf = (entry: unknown): unknown => (isFields(entry) ? entry.path : entry);

/** From the strictest on. */
const LEVELS = ['restricted', 'baseline', 'privileged'];

/** What the namespaces of the new services need: levels of Pod Security, labels and annotations. */
function platformEdits(catalog: Draft, adopted: Draft, fresh: readonly Draft[]): Insertion[] {
  const [there, theirs] = [fieldsAt(catalog.platform), fieldsAt(adopted.platform)];
  const usual = String(there.namespace);
  const spaceOf = ({ namespace }: Draft) => (typeof namespace === 'string' ? namespace : usual);
  const levelIn = (levels: unknown, name: string): string =>
    typeof levels === 'string' ? levels : String(fieldsAt(levels)[name] ?? 'restricted');
  const raised = [...new Set(fresh.map(spaceOf))].flatMap((name): [string, string][] => {
    const needed = levelIn(theirs.podSecurity, name);
    return LEVELS.indexOf(needed) > LEVELS.indexOf(levelIn(there.podSecurity, name)) ? [[name, needed]] : [];
  });
  const edits: Insertion[] = [];
  if (raised.length > 0 && isFields(there.podSecurity))
    for (const [name, level] of raised) edits.push({ path: ['platform', 'podSecurity', name], value: level });
  else if (raised.length > 0) {
    // One level for all so far: now each namespace says its own.
    const names = new Set([usual, ...listOf(catalog.services).map(spaceOf)]);
    const levels = [...names].map((name): [string, string] => [name, levelIn(there.podSecurity, name)]);
    const all = [...levels.filter(([, level]) => level !== 'restricted'), ...raised];
    edits.push({ path: ['platform', 'podSecurity'], value: Object.fromEntries(all) });
  }
  const known = fieldsAt(there.namespaces);
  const metadata = Object.entries(fieldsAt(theirs.namespaces)).filter(
    ([name]) => known[name] === undefined && fresh.some((service) => spaceOf(service) === name),
  );
  if (metadata.length > 0 && there.namespaces === undefined)
    edits.push({ path: ['platform', 'namespaces'], value: Object.fromEntries(metadata) });
  else for (const [name, value] of metadata) edits.push({ path: ['platform', 'namespaces', name], value });
  return edits;
}

const listOf = (value: unknown): readonly Draft[] => (Array.isArray(value) ? value.filter(isFields) : []);

/** A value for a place where nothing is yet. */
interface Insertion {
  readonly path: (string | number)[];
  readonly value: unknown;
}

/** Indented as most of the file is; what stands there stays as it is. */
function insertInto(text: string, insertions: readonly Insertion[], form: CatalogForm): string {
  if (form === 'json') return insertions.reduce(inserted, text);
  const { editYaml, toPointer } = require('../findings') as typeof import('../findings');
  return insertions.reduce((now, { path, value }) => {
    const isAddition = path.at(-1) === -1;
    const pointer = toPointer((isAddition ? path.slice(0, -1) : path).map(String));
    return editYaml(now, [isAddition ? { pointer, append: value } : { pointer, value }]);
  }, text);
}

function inserted(text: string, { path, value }: Insertion): string {
  const { applyEdits, modify } = require('jsonc-parser') as typeof import('jsonc-parser');
  const indent = /\n( +|\t)"/.exec(text)?.[1] ?? '  ';
  const formattingOptions = { insertSpaces: indent !== '\t', tabSize: indent === '\t' ? 1 : indent.length };
  const isArrayInsertion = typeof path.at(-1) === 'number';
  return applyEdits(text, modify(text, path, value, { formattingOptions, isArrayInsertion }));
}
