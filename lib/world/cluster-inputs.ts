import type { ClusterObjects } from '../kube';
import type { WorldInput } from './entry';

/** The objects of a cluster as a world takes them in. */
export function worldInputs({ cluster, objects }: ClusterObjects): WorldInput[] {
  return objects.map(({ object, origin: { file, place } }, order) => ({
    object,
    place: place ?? { file },
    file,
    order,
    ...(cluster === undefined ? {} : { cluster }),
  }));
}
