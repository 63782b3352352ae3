/**
 * Depth in the call graph: 0 calls nobody, else one more than the deepest callee. Services that call each other in a
 * circle share a depth. An installation goes up the depths.
 * @param graph whom each service calls
 */
export function depths(graph: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const components = stronglyConnected(graph);
  const depth = new Map<string, number>();
  // Components come callees first, so every depth that is asked for is known.
  for (const component of components) {
    const members = new Set(component);
    const outside = component.flatMap((name) =>
      graph.get(name)!.filter((callee) => !members.has(callee) && graph.has(callee)),
    );
    const level = outside.reduce((deepest, callee) => Math.max(deepest, depth.get(callee)! + 1), 0);
    for (const name of component) depth.set(name, level);
  }
  return depth;
}

/** Tarjan's algorithm without recursion: a chain of ten thousand calls must not overflow the stack. */
function stronglyConnected(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const onStack = new Set<string>();
  const stack: string[] = [];
  const components: string[][] = [];
  for (const root of graph.keys()) {
    if (index.has(root)) continue;
    const work: { name: string; next: number }[] = [{ name: root, next: 0 }];
    while (work.length > 0) {
      const frame = work.at(-1)!;
      const { name } = frame;
      if (frame.next === 0) {
        index.set(name, index.size);
        low.set(name, index.get(name)!);
        stack.push(name);
        onStack.add(name);
      }
      const callee = graph.get(name)?.[frame.next++];
      if (callee !== undefined) {
        if (!graph.has(callee)) continue;
        if (!index.has(callee)) work.push({ name: callee, next: 0 });
        else if (onStack.has(callee)) low.set(name, Math.min(low.get(name)!, index.get(callee)!));
        continue;
      }
      work.pop();
      const caller = work.at(-1)?.name;
      if (caller !== undefined) low.set(caller, Math.min(low.get(caller)!, low.get(name)!));
      if (low.get(name) !== index.get(name)) continue;
      const component: string[] = [];
      for (let member = stack.pop()!; ; member = stack.pop()!) {
        onStack.delete(member);
        component.push(member);
        if (member === name) break;
      }
      components.push(component);
    }
  }
  return components;
}
