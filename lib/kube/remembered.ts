/** More texts than this are parsed each time: memory stays bounded. */
const MAX_REMEMBERED = 1000;

/** The function, asked once for each text: a catalog of thousands of services has a handful of durations and quantities. */
export function remembered<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const earlier = known.get(text);
    if (earlier !== undefined) return earlier;
    const parsed = parse(text);
    if (known.size < MAX_REMEMBERED) known.set(text, parsed);
    return parsed;
  };
}

/** The function, asked once for each object and for as long as that lives: what many rules ask of one world, or of one object. */
export function rememberedFor<K extends object, T>(compute: (key: K) => T): (key: K) => T {
  const known = new WeakMap<K, { readonly value: T }>();
  return (key) => {
    const earlier = known.get(key);
    if (earlier) return earlier.value;
    const value = compute(key);
    known.set(key, { value });
    return value;
  };
}
