import { textAt } from '../../kube';
import { connectorObjects, referred } from '../config-connector';
import { connector, gke } from '../config-connector-cases';
import { rule } from '../rule';

export default rule({
  id: 'gcp-workload-identity',
  severity: 'warning',
  effect: 'outage',
  since: '0.2.0',
  why: "Pods get an account of Google's by the cluster's workload pool, and only on nodes that run GKE's metadata server; on others they get the node's account, with all that it may do. A binding names the pool of the cluster's project.",
  cause: "pods get an account of Google's by workload identity, from the pool of the cluster's project",
  source: ['cloud.google.com/kubernetes-engine/docs/how-to/workload-identity'],
  codes: [],
  each: 'world',
  check(world, report) {
    const pools = new Set<string>();
    for (const cluster of connectorObjects(world, 'ContainerCluster')) {
      const pool = textAt(cluster.object, 'spec', 'workloadIdentityConfig', 'workloadPool');
      if (pool !== undefined) pools.add(pool);
      else
        report(cluster, {
          message: `the cluster "${cluster.name}" has no workload identity: its pods get the node's account`,
          fix: 'write workloadIdentityConfig: {workloadPool: <project>.svc.id.goog}',
        });
    }
    for (const nodes of connectorObjects(world, 'ContainerNodePool')) {
      const cluster = referred(world, nodes, 'clusterRef');
      const mode = textAt(nodes.object, 'spec', 'nodeConfig', 'workloadMetadataConfig', 'mode');
      if (!cluster || mode === undefined || mode === 'GKE_METADATA') continue;
      report(nodes, {
        pointer: '/spec/nodeConfig/workloadMetadataConfig/mode',
        message: `the nodes of pool "${nodes.name}" show their own account to pods (${mode})`,
        fix: 'write GKE_METADATA',
        edits: [{ value: 'GKE_METADATA' }],
      });
    }
    if (pools.size === 0) return;
    for (const binding of connectorObjects(world, 'IAMPolicyMember')) {
      const pool = /^serviceAccount:([^[]+\.svc\.id\.goog)\[/.exec(textAt(binding.object, 'spec', 'member') ?? '')?.[1];
      if (pool === undefined || pools.has(pool)) continue;
      report(binding, {
        pointer: '/spec/member',
        message: `"${binding.name}" binds pods of the pool ${pool}, and the clusters have ${[...pools].join(', ')}`,
        fix: `write the pool of the cluster's project: ${[...pools][0]}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a binding to another project',
        manifests: [
          ...gke(),
          connector('IAMPolicyMember', 'cart', {
            member: 'serviceAccount:example-shopp.svc.id.goog[shop/cart]',
            role: 'roles/iam.workloadIdentityUser',
            resourceRef: { kind: 'IAMServiceAccount', name: 'shop-nodes' },
          }),
        ],
        expect: [
          {
            object: 'IAMPolicyMember example-shop/cart',
            pointer: '/spec/member',
            message:
              '"cart" binds pods of the pool example-shopp.svc.id.goog, and the clusters have example-shop.svc.id.goog',
          },
        ],
      },
      {
        name: "the node's metadata",
        manifests: gke({
          'ContainerNodePool shop-default': {
            nodeConfig: { serviceAccountRef: { name: 'shop-nodes' }, workloadMetadataConfig: { mode: 'GCE_METADATA' } },
          },
        }),
        expect: [{ object: 'ContainerNodePool example-shop/shop-default' }],
      },
    ],
    good: [{ name: 'both', manifests: gke() }],
  }),
});
