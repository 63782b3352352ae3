import type { CheckedCatalog } from './checked-catalog';

/** A letter, digit or hyphen that is written as an escape: a name could hide behind it. */
const HIDDEN_LETTER = /\\u00(?:2d|3\d|6[1-9a-f]|7[0-9a])/i;

/**
 * Which services name others in what the catalog says of them. Answered from the catalog's text: one pass over it costs less
 * than to write out ten thousand services.
 */
export class Mentions {
  private readonly catalog: CheckedCatalog['catalog'];
  private readonly text: string;
  private readonly places: readonly number[];

  private constructor({ catalog, text }: CheckedCatalog, places: readonly number[]) {
    this.catalog = catalog;
    this.text = text;
    this.places = places;
  }

  /** Undefined where the text alone does not tell. */
  static of(checked: CheckedCatalog): Mentions | undefined {
    const { text, services } = checked;
    return services === undefined || HIDDEN_LETTER.test(text) ? undefined : new Mentions(checked, services);
  }

  /** The services that name one of these, alone or with something behind (`cart`, `cart-primary`), in any cluster; these themselves, too. */
  naming(names: ReadonlySet<string>): Set<string> {
    const found = new Set(names);
    if (names.size === 0) return found;
    const pattern = new RegExp(`(?:${[...names].join('|')})(?![a-z0-9])`, 'g');
    const places = (text: string): number[] =>
      [...text.matchAll(pattern)].flatMap(({ index }) => (isBeginning(text, index) ? [index] : []));
    for (const offset of places(this.text)) {
      const service = this.serviceAt(offset);
      if (service !== undefined) found.add(service);
    }
    const isNamed = (value: unknown): boolean => places(JSON.stringify([value])).length > 0;
    const { services, defaults, clusters, patches = [] } = this.catalog;
    if (isNamed([defaults, clusters.map((cluster) => cluster.defaults)]))
      for (const { name } of services) found.add(name);
    for (const { services: overrides = {} } of clusters)
      for (const [name, override] of Object.entries(overrides)) if (isNamed(override)) found.add(name);
    for (const { target, operations } of patches)
      if (isNamed(operations)) for (const owner of beginnings(target.name)) found.add(owner);
    return found;
  }

  /** The service in whose text an offset lies. */
  private serviceAt(offset: number): string | undefined {
    const { places } = this;
    let low = 0;
    let high = places.length / 2;
    // The last one that begins at the offset or before it.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[2 * middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    const index = low - 1;
    return index >= 0 && offset < places[2 * index + 1]! ? this.catalog.services[index]!.name : undefined;
  }
}

/**
 * Whether a word begins there, also behind the escape of a line break. In code, as a pattern that looks behind itself is
 * tried at every character.
 */
function isBeginning(text: string, offset: number): boolean {
  return !/[a-z0-9-]/.test(text.charAt(offset - 1)) || /\\[bfnrt]/.test(text.slice(Math.max(0, offset - 2), offset));
}

/** A name and what it begins with, part by part: `cart-redis-config`, `cart-redis`, `cart`. */
export function* beginnings(name: string): Generator<string> {
  for (let end = name.length; end > 0; end = name.lastIndexOf('-', end - 1)) yield name.slice(0, end);
}
