import type { ObjectChange } from './cluster-diff';

/** What kustomize's generators append: ten of its own letters. @see kustomize api/hasher/hasher.go (encode) */
const SUFFIX = /-[bcdfghkmt2456789]{10}$/;

/** Of objects that are new under a name of their content: those whose place they take. */
export function namedAnew(changes: readonly ObjectChange[]): ReadonlyMap<ObjectChange, ObjectChange> {
  const keyOf = ({ kind, namespace, name }: ObjectChange) => `${kind} ${namespace}/${name.replace(SUFFIX, '')}`;
  const isGenerated = ({ kind, name }: ObjectChange) => ['ConfigMap', 'Secret'].includes(kind) && SUFFIX.test(name);
  const gone = new Map(
    changes.filter((one) => one.isRemoved && isGenerated(one)).map((one) => [keyOf(one), one] as const),
  );
  const pairs = new Map<ObjectChange, ObjectChange>();
  for (const one of changes) {
    const was = one.isAdded && isGenerated(one) ? gone.get(keyOf(one)) : undefined;
    if (was) pairs.set(one, was);
  }
  return pairs;
}
