import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'flagger-multi-replica',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Every replica of Flagger acts on every Canary unless they elect a leader. Two without an election take steps twice and undo each other.',
  cause: 'without leader election each replica acts',
  source: ['fluxcd/flagger v1.44 cmd/flagger/main.go (enable-leader-election)'],
  codes: ['FLAGGER_MULTI_REPLICA'],
  each: 'world',
  check(world, report) {
    const { entry, replicas, leaderElection, valuesPointer } = world.flagger;
    if (!entry || replicas <= 1 || leaderElection) return;
    report(entry, {
      ...(valuesPointer === undefined ? {} : { pointer: valuesPointer }),
      message: `Flagger runs ${replicas} times without leader election: each of them takes every step`,
      fix: 'set leaderElection.enabled to true, or replicaCount to 1',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'two',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          flaggerRelease({ leaderElection: { enabled: false, replicaCount: 2 }, replicaCount: 2 }),
        ],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            message: 'Flagger runs 2 times without leader election: each of them takes every step',
          },
        ],
      },
    ],
    good: [{ name: 'one', manifests: [deployment('frontend'), canary('frontend'), flaggerRelease()] }],
  }),
});
