import { listed } from '../ask';
import { deploymentOf, kustomization } from '../case-objects';
import { danger } from '../danger';

/** So many rollouts of one Kustomization begin at the same time. */
const MANY = 6;

export default danger({
  id: 'many-rollouts-at-once',
  severity: 'warning',
  since: '0.2.0',
  why: 'All rollouts of one Kustomization begin together. Each needs room for its new pods beside the old ones, and when errors rise, nobody can tell which of them is to blame; canaries that call each other judge two changes at once.',
  cause: 'each needs room for new pods beside the old ones, and when errors rise nobody can tell whose they are',
  source: ['kubernetes.io/docs/concepts/workloads/controllers/deployment (max surge)'],
  check(diff, report) {
    const together = new Map<string, (typeof diff.rolling.rollouts)[number][]>();
    for (const rollout of diff.rolling.rollouts) {
      const by = diff.applierOf(rollout.workload.entry)?.name ?? '';
      together.set(by, [...(together.get(by) ?? []), rollout]);
    }
    for (const [by, rollouts] of together) {
      if (rollouts.length < MANY) continue;
      const names = rollouts.map(({ workload }) => workload.name).sort();
      report(rollouts[0]!.workload.entry, {
        message: `${rollouts.length} rollouts begin at the same time${by === '' ? '' : ` in Kustomization "${by}"`}: ${listed(names, 4)}`,
        fix: 'release them in several commits, callees first, or make sure that the nodes have room for all of them twice',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a new tag for all',
        before: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/all.yaml': services('v1') },
        after: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/all.yaml': services('v2') },
        expect: [
          {
            object: 'Deployment shop/s0',
            message: '6 rollouts begin at the same time in Kustomization "apps": s0, s1, s2, s3 and 2 more',
          },
        ],
      },
    ],
    good: [
      {
        name: 'two of them',
        before: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/all.yaml': services('v1') },
        after: {
          'flux.yaml': [kustomization('apps', 'apps')],
          'apps/all.yaml': [...services('v2').slice(0, 2), ...services('v1').slice(2)],
        },
      },
    ],
  },
});

function services(tag: string) {
  return Array.from({ length: MANY }, (_, index) => deploymentOf(`s${index}`, { image: `s:${tag}` }));
}
