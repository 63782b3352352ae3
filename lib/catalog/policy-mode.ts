import type { ResolvedCluster } from './resolve';

/** Whether a cluster has policies: what it says itself, else what the platform says. @default off */
export function policyMode({
  cluster,
  platform,
}: Pick<ResolvedCluster, 'cluster' | 'platform'>): 'off' | 'audit' | 'enforce' {
  return cluster.policies ?? platform.policies ?? 'off';
}
