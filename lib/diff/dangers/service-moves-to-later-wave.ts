import { deployment, kustomization } from '../case-objects';
import { danger } from '../danger';
import { moveOf } from '../moves';

const RUNS = ['Deployment', 'StatefulSet', 'DaemonSet', 'HelmRelease'];
const waves = [
  kustomization('wave-0', 'apps/wave-0'),
  kustomization('wave-1', 'apps/wave-1', { dependsOn: [{ name: 'wave-0' }] }),
];
const side = [kustomization('a', 'apps/a'), kustomization('b', 'apps/b')];
const sleeping = [kustomization('a', 'apps/a'), kustomization('b', 'apps/b', { suspend: true })];

export default danger({
  id: 'service-moves-to-later-wave',
  severity: 'error',
  since: '0.2.0',
  why: 'A Kustomization prunes what has left its folder before one that depends on it applies anything. So objects that move to a later Kustomization are deleted, and made again when the earlier one is Ready, rollouts included. A move to an earlier one is safe: there the apply comes first. Where neither depends on the other, it is a race.',
  cause:
    'the earlier Kustomization prunes what has left its folder before the later one, which depends on it, applies it',
  source: [
    'fluxcd/kustomize-controller v1.9 internal/controller/kustomization_controller.go (apply, prune, health checks)',
    'docs/decisions/0005-a-service-that-changes-its-wave.md',
  ],
  check(diff, report) {
    for (const change of diff.of(...RUNS)) {
      if (!change.isMoved) continue;
      const move = moveOf(diff, change);
      if (move === 'taken over') continue;
      const [from, to] = [change.appliedBefore!, change.appliedAfter!];
      // That one which goes deletes what it has applied, is said of it.
      if (move === 'race' && !diff.kustomizationAfter(from)) continue;
      const what = `${change.kind} "${change.name}" moves from Kustomization "${from.name}" to "${to.name}"`;
      const both = `apply it in both until "${to.name}" is Ready and remove it from "${from.name}" then`;
      if (move === 'later')
        report(change, {
          message: `${what}, which comes later: Flux deletes its objects and makes them again, and nobody can reach it meanwhile`,
          fix: `keep it in "${from.name}" (in a catalog: "wave"), or ${both}`,
        });
      else if (move === 'race')
        report(change, {
          severity: 'warning',
          message: `${what}, and neither waits for the other one: where "${from.name}" is first, Flux deletes its objects, and nobody can reach it until "${to.name}" has made them again`,
          cause: 'a Kustomization prunes what has left its folder unless another one has applied it before',
          fix: both,
        });
      else
        report(change, {
          message: `${what}, which is suspended: "${from.name}" deletes its objects, and nothing makes them again`,
          cause: 'a suspended Kustomization applies nothing',
          fix: `resume "${to.name}" in a commit before, or suspend "${from.name}" too`,
        });
    }
  },
  cases: {
    bad: [
      {
        name: 'a new callee moves a service behind it',
        before: { 'flux.yaml': waves, 'apps/wave-0/cart.yaml': [deployment('cart')] },
        after: { 'flux.yaml': waves, 'apps/wave-1/cart.yaml': [deployment('cart')] },
        expect: [
          {
            object: 'Deployment shop/cart',
            message:
              'Deployment "cart" moves from Kustomization "wave-0" to "wave-1", which comes later: Flux deletes its objects and makes them again, and nobody can reach it meanwhile',
          },
        ],
      },
      {
        name: 'neither waits for the other one',
        before: { 'flux.yaml': side, 'apps/a/cart.yaml': [deployment('cart')] },
        after: { 'flux.yaml': side, 'apps/b/cart.yaml': [deployment('cart')] },
        expect: [
          {
            object: 'Deployment shop/cart',
            severity: 'warning',
            message:
              'Deployment "cart" moves from Kustomization "a" to "b", and neither waits for the other one: where "a" is first, Flux deletes its objects, and nobody can reach it until "b" has made them again',
          },
        ],
      },
      {
        name: 'the other one is suspended',
        before: { 'flux.yaml': sleeping, 'apps/a/cart.yaml': [deployment('cart')] },
        after: { 'flux.yaml': sleeping, 'apps/b/cart.yaml': [deployment('cart')] },
        expect: [
          {
            object: 'Deployment shop/cart',
            message:
              'Deployment "cart" moves from Kustomization "a" to "b", which is suspended: "a" deletes its objects, and nothing makes them again',
          },
        ],
      },
    ],
    good: [
      {
        name: 'to an earlier one',
        before: { 'flux.yaml': waves, 'apps/wave-1/cart.yaml': [deployment('cart')] },
        after: { 'flux.yaml': waves, 'apps/wave-0/cart.yaml': [deployment('cart')] },
      },
      {
        name: 'another file of the same folder',
        before: { 'flux.yaml': waves, 'apps/wave-0/cart.yaml': [deployment('cart')] },
        after: { 'flux.yaml': waves, 'apps/wave-0/all.yaml': [deployment('cart')] },
      },
    ],
  },
});
