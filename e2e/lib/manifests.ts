import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { apiGroup, type KubeObject } from '../../lib/kube';

/** All objects of a text with one YAML document or many; lists are opened, empty documents skipped. */
export function parseManifests(text: string, file: string): KubeObject[] {
  const documents = parseAllDocuments(text, { merge: true, version: '1.1' });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) throw new Error(`${file}: ${error.message}`);
    const value = document.toJS({ maxAliasCount: 100 }) as KubeObject | null;
    if (value === null) return [];
    if (value.kind === 'List') return (value as unknown as { items: KubeObject[] }).items;
    return [value];
  });
}

export interface FiledObject {
  readonly object: KubeObject;
  /** The document as it was written: what is sent to the API server, which parses it with its own YAML library. */
  readonly text: string;
  /** Relative to the folder that was read. */
  readonly file: string;
}

/** Every object of every YAML file under a folder, in the order of the paths; kustomize's own files are not objects. */
export function readTree(folder: string): FiledObject[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml') && entry.name !== 'kustomization.yaml')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .split(/^---$/m)
        .flatMap((text) =>
          parseManifests(text, path).map((object) => ({ object, text, file: relative(folder, path) })),
        ),
    );
}

/**
 * A tree without Flux's own objects: who applies one by hand must not start a second Flux on it, whose sync objects have the names of
 * the first one's. Charts go with them: what they install runs as processes.
 */
export function withoutFlux<T extends { readonly object: KubeObject }>(objects: readonly T[]): T[] {
  return objects.filter(({ object }) => !/(^|\.)fluxcd(\.controlplane)?\.io$/.test(apiGroup(object.apiVersion)));
}

const order = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'Secret', 'ConfigMap', 'Service'];

/** Objects in the order in which they can be applied: what others need first, then as they were. */
export function sortForApply<T extends { readonly object: KubeObject }>(objects: readonly T[]): T[] {
  const rank = ({ object }: T): number => {
    const index = order.indexOf(object.kind);
    return index < 0 ? order.length : index;
  };
  return [...objects].sort((a, b) => rank(a) - rank(b));
}

/** `Kind namespace/name`, as reports name an object. */
export function objectName({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
}
