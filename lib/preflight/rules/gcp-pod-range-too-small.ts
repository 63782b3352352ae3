import { listAt, numberAt, parseCidr, textAt } from '../../kube';
import { connectorObjects, referred } from '../config-connector';
import { gke } from '../config-connector-cases';
import { rule } from '../rule';

/** GKE's own numbers. @see cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr */
const DEFAULT_PODS = 110;
const REGION_ZONES = 3;

/** Addresses that GKE sets aside for a node: twice its pods, up to the next power of two. */
const addressesOf = (pods: number): number => 2 ** Math.ceil(Math.log2(2 * pods));

export default rule({
  id: 'gcp-pod-range-too-small',
  severity: 'error',
  effect: 'stuck',
  since: '0.2.0',
  why: 'GKE gives each node a part of the range of pods: twice as many addresses as it may have pods, up to a power of two. When the range is used up no node comes any more, however many the autoscaler may have; and the range of a cluster cannot be changed.',
  cause: 'each node takes a part of the range of pods: twice as many addresses as pods, up to a power of two',
  source: ['cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr'],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const cluster of connectorObjects(world, 'ContainerCluster')) {
      const subnet = referred(world, cluster, 'subnetworkRef');
      const name = textAt(cluster.object, 'spec', 'ipAllocationPolicy', 'clusterSecondaryRangeName');
      const ranges = listAt(subnet?.object, 'spec', 'secondaryIpRange');
      const range = ranges.find((one) => textAt(one, 'rangeName') === name);
      const cidr = parseCidr(textAt(range, 'ipCidrRange') ?? '');
      if (!subnet || !cidr.ok) continue;
      let needed = 0;
      let nodes = 0;
      for (const pool of connectorObjects(world, 'ContainerNodePool')) {
        if (referred(world, pool, 'clusterRef') !== cluster || textAt(pool.object, 'spec', 'networkConfig', 'podRange'))
          continue;
        const pods =
          numberAt(pool.object, 'spec', 'maxPodsPerNode') ??
          numberAt(cluster.object, 'spec', 'defaultMaxPodsPerNode') ??
          DEFAULT_PODS;
        const zones = zonesOf(pool.object) || zonesOf(cluster.object) || (isZone(pool.object) ? 1 : REGION_ZONES);
        const total = numberAt(pool.object, 'spec', 'autoscaling', 'totalMaxNodeCount');
        const each =
          numberAt(pool.object, 'spec', 'autoscaling', 'maxNodeCount') ?? numberAt(pool.object, 'spec', 'nodeCount');
        const count = total ?? (each ?? numberAt(pool.object, 'spec', 'initialNodeCount') ?? 0) * zones;
        nodes += count;
        needed += count * addressesOf(pods);
      }
      const size = 2 ** (32 - cidr.value.prefix);
      if (needed <= size) continue;
      report(cluster, {
        pointer: '/spec/ipAllocationPolicy/clusterSecondaryRangeName',
        message: `the ${nodes} nodes that the pools of "${cluster.name}" may have take ${needed} addresses for pods, and the range "${name}", ${cidr.value.text}, has ${size}`,
        fix: `give the range a prefix of /${32 - Math.ceil(Math.log2(needed))} or shorter now, lower the largest number of nodes, or the pods of a node (defaultMaxPodsPerNode)`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a /22 for nine nodes',
        manifests: gke({
          'ComputeSubnetwork shop': {
            secondaryIpRange: [
              { rangeName: 'pods', ipCidrRange: '10.4.0.0/22' },
              { rangeName: 'services', ipCidrRange: '10.8.0.0/20' },
            ],
          },
        }),
        expect: [
          {
            object: 'ContainerCluster example-shop/shop',
            message:
              'the 9 nodes that the pools of "shop" may have take 2304 addresses for pods, and the range "pods", 10.4.0.0/22, has 1024',
          },
        ],
      },
    ],
    good: [
      { name: 'a /14', manifests: gke() },
      {
        name: 'a /22 for eight pods a node',
        manifests: gke({
          'ContainerCluster shop': { defaultMaxPodsPerNode: 8 },
          'ComputeSubnetwork shop': {
            secondaryIpRange: [
              { rangeName: 'pods', ipCidrRange: '10.4.0.0/22' },
              { rangeName: 'services', ipCidrRange: '10.8.0.0/20' },
            ],
          },
        }),
      },
    ],
  }),
});

const zonesOf = (object: unknown): number => listAt(object, 'spec', 'nodeLocations').length;
/** `europe-west3-a` is a zone, `europe-west3` a region. */
const isZone = (object: unknown): boolean => /-[a-z]$/.test(textAt(object, 'spec', 'location') ?? '');
