import { loadAll } from 'js-yaml';

/** Text by path. */
export type Texts = ReadonlyMap<string, string>;

export interface MeaningChange {
  /** Paths, now or before, of files whose objects are not the same. */
  readonly files: readonly string[];
}

/**
 * The files whose objects differ between two trees: key order, comments, formatting and the names of files are not looked at, the folder is,
 * as Flux applies folders.
 * @param before the files that are not byte-equal
 */
export function changedFiles(before: Texts, after: Texts): string[] {
  const was = contents(before);
  const is = contents(after);
  const changed = new Set<string>();
  for (const [key, files] of was) for (const file of surplus(files, is.get(key))) changed.add(file);
  for (const [key, files] of is) for (const file of surplus(files, was.get(key))) changed.add(file);
  return [...changed].sort();
}

/** Paths by folder and content. */
function contents(texts: Texts): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [path, text] of texts) {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    for (const content of documents(path, text)) {
      const key = `${folder}\0${content}`;
      const same = found.get(key);
      if (same) same.push(path);
      else found.set(key, [path]);
    }
  }
  return found;
}

/** Of files with the same content those that the other side does not have, by number. */
function surplus(files: readonly string[], others: readonly string[] = []): string[] {
  return files.filter((file) => !others.includes(file)).slice(0, Math.max(0, files.length - others.length));
}

function documents(path: string, text: string): string[] {
  if (!/\.(ya?ml|json)$/.test(path)) return [`${path}\0${text}`];
  try {
    return loadAll(text)
      .filter((document) => document !== null && document !== undefined)
      .map((document) => canonical(withoutFileNames(document)));
  } catch {
    // Such as the template of a chart: its text is what it means. The name belongs to it.
    return [`${path}\0${text}`];
  }
}

/** Of a kustomization the names of plain files in its own folder say nothing that their objects do not say. */
function withoutFileNames(document: unknown): unknown {
  const { kind, apiVersion, resources } = document as { kind?: unknown; apiVersion?: unknown; resources?: unknown };
  if (
    kind !== 'Kustomization' ||
    !String(apiVersion).startsWith('kustomize.config.k8s.io/') ||
    !Array.isArray(resources)
  )
    return document;
  return {
    ...(document as object),
    resources: resources.filter((name) => !/^(?:\.\/)?[^/]+\.(?:ya?ml|json)$/.test(String(name))),
  };
}

/** JSON with the keys of every object in order; `undefined` where YAML has nothing. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = value as Record<string, unknown>;
  const entries = Object.keys(fields)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(fields[key])}`);
  return `{${entries.join(',')}}`;
}
