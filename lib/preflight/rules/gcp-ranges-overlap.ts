import { type Cidr, cidrsOverlap, listAt, parseCidr, textAt } from '../../kube';
import type { Entry } from '../../world';
import { connectorObjects, referred } from '../config-connector';
import { gke } from '../config-connector-cases';
import { rule } from '../rule';

interface Range {
  readonly entry: Entry;
  readonly pointer: string;
  readonly what: string;
  readonly cidr: Cidr;
}

export default rule({
  id: 'gcp-ranges-overlap',
  severity: 'error',
  effect: 'rejected',
  since: '0.2.0',
  why: 'Nodes, pods, Services and control plane of a network need ranges of their own: Google refuses a subnet or a cluster whose range overlaps with another of the network.',
  cause: 'ranges of one network must not overlap',
  source: ['cloud.google.com/vpc/docs/subnets'],
  codes: [],
  each: 'world',
  check(world, report) {
    const networks = new Map<Entry, Range[]>();
    const add = (network: Entry | undefined, entry: Entry, pointer: string, what: string, text?: string): void => {
      const cidr = text === undefined ? undefined : parseCidr(text);
      if (cidr && !cidr.ok)
        report(entry, {
          pointer,
          message: `${what} ${JSON.stringify(text)} ${cidr.error}`,
          fix: 'write the first address of the range and its prefix, such as "10.4.0.0/14"',
        });
      if (!network || !cidr?.ok) return;
      const ranges = networks.get(network) ?? [];
      networks.set(network, [...ranges, { entry, pointer, what, cidr: cidr.value }]);
    };
    for (const subnet of connectorObjects(world, 'ComputeSubnetwork')) {
      const network = referred(world, subnet, 'networkRef');
      const of = `of subnet "${subnet.name}"`;
      add(network, subnet, '/spec/ipCidrRange', `the range ${of}`, textAt(subnet.object, 'spec', 'ipCidrRange'));
      listAt(subnet.object, 'spec', 'secondaryIpRange').forEach((range, index) => {
        const what = `the range "${textAt(range, 'rangeName')}" ${of}`;
        add(network, subnet, `/spec/secondaryIpRange/${index}/ipCidrRange`, what, textAt(range, 'ipCidrRange'));
      });
    }
    for (const cluster of connectorObjects(world, 'ContainerCluster'))
      add(
        referred(world, cluster, 'networkRef'),
        cluster,
        '/spec/privateClusterConfig/masterIpv4CidrBlock',
        `the control plane's range of "${cluster.name}"`,
        textAt(cluster.object, 'spec', 'privateClusterConfig', 'masterIpv4CidrBlock'),
      );
    for (const ranges of networks.values())
      for (const [index, range] of ranges.entries()) {
        const other = ranges.slice(0, index).find(({ cidr }) => cidrsOverlap(cidr, range.cidr));
        if (!other) continue;
        report(range.entry, {
          pointer: range.pointer,
          message: `${range.what}, ${range.cidr.text}, overlaps with ${other.what}, ${other.cidr.text}`,
          fix: 'give each a range of its own, such as nodes 10.0.0.0/20, pods 10.4.0.0/14, Services 10.8.0.0/20, control plane 172.16.0.0/28',
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'pods over nodes',
        manifests: gke({ 'ComputeSubnetwork shop': { ipCidrRange: '10.4.0.0/20' } }),
        expect: [
          {
            object: 'ComputeSubnetwork example-shop/shop',
            pointer: '/spec/secondaryIpRange/0/ipCidrRange',
            message:
              'the range "pods" of subnet "shop", 10.4.0.0/14, overlaps with the range of subnet "shop", 10.4.0.0/20',
          },
        ],
      },
      {
        name: 'the control plane among the Services',
        manifests: gke({
          'ContainerCluster shop': {
            privateClusterConfig: { enablePrivateNodes: true, masterIpv4CidrBlock: '10.8.0.0/28' },
          },
        }),
        expect: [
          {
            object: 'ContainerCluster example-shop/shop',
            pointer: '/spec/privateClusterConfig/masterIpv4CidrBlock',
          },
        ],
      },
      {
        name: 'bits behind the prefix',
        manifests: gke({ 'ComputeSubnetwork shop': { ipCidrRange: '10.0.0.1/20' } }),
        expect: [
          {
            object: 'ComputeSubnetwork example-shop/shop',
            pointer: '/spec/ipCidrRange',
            message: 'the range of subnet "shop" "10.0.0.1/20" has bits behind the prefix; "10.0.0.0/20" begins there',
          },
        ],
      },
    ],
    good: [{ name: 'four ranges', manifests: gke() }],
  }),
});
