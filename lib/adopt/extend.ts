import { fieldsAt, isFields } from '../kube';
import type { Draft } from './draft/pick';

/** A catalog's text with the services that it lacked. */
export interface ExtendedCatalog {
  readonly text: string;
  readonly added: readonly string[];
  /** Services of that name are there already, and stay as they are. */
  readonly kept: readonly string[];
}

/**
 * Adds the services of an adoption that a catalog does not have, with their overrides and patches. Every other character
 * stays as it was; where nothing is new the text is the same.
 * @param text a catalog that can be read
 */
export function extendCatalog(text: string, catalog: Draft, adopted: Draft): ExtendedCatalog {
  const known = new Set(listOf(catalog.services).map(({ name }) => String(name)));
  const services = listOf(adopted.services);
  const fresh = services.filter(({ name }) => !known.has(String(name)));
  const kept = services.filter(({ name }) => known.has(String(name))).map(({ name }) => String(name));
  if (fresh.length === 0) return { text, added: [], kept };
  // The defaults of the catalog are weaker than what a service says; those of the adoption have to be said by each.
  const defaults = isFields(adopted.defaults) ? adopted.defaults : {};
  const names = new Set(fresh.map(({ name }) => String(name)));
  const count = listOf(catalog.services).length;
  const edits: Insertion[] = fresh.map((service, index) => ({
    path: ['services', count + index],
    value: {
      ...service,
      ...Object.fromEntries(Object.entries(defaults).filter(([field]) => service[field] === undefined)),
    },
  }));
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
  else
    for (const [index, value] of missing.entries()) edits.push({ path: ['manifests', listed.length + index], value });
  const patches = listOf(adopted.patches);
  const there = listOf(catalog.patches);
  if (patches.length > 0 && catalog.patches === undefined) edits.push({ path: ['patches'], value: patches });
  else
    for (const [index, patch] of patches.entries())
      edits.push({ path: ['patches', there.length + index], value: patch });
  return { text: edits.reduce(inserted, text), added: [...names], kept };
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
function inserted(text: string, { path, value }: Insertion): string {
  const { applyEdits, modify } = require('jsonc-parser') as typeof import('jsonc-parser');
  const indent = /\n( +|\t)"/.exec(text)?.[1] ?? '  ';
  const formattingOptions = { insertSpaces: indent !== '\t', tabSize: indent === '\t' ? 1 : indent.length };
  const isArrayInsertion = typeof path.at(-1) === 'number';
  return applyEdits(text, modify(text, path, value, { formattingOptions, isArrayInsertion }));
}
