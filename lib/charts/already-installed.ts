import type { Platform } from '../catalog';
import { providerOf } from '../flagger';
import { MESH_FACTS, modeOf } from '../mesh';

/**
 * What the platform's fields say is in the cluster already, as `exists` of the facts states it: definitions of a mesh or an ingress
 * controller, Secrets of metric stores.
 */
export function alreadyInstalled(platform: Platform): readonly string[] {
  const { installs, provider } = MESH_FACTS[modeOf(platform)];
  const needed = installs === 'nothing' ? providerOf(provider).needs?.(provider) : undefined;
  const secrets = Object.values(platform.metricStores ?? {}).flatMap(({ secretName }) => secretName ?? []);
  return [...(needed ? [`CustomResourceDefinition ${needed.name}`] : []), ...secrets.map((name) => `Secret */${name}`)];
}
