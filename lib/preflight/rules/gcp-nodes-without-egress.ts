import { at, fieldsAt, textAt } from '../../kube';
import { connectorObjects, referred } from '../config-connector';
import { gke } from '../config-connector-cases';
import { rule } from '../rule';

export default rule({
  id: 'gcp-nodes-without-egress',
  severity: 'warning',
  effect: 'stuck',
  since: '0.2.0',
  why: "Private nodes have no public address: without NAT in their network they reach Google's own registry and nothing else, so images of other registries, Flux' repository and charts are out of reach.",
  cause: 'private nodes reach the world by NAT only',
  source: ['cloud.google.com/kubernetes-engine/docs/concepts/private-cluster-concept'],
  codes: [],
  each: 'world',
  check(world, report) {
    const nats = connectorObjects(world, 'ComputeRouterNAT').flatMap((nat) => {
      const router = referred(world, nat, 'routerRef');
      return router
        ? [{ network: referred(world, router, 'networkRef'), region: textAt(nat.object, 'spec', 'region') }]
        : [];
    });
    for (const cluster of connectorObjects(world, 'ContainerCluster')) {
      const network = referred(world, cluster, 'networkRef');
      const isPrivate = at(fieldsAt(cluster.object, 'spec', 'privateClusterConfig'), 'enablePrivateNodes') === true;
      // Of a network from elsewhere nothing is known.
      if (!isPrivate || !network) continue;
      const region = (textAt(cluster.object, 'spec', 'location') ?? '').replace(/-[a-z]$/, '');
      if (nats.some((nat) => nat.network === network && nat.region === region)) continue;
      report(cluster, {
        pointer: '/spec/privateClusterConfig/enablePrivateNodes',
        message: `the nodes of "${cluster.name}" are private, and network "${network.name}" has no NAT in ${region}`,
        fix: `add a ComputeRouter and a ComputeRouterNAT in ${region}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'no NAT',
        manifests: gke({ 'ComputeRouterNAT shop': null }),
        expect: [
          {
            object: 'ContainerCluster example-shop/shop',
            message: 'the nodes of "shop" are private, and network "shop" has no NAT in europe-west3',
          },
        ],
      },
      {
        name: 'NAT of another region',
        manifests: gke({ 'ComputeRouterNAT shop': { region: 'europe-west4' } }),
        expect: [{ object: 'ContainerCluster example-shop/shop' }],
      },
    ],
    good: [{ name: 'with NAT', manifests: gke() }],
  }),
});
