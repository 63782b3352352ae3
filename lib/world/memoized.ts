/** What a memoized getter keeps for "undefined", which itself means "not computed yet". */
const nothing = Symbol('nothing');

/** A view whose getters, as far as `memoize` names them, are computed once. */
export abstract class Memoized {
  /** One place a getter; read by `memoize` alone. */
  readonly memo: unknown[] = [];
}

/**
 * Makes getters of a class compute once for each instance: rules ask the same of a view a hundred times. The getters must
 * not be asked before what they read is complete.
 * @throws TypeError when the class has no getter of a name
 */
export function memoize<T extends Memoized>(
  type: { readonly prototype: T },
  names: readonly (Exclude<keyof T, keyof Memoized> & string)[],
): void {
  names.forEach((name, index) => {
    const compute = Object.getOwnPropertyDescriptor(type.prototype, name)?.get;
    if (!compute) throw new TypeError(`there is no getter "${name}"`);
    Object.defineProperty(type.prototype, name, {
      configurable: true,
      get(this: T): unknown {
        const known = this.memo[index];
        if (known !== undefined) return known === nothing ? undefined : known;
        const value: unknown = compute.call(this);
        this.memo[index] = value === undefined ? nothing : value;
        return value;
      },
    });
  });
}
