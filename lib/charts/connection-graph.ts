import { type Catalog, resolveCluster } from '../catalog';
import { type ConnectionGraph, connectionGraph } from '../policies';
import { platformFacts } from './plan';

/** Who may connect to whom in a cluster of a catalog. */
export function catalogGraph(catalog: Catalog, cluster: string): ConnectionGraph {
  const { peersOf } = require('./service-policies') as typeof import('./service-policies');
  const resolved = resolveCluster(catalog, cluster);
  return connectionGraph(resolved, peersOf(platformFacts(resolved.platform)));
}
