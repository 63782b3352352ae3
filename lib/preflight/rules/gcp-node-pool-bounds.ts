import { fieldsAt, numberAt } from '../../kube';
import { connectorObjects } from '../config-connector';
import { gke } from '../config-connector-cases';
import { rule } from '../rule';

export default rule({
  id: 'gcp-node-pool-bounds',
  severity: 'error',
  effect: 'rejected',
  since: '0.2.0',
  why: 'Google refuses a pool of nodes whose least number is above its largest, and one that may neither add a node nor lose one in an upgrade.',
  cause: 'Google refuses the pool',
  source: ['cloud.google.com/kubernetes-engine/docs/reference/rest/v1/NodePool'],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const pool of connectorObjects(world, 'ContainerNodePool')) {
      const autoscaling = fieldsAt(pool.object, 'spec', 'autoscaling');
      for (const [least, largest] of [
        ['minNodeCount', 'maxNodeCount'],
        ['totalMinNodeCount', 'totalMaxNodeCount'],
      ] as const) {
        const [min, max] = [numberAt(autoscaling, least), numberAt(autoscaling, largest)];
        if (min === undefined || max === undefined || min <= max) continue;
        report(pool, {
          pointer: `/spec/autoscaling/${least}`,
          message: `pool "${pool.name}" has ${least} ${min} and ${largest} ${max}`,
          fix: `lower ${least} to ${max}, or raise ${largest} to ${min}`,
        });
      }
      const upgrade = fieldsAt(pool.object, 'spec', 'upgradeSettings');
      if (numberAt(upgrade, 'maxSurge') === 0 && (numberAt(upgrade, 'maxUnavailable') ?? 0) === 0)
        report(pool, {
          pointer: '/spec/upgradeSettings/maxSurge',
          message: `an upgrade of pool "${pool.name}" may neither add a node nor take one away`,
          fix: 'write maxSurge: 1',
          edits: [{ value: 1 }],
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'least above largest',
        manifests: gke({ 'ContainerNodePool shop-default': { autoscaling: { minNodeCount: 4, maxNodeCount: 3 } } }),
        expect: [
          {
            object: 'ContainerNodePool example-shop/shop-default',
            pointer: '/spec/autoscaling/minNodeCount',
            message: 'pool "shop-default" has minNodeCount 4 and maxNodeCount 3',
          },
        ],
      },
      {
        name: 'no way to upgrade',
        manifests: gke({ 'ContainerNodePool shop-default': { upgradeSettings: { maxSurge: 0, maxUnavailable: 0 } } }),
        expect: [
          {
            object: 'ContainerNodePool example-shop/shop-default',
            message: 'an upgrade of pool "shop-default" may neither add a node nor take one away',
          },
        ],
      },
    ],
    good: [{ name: 'one to three', manifests: gke() }],
  }),
});
