import { fieldsAt, isFields } from '../../kube';
import { connectorObjects } from '../config-connector';
import { gke } from '../config-connector-cases';
import { rule } from '../rule';

export default rule({
  id: 'gke-istio-addon',
  severity: 'error',
  effect: 'rejected',
  since: '0.2.0',
  why: "GKE's Istio add-on ended in 2022; no version of GKE that is offered has it. Its successor is the managed mesh of the fleet, or Istio by its own charts.",
  cause: "GKE's Istio add-on has ended",
  source: ['cloud.google.com/kubernetes-engine/docs/deprecations'],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const cluster of connectorObjects(world, 'ContainerCluster')) {
      const addon = fieldsAt(cluster.object, 'spec', 'addonsConfig').istioConfig;
      if (!isFields(addon) || addon.disabled === true) continue;
      report(cluster, {
        pointer: '/spec/addonsConfig/istioConfig',
        message: `the cluster "${cluster.name}" asks for GKE's Istio add-on`,
        fix: "remove istioConfig; use the fleet's managed mesh, or Istio's charts (docs/migration.md, step 3)",
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the add-on',
        manifests: gke({
          'ContainerCluster shop': { addonsConfig: { istioConfig: { disabled: false, auth: 'AUTH_MUTUAL_TLS' } } },
        }),
        expect: [
          { object: 'ContainerCluster example-shop/shop', message: `the cluster "shop" asks for GKE's Istio add-on` },
        ],
      },
    ],
    good: [
      {
        name: 'switched off',
        manifests: gke({ 'ContainerCluster shop': { addonsConfig: { istioConfig: { disabled: true } } } }),
      },
    ],
  }),
});
