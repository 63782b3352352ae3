import { textAt } from '../../kube';
import type { FluxKustomizationView, World } from '../../world';
import { canary, deployment, fluxKustomization } from '../case-manifests';
import { rule } from '../rule';

const key = ({ namespace, name }: Pick<FluxKustomizationView, 'namespace' | 'name'>) => `${namespace}/${name}`;

export default rule({
  id: 'flux-depends-on-waiter',
  severity: 'error',
  effect: 'stuck',
  since: '0.2.0',
  why: 'A Kustomization with wait: true (or a health check of what it applies) is Ready when everything that it applies is. Where it applies another Kustomization which depends on it, each waits for the other: the outer one until the inner one is Ready, the inner one until the outer one is. A circle of dependsOn does the same.',
  cause: 'each waits until the other one is Ready',
  source: [
    'fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md (Dependencies, Wait)',
    'fluxcd/kustomize-controller v1.9 internal/controller/kustomization_controller.go (checkDependencies, checkHealth)',
  ],
  codes: [],
  each: 'kustomization',
  shared(world) {
    const all = new Map(world.fluxKustomizations().map((one) => [key(one), one]));
    return { all, late: neverReached(all) };
  },
  check(one, report, world, { all, late }) {
    for (const { namespace, name, pointer } of one.dependsOn) {
      const other = all.get(`${namespace}/${name}`);
      if (!other) continue;
      const chain = ancestryOf(world, one, other);
      if (chain && waitsFor(other, chain.at(-2) ?? one)) {
        const inner = chain.at(-2) ?? one;
        report(one, {
          pointer,
          message: `Kustomization "${one.name}" depends on "${name}", which applies ${inner === one ? 'it' : `"${inner.name}" and so it`} and waits until that is Ready: neither ever is`,
          fix: `remove "${name}" from spec.dependsOn of Kustomization "${one.name}"; if it needs something that "${name}" applies, give that a Kustomization of its own with wait: true and depend on it`,
        });
      } else if (other !== one && late.has(key(one)) && key(one) < key(other) && leadsTo(other, one, all))
        report(one, {
          pointer,
          message: `Kustomization "${one.name}" depends on "${name}", which depends on "${one.name}": neither is ever applied`,
          fix: `remove one of the two from spec.dependsOn`,
        });
      else if (other === one)
        report(one, {
          pointer,
          message: `Kustomization "${one.name}" depends on itself: it is never applied`,
          fix: `remove "${name}" from spec.dependsOn`,
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'on the one that applies it and waits',
        manifests: [deployment('cart'), canary('cart')],
        files: {
          'clusters/dev/all.yaml': [
            fluxKustomization('flux-system', { path: './clusters/dev', wait: true }),
            fluxKustomization('apps', { dependsOn: [{ name: 'flux-system' }] }),
          ],
        },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            pointer: '/spec/dependsOn/0',
            message:
              'Kustomization "apps" depends on "flux-system", which applies it and waits until that is Ready: neither ever is',
          },
        ],
      },
      {
        name: 'a circle',
        manifests: [
          fluxKustomization('a', { dependsOn: [{ name: 'b' }] }),
          fluxKustomization('b', { dependsOn: [{ name: 'a' }] }),
        ],
        expect: [
          {
            object: 'Kustomization flux-system/a',
            message: 'Kustomization "a" depends on "b", which depends on "a": neither is ever applied',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the outer one does not wait',
        manifests: [deployment('cart'), canary('cart')],
        files: {
          'clusters/dev/all.yaml': [
            fluxKustomization('flux-system', { path: './clusters/dev' }),
            fluxKustomization('apps', { dependsOn: [{ name: 'flux-system' }] }),
          ],
        },
      },
    ],
  }),
});

/** From the Kustomization up to the ancestor that applies it, itself first; undefined where that one does not. */
function ancestryOf(
  world: World,
  one: FluxKustomizationView,
  ancestor: FluxKustomizationView,
): readonly FluxKustomizationView[] | undefined {
  const chain = [one];
  for (
    let above = world.kustomizationOf(one.entry);
    above && chain.length < 20;
    above = world.kustomizationOf(above.entry)
  ) {
    if (chain.includes(above)) return undefined;
    chain.push(above);
    if (above === ancestor) return chain;
  }
  return undefined;
}

function waitsFor(outer: FluxKustomizationView, inner: FluxKustomizationView): boolean {
  if (outer.wait) return true;
  return outer.healthChecks.some(
    (check) =>
      textAt(check, 'kind') === 'Kustomization' &&
      textAt(check, 'name') === inner.name &&
      (textAt(check, 'namespace') || outer.namespace) === inner.namespace,
  );
}

/**
 * Those that are in a circle or depend on one, in one pass: the parts of two waves are a thousand edges, and to follow each of them
 * through all others took longer than all other rules together.
 */
function neverReached(all: ReadonlyMap<string, FluxKustomizationView>): ReadonlySet<string> {
  const open = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const [name, { dependsOn }] of all) {
    const known = dependsOn.map(key).filter((other) => all.has(other));
    open.set(name, known.length);
    for (const other of known) {
      const list = dependents.get(other);
      if (list) list.push(name);
      else dependents.set(other, [name]);
    }
  }
  const ready = [...open].filter(([, count]) => count === 0).map(([name]) => name);
  for (const name of ready) {
    open.delete(name);
    for (const other of dependents.get(name) ?? []) {
      const left = open.get(other)! - 1;
      open.set(other, left);
      if (left === 0) ready.push(other);
    }
  }
  return new Set(open.keys());
}

function leadsTo(
  from: FluxKustomizationView,
  to: FluxKustomizationView,
  all: ReadonlyMap<string, FluxKustomizationView>,
): boolean {
  const seen = new Set<string>();
  const visit = (one: FluxKustomizationView): boolean =>
    one.dependsOn.some((dependency) => {
      const name = key(dependency);
      const next = all.get(name);
      if (!next || seen.has(name)) return false;
      seen.add(name);
      return next === to || visit(next);
    });
  return visit(from);
}
