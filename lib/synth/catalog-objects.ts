import type { Finding } from '../findings';
import type { ClusterObjects, KubeObject, WrittenObject } from '../kube';
import { constructFailed } from './unit-builder';

/** What a catalog makes, in memory. */
export interface CatalogObjects {
  readonly findings: readonly Finding[];
  /** By cluster, in the order of the tree; undefined when an error stopped it. */
  readonly clusters?: readonly ClusterObjects[];
}

/** Reads a catalog's text and renders the objects of all its units; nothing is written. */
export function catalogObjects(text: string, file: string): CatalogObjects {
  const { loadCatalog } = require('../catalog') as typeof import('../catalog');
  const { catalog, findings } = loadCatalog(text, file);
  if (!catalog) return { findings };
  const { planUnits, serviceOfUnit } = require('../charts') as typeof import('../charts');
  const { renderUnit } = require('./render') as typeof import('./render');
  const failures: Finding[] = [];
  const clusters = new Map<string, WrittenObject[]>(catalog.clusters.map(({ name }) => [name, []]));
  for (const unit of planUnits(catalog)) {
    const objects = clusters.get(unit.cluster)!;
    try {
      for (const { path, documents } of renderUnit(unit).files)
        for (const [document, object] of documents.entries())
          if (isObject(object)) objects.push({ object, origin: { file: path, document, unit: unit.id } });
    } catch (error) {
      const failed = constructFailed(unit, error);
      const service = catalog.services.findIndex(({ name }) => name === serviceOfUnit(unit.id));
      failures.push(service < 0 ? failed : { ...failed, place: { ...failed.place, pointer: `/services/${service}` } });
    }
  }
  if (failures.length > 0) return { findings: [...findings, ...failures] };
  return { findings, clusters: [...clusters].map(([cluster, objects]) => ({ cluster, objects })) };
}

/** What kustomize reads is no object of the cluster. */
function isObject(document: unknown): document is KubeObject {
  const { kind, metadata } = document as Partial<KubeObject>;
  return kind !== undefined && metadata?.name !== undefined;
}
