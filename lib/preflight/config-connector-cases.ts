import type { KubeObject } from '../kube';
import { groupOf } from './config-connector';

/** An object of Config Connector in namespace `example-shop`. */
export function connector(kind: string, name: string, spec: object, annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: `${kind === 'Service' ? 'serviceusage.cnrm.cloud.google.com' : groupOf(kind)}/v1beta1`,
    kind,
    metadata: { name, namespace: 'example-shop', ...(annotations && { annotations }) },
    spec,
  } as KubeObject;
}

const region = 'europe-west3';

/** A sound cluster `shop`, with what it stands on; `change` replaces or removes objects by `Kind name`. */
export function gke(change: Readonly<Record<string, object | null>> = {}): KubeObject[] {
  const kept = { 'cnrm.cloud.google.com/deletion-policy': 'abandon' };
  const specs: [string, string, object, Record<string, string>?][] = [
    ['Service', 'compute.googleapis.com', {}, kept],
    ['Service', 'container.googleapis.com', {}, kept],
    ['Service', 'iam.googleapis.com', {}, kept],
    ['ComputeNetwork', 'shop', { autoCreateSubnetworks: false }],
    [
      'ComputeSubnetwork',
      'shop',
      {
        region,
        networkRef: { name: 'shop' },
        ipCidrRange: '10.0.0.0/20',
        secondaryIpRange: [
          { rangeName: 'pods', ipCidrRange: '10.4.0.0/14' },
          { rangeName: 'services', ipCidrRange: '10.8.0.0/20' },
        ],
      },
    ],
    ['ComputeRouter', 'shop', { region, networkRef: { name: 'shop' } }],
    [
      'ComputeRouterNAT',
      'shop',
      {
        region,
        routerRef: { name: 'shop' },
        natIpAllocateOption: 'AUTO_ONLY',
        sourceSubnetworkIpRangesToNat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
      },
    ],
    ['IAMServiceAccount', 'shop-nodes', {}],
    [
      'ContainerCluster',
      'shop',
      {
        location: region,
        networkRef: { name: 'shop' },
        subnetworkRef: { name: 'shop' },
        ipAllocationPolicy: { clusterSecondaryRangeName: 'pods', servicesSecondaryRangeName: 'services' },
        privateClusterConfig: { enablePrivateNodes: true, masterIpv4CidrBlock: '172.16.0.0/28' },
        workloadIdentityConfig: { workloadPool: 'example-shop.svc.id.goog' },
      },
      kept,
    ],
    [
      'ContainerNodePool',
      'shop-default',
      {
        location: region,
        clusterRef: { name: 'shop' },
        autoscaling: { minNodeCount: 1, maxNodeCount: 3 },
        upgradeSettings: { maxSurge: 1, maxUnavailable: 0 },
        nodeConfig: { serviceAccountRef: { name: 'shop-nodes' }, workloadMetadataConfig: { mode: 'GKE_METADATA' } },
      },
    ],
  ];
  return specs.flatMap(([kind, name, spec, annotations]) => {
    const changed = change[`${kind} ${name}`];
    return changed === null ? [] : [connector(kind, name, { ...spec, ...changed }, annotations)];
  });
}
