/**
 * The variables that a text refers to as `$(NAME)`, each once, in the order of the text. `$$` is an escaped dollar; an
 * operator that is not closed is text.
 * @see k8s.io/kubernetes v1.36 third_party/forked/golang/expansion/expand.go
 */
export function envReferences(text: string): string[] {
  const names = new Set<string>();
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', at)) {
    const next = text.charAt(at + 1);
    if (next !== '(') {
      at += next === '$' ? 2 : 1;
      continue;
    }
    const end = text.indexOf(')', at + 2);
    // Without the bracket it is text, and what follows is read on.
    if (end < 0) at += 2;
    else {
      names.add(text.slice(at + 2, end));
      at = end + 1;
    }
  }
  return [...names];
}

/**
 * The order in which variables have to stand: the kubelet expands `$(NAME)` only from those that stand before. Each comes
 * after those that its text refers to, otherwise by name; `cycles` are those that no order satisfies, each from its least
 * name on.
 * @param textOf the literal value of a variable; undefined where it has none
 * @see k8s.io/kubernetes v1.36 pkg/kubelet/kubelet_pods.go makeEnvironmentVariables
 */
export function expansionOrder(
  names: Iterable<string>,
  textOf: (name: string) => string | undefined,
): { readonly order: readonly string[]; readonly cycles: readonly (readonly string[])[] } {
  const sorted = [...names].sort();
  // Nearly always.
  if (!sorted.some((name) => textOf(name)?.includes('$('))) return { order: sorted, cycles: [] };
  const known = new Set(sorted);
  const order: string[] = [];
  const cycles: string[][] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (name: string): void => {
    if (state.get(name) === 'open') cycles.push(fromLeast(path.slice(path.indexOf(name))));
    if (state.has(name)) return;
    state.set(name, 'open');
    path.push(name);
    const text = textOf(name);
    if (text?.includes('$(')) for (const other of envReferences(text).sort()) if (known.has(other)) visit(other);
    path.pop();
    state.set(name, 'done');
    order.push(name);
  };
  for (const name of sorted) visit(name);
  return { order, cycles };
}

function fromLeast(cycle: readonly string[]): string[] {
  const least = cycle.reduce((best, name, index) => (name < cycle[best]! ? index : best), 0);
  return [...cycle.slice(least), ...cycle.slice(0, least)];
}
