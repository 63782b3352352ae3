import type { Platform } from '../catalog';
import { providerOf } from '../flagger';
import { MESH_FACTS, modeOf } from '../mesh';

/** The gateway for exposed services where the platform does not name it. */
export const DEFAULT_GATEWAY = { namespace: 'istio-ingress', name: 'public' } as const;

/**
 * What the platform's fields say is in the cluster already, as `exists` of the facts states it: definitions of a mesh or an ingress
 * controller, the gateway of somebody else's mesh, Secrets of metric stores.
 */
export function alreadyInstalled(platform: Platform): readonly string[] {
  const { installs, provider, exposesBy } = MESH_FACTS[modeOf(platform)];
  const isForeign = installs === 'nothing' && exposesBy !== 'nothing' && providerOf(provider).comesInBy !== undefined;
  const { namespace, name } = { ...DEFAULT_GATEWAY, ...platform.gateway };
  const needed = installs === 'nothing' ? providerOf(provider).needs?.(provider) : undefined;
  const secrets = Object.values(platform.metricStores ?? {}).flatMap(({ secretName }) => secretName ?? []);
  return [
    ...(needed ? [`CustomResourceDefinition ${needed.name}`] : []),
    ...(isForeign && platform.gateway ? [`Gateway ${namespace}/${name}`] : []),
    ...secrets.map((name) => `Secret */${name}`),
  ];
}
