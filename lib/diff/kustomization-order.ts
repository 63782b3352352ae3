import type { FluxKustomizationView } from '../world';
import type { ClusterDiff } from './cluster-diff';

/** A Flux Kustomization in which something changes. */
export interface MovingKustomization {
  readonly name: string;
  readonly namespace: string;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Those that have to be Ready before it begins, of those that move. */
  readonly after: readonly string[];
  /** How long Flux waits for it at most. */
  readonly timeoutSeconds?: number;
}

/** The Kustomizations that move, in the order in which they do: each behind those that it depends on, straight or by others. */
export function movingKustomizations(diff: ClusterDiff): MovingKustomization[] {
  const counts = new Map<string, { added: number; changed: number; removed: number }>();
  const count = (kustomization: FluxKustomizationView | undefined, kind: 'added' | 'changed' | 'removed') => {
    if (!kustomization) return;
    const key = `${kustomization.namespace}/${kustomization.name}`;
    const known = counts.get(key) ?? { added: 0, changed: 0, removed: 0 };
    known[kind]++;
    counts.set(key, known);
  };
  for (const { isAdded, isRemoved, isMoved, appliedBefore, appliedAfter, waitsFor } of diff.changes) {
    if (waitsFor) continue;
    if (isAdded || isMoved) count(appliedAfter, 'added');
    if (isRemoved || isMoved) count(appliedBefore, 'removed');
    if (!isAdded && !isRemoved && !isMoved) count(appliedAfter, 'changed');
  }
  const all = [...diff.after.fluxKustomizations()];
  const present = new Set(all.map(keyOf));
  for (const one of diff.before.fluxKustomizations()) if (!present.has(keyOf(one))) all.push(one);
  const byKey = new Map(all.map((one) => [keyOf(one), one]));
  const ordered: FluxKustomizationView[] = [];
  const above = new Map<string, Set<string>>();
  const visit = (key: string): Set<string> => {
    const known = above.get(key);
    if (known) return known;
    const found = new Set<string>();
    // Set before the way down: a circle ends here.
    above.set(key, found);
    const kustomization = byKey.get(key);
    for (const { namespace, name } of kustomization?.dependsOn ?? []) {
      found.add(`${namespace}/${name}`);
      for (const one of visit(`${namespace}/${name}`)) found.add(one);
    }
    if (kustomization) ordered.push(kustomization);
    return found;
  };
  for (const key of [...byKey.keys()].sort()) visit(key);
  return ordered.flatMap((kustomization): MovingKustomization[] => {
    const found = counts.get(keyOf(kustomization));
    if (!found) return [];
    const { name, namespace, timeoutSeconds } = kustomization;
    const after = [...above.get(keyOf(kustomization))!].filter((key) => counts.has(key));
    return [
      {
        name,
        namespace,
        ...found,
        after: after.map((key) => key.slice(key.indexOf('/') + 1)).sort(),
        ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      },
    ];
  });
}

const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => `${namespace}/${name}`;
