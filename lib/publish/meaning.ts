import { loadAll } from 'js-yaml';
import { compareObjects, identityKey } from '../diff';
import { canonicalJson, isFields, type KubeObject, textAt } from '../kube';

/** Text by path. */
export type Texts = ReadonlyMap<string, string>;

/** One document of a file. */
interface Document {
  readonly path: string;
  /** Undefined for what is no object of Kubernetes: there the key says all of it. */
  readonly object?: KubeObject;
}

/**
 * The files whose objects differ in meaning between two trees, as `aviary diff` sees it: key order, comments, formatting, defaults of the API
 * server and the names of files are not looked at; the folder is, as Flux applies folders.
 * @param before the files that are not byte-equal
 */
export function changedFiles(before: Texts, after: Texts): string[] {
  const [was, is] = [documentsOf(before), documentsOf(after)];
  const changed = new Set<string>();
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const open = [...(is.get(key) ?? [])];
    for (const document of was.get(key) ?? []) {
      const mate = mateOf(document, open);
      if (mate < 0) changed.add(document.path);
      else open.splice(mate, 1);
    }
    for (const { path } of open) changed.add(path);
  }
  return [...changed].sort();
}

/** The position of one that says the same, that of the same file first; -1 where there is none. */
function mateOf({ path, object }: Document, others: readonly Document[]): number {
  const same = others.map((other) => !object || !other.object || compareObjects(object, other.object).length === 0);
  const there = others.findIndex((other, index) => same[index] && other.path === path);
  return there >= 0 ? there : same.indexOf(true);
}

/** By folder and what names them: an object its identity, all else its content. */
function documentsOf(texts: Texts): Map<string, Document[]> {
  const found = new Map<string, Document[]>();
  for (const [path, text] of texts) {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    for (const { name, object } of read(path, text)) {
      const key = `${folder}\0${name}`;
      const document = { path, ...(object && { object }) };
      const known = found.get(key);
      if (known) known.push(document);
      else found.set(key, [document]);
    }
  }
  return found;
}

function read(path: string, text: string): { readonly name: string; readonly object?: KubeObject }[] {
  if (!/\.(ya?ml|json)$/.test(path)) return [{ name: `${path}\0${text}` }];
  try {
    return loadAll(text)
      .filter((document) => document !== null && document !== undefined)
      .map((document) =>
        isObject(document)
          ? { name: identityKey(document), object: document }
          : { name: canonicalJson(withoutFileNames(document)) },
      );
  } catch {
    // Such as the template of a chart: its text is what it means. The name belongs to it.
    return [{ name: `${path}\0${text}` }];
  }
}

function isObject(document: unknown): document is KubeObject {
  return (
    isFields(document) &&
    [textAt(document, 'apiVersion'), textAt(document, 'kind'), textAt(document, 'metadata', 'name')].every(Boolean)
  );
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
