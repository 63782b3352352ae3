import type { ResolvedCluster } from '../catalog';
import type { GkeInput } from './inputs';

const ANNOTATION = 'iam.gke.io/gcp-service-account';

/** What the cluster itself is made of: what the catalog says of it, and the accounts that its services name. */
export function gkeInput({ name, cluster, platform, services }: ResolvedCluster): GkeInput | undefined {
  const { gke } = cluster;
  if (!gke) return undefined;
  const suffix = `@${gke.project}.iam.gserviceaccount.com`;
  const workloads = services.flatMap((service) => {
    const account = service.serviceAccount?.annotations?.[ANNOTATION];
    if (!account?.endsWith(suffix) || service.serviceAccount?.create === false) return [];
    return [
      {
        name: account.slice(0, -suffix.length),
        namespace: platform.namespace,
        serviceAccount: service.serviceAccount?.name ?? service.name,
      },
    ];
  });
  return { kind: 'gke', cluster: name, gke, workloads };
}
