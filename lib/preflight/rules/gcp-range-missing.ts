import { fieldsAt, listAt, textAt } from '../../kube';
import { connectorObjects, referred } from '../config-connector';
import { gke } from '../config-connector-cases';
import { rule } from '../rule';

export default rule({
  id: 'gcp-range-missing',
  severity: 'error',
  effect: 'rejected',
  since: '0.2.0',
  why: 'A VPC-native cluster takes the addresses of pods and Services from secondary ranges of its subnet, by name. Google refuses a cluster whose range the subnet does not have.',
  cause: 'the ranges of pods and Services are secondary ranges of the subnet, by name',
  source: ['cloud.google.com/kubernetes-engine/docs/how-to/alias-ips'],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const cluster of connectorObjects(world, 'ContainerCluster')) {
      const subnet = referred(world, cluster, 'subnetworkRef');
      if (!subnet) continue;
      const names = listAt(subnet.object, 'spec', 'secondaryIpRange').map((range) => textAt(range, 'rangeName'));
      const policy = fieldsAt(cluster.object, 'spec', 'ipAllocationPolicy');
      for (const field of ['clusterSecondaryRangeName', 'servicesSecondaryRangeName']) {
        const name = textAt(policy, field);
        if (name === undefined || names.includes(name)) continue;
        report(cluster, {
          pointer: `/spec/ipAllocationPolicy/${field}`,
          message: `the cluster "${cluster.name}" takes the range "${name}", which subnet "${subnet.name}" does not have`,
          fix: `write one of ${names.map((one) => `"${one}"`).join(', ') || 'its ranges'}, or add "${name}" to the subnet's secondaryIpRange`,
        });
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a misspelt range',
        manifests: gke({
          'ContainerCluster shop': {
            ipAllocationPolicy: { clusterSecondaryRangeName: 'pod', servicesSecondaryRangeName: 'services' },
          },
        }),
        expect: [
          {
            object: 'ContainerCluster example-shop/shop',
            pointer: '/spec/ipAllocationPolicy/clusterSecondaryRangeName',
            message: 'the cluster "shop" takes the range "pod", which subnet "shop" does not have',
          },
        ],
      },
    ],
    good: [{ name: 'both there', manifests: gke() }],
  }),
});
