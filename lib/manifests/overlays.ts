import { sep } from 'node:path';
import type { KubeObject } from '../kube';
import type { KustomizeRoot } from './kustomize';
import type { ManifestObject } from './manifest-object';
import { push } from './push';

/**
 * Kustomizations that give the same objects, as the overlays of a base do, by the name of their environment.
 */
export function environmentsAmong(roots: readonly KustomizeRoot[]): ReadonlyMap<string, readonly KustomizeRoot[]> {
  const uses = new Map<string, number>();
  for (const root of roots) for (const file of root.files) uses.set(file, (uses.get(file) ?? 0) + 1);
  // What is not built counts as an overlay only where it shares a file: else two folders would be two environments because
  // they have an object of the same name.
  const overlays = roots.filter(
    ({ needsBuild, files }) => needsBuild || [...files].some((file) => uses.get(file)! > 1),
  );
  const environments = new Map<string, KustomizeRoot[]>();
  for (const group of rivalsAmong(overlays))
    namesOf(group.map(({ folder }) => folder)).forEach((name, index) => {
      push(environments, name, group[index]!);
    });
  return environments;
}

/** What tells objects of one cluster apart. */
export function identityOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): string {
  return [apiVersion, kind, namespace, name].join(' ');
}

/** Groups of kustomizations that give the same objects, directly or by way of others. */
function rivalsAmong(roots: readonly KustomizeRoot[]): KustomizeRoot[][] {
  const groups = new Map<KustomizeRoot, Set<KustomizeRoot>>(roots.map((root) => [root, new Set([root])]));
  const owners = new Map<string, { readonly root: KustomizeRoot; readonly input: ManifestObject }>();
  for (const root of roots)
    for (const input of root.objects()) {
      // The parts of one application often all bring its Namespace.
      if (input.object.kind === 'Namespace') continue;
      const identity = identityOf(input.object);
      const owner = owners.get(identity);
      if (!owner) owners.set(identity, { root, input });
      else if (owner.input !== input) join(groups, owner.root, root);
    }
  return [...new Set(groups.values())].filter(({ size }) => size > 1).map((group) => [...group]);
}

function join<T>(groups: Map<T, Set<T>>, one: T, other: T): void {
  const [into, from] = [groups.get(one)!, groups.get(other)!];
  if (into === from) return;
  for (const member of from) {
    into.add(member);
    groups.set(member, into);
  }
}

/** What tells the folders apart: their last name, or what is left without the folders that all have before or behind. */
export function namesOf(folders: readonly string[]): string[] {
  const all = folders.map((folder) => folder.split(sep).filter((name) => name !== ''));
  const last = all.map((names) => names.at(-1) ?? '');
  if (new Set(last).size === last.length) return last;
  let before = 0;
  while (all.every((names) => before < names.length - 1 && names[before] === all[0]?.[before])) before++;
  let behind = 0;
  while (all.every((names) => before + behind < names.length - 1 && names.at(-1 - behind) === all[0]?.at(-1 - behind)))
    behind++;
  return all.map((names) => names.slice(before, names.length - behind).join('/'));
}
