import type { FluxKustomizationView, World } from '../../world';
import { deployment, kustomization } from '../case-objects';
import type { ObjectChange } from '../cluster-diff';
import { danger } from '../danger';

const RUNS = ['Deployment', 'StatefulSet', 'DaemonSet', 'HelmRelease'];
const waves = [
  kustomization('wave-0', 'apps/wave-0'),
  kustomization('wave-1', 'apps/wave-1', { dependsOn: [{ name: 'wave-0' }] }),
];

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
      const [from, to] = [change.appliedBefore, change.appliedAfter];
      if (!change.isMoved || !from?.prune || !to || isKept(change)) continue;
      // The order that holds is that of the commit: both Kustomizations as they are then.
      const still = diff.after
        .fluxKustomizations()
        .find((one) => one.name === from.name && one.namespace === from.namespace);
      const isLater = reaches(diff.after, to, from) || (still === undefined && reaches(diff.before, to, from));
      if (!isLater) continue;
      report(change, {
        message: `${change.kind} "${change.name}" moves from Kustomization "${from.name}" to "${to.name}", which comes later: Flux deletes its objects and makes them again, and nobody can reach it meanwhile`,
        fix: `keep it in "${from.name}" (in a catalog: "wave"), or apply it in both until "${to.name}" is Ready and remove it from "${from.name}" then`,
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

const isKept = ({ before }: ObjectChange): boolean =>
  before?.annotations['kustomize.toolkit.fluxcd.io/prune'] === 'disabled';

/** Whether one Kustomization waits for another one, straight or by others. */
function reaches(world: World, from: FluxKustomizationView, to: FluxKustomizationView): boolean {
  const byName = new Map(world.fluxKustomizations().map((one) => [`${one.namespace}/${one.name}`, one]));
  const seen = new Set<string>();
  const open = [`${from.namespace}/${from.name}`];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    for (const { namespace, name } of byName.get(key)?.dependsOn ?? []) {
      if (namespace === to.namespace && name === to.name) return true;
      open.push(`${namespace}/${name}`);
    }
  }
  return false;
}
