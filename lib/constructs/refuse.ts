/** Throws with everything that is wrong, in one sentence a thing. */
export function refuse(what: string, wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(`${what}: ${wrong.join('; ')}`);
}

/** Throws where props are missing or have names that do not exist: callers without types have no compiler. */
export function refuseUnknown(what: string, props: unknown, known: readonly string[] | ReadonlySet<string>): void {
  if (typeof props !== 'object' || props === null || Array.isArray(props))
    throw new Error(`${what}: props are missing: they are an object with ${[...known].slice(0, 4).join(', ')} …`);
  const names = known instanceof Set ? known : new Set(known);
  refuse(
    what,
    Object.keys(props)
      .filter((name) => !names.has(name))
      .map((name) => `${name} does not exist; there are ${[...known].join(', ')}`),
  );
}
