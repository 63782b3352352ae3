import type { ResolvedCluster } from '../catalog';
import type { PolicyMode } from './types';

/** Whether a cluster has policies: what it says itself, else what the platform says. @default off */
export function policyMode({ cluster, platform }: Pick<ResolvedCluster, 'cluster' | 'platform'>): 'off' | PolicyMode {
  return cluster.policies ?? platform.policies ?? 'off';
}
