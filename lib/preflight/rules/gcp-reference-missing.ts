import { allConnectorObjects, groupOf, referencesOf } from '../config-connector';
import { gke } from '../config-connector-cases';
import { rule } from '../rule';

export default rule({
  id: 'gcp-reference-missing',
  severity: 'error',
  effect: 'stuck',
  since: '0.2.0',
  why: 'Config Connector waits for what a reference names (DependencyNotFound): an object that nobody makes keeps it waiting for ever, and Flux with it.',
  cause: 'Config Connector waits for what a reference names',
  source: ['GoogleCloudPlatform/k8s-config-connector v1.155 pkg/k8s/constants.go (DependencyNotFound)'],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const entry of allConnectorObjects(world))
      for (const { pointer, kind, namespace, name } of referencesOf(entry)) {
        if (world.given(kind, namespace, name, groupOf(kind))) continue;
        report(entry, {
          pointer,
          message: `${entry.kind} "${entry.name}" refers to ${kind} "${name}" in namespace "${namespace}", which nobody makes`,
          fix: `add the ${kind} "${name}", correct the name, or write external with Google's own name of one that exists`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a network that nobody makes',
        manifests: gke({ 'ComputeSubnetwork shop': { networkRef: { name: 'shopp' } } }),
        expect: [
          {
            object: 'ComputeSubnetwork example-shop/shop',
            pointer: '/spec/networkRef/name',
            message:
              'ComputeSubnetwork "shop" refers to ComputeNetwork "shopp" in namespace "example-shop", which nobody makes',
          },
        ],
      },
      {
        name: 'an account of the nodes that nobody makes',
        manifests: gke({ 'IAMServiceAccount shop-nodes': null }),
        expect: [
          {
            object: 'ContainerNodePool example-shop/shop-default',
            pointer: '/spec/nodeConfig/serviceAccountRef/name',
          },
        ],
      },
    ],
    good: [
      { name: 'all there', manifests: gke() },
      {
        name: "Google's own name of a network that exists",
        manifests: gke({
          'ComputeSubnetwork shop': { networkRef: { external: 'projects/other/global/networks/shared' } },
        }),
      },
    ],
  }),
});
