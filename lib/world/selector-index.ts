import { type LabelSelector, matchesLabels } from '../kube';

type Labels = Readonly<Record<string, string>>;

/** Things with a label selector, found by the labels that they select: looks only at those that share a label. */
export class SelectorIndex<T> {
  private readonly byPair = new Map<string, { selector: LabelSelector; item: T }[]>();
  private readonly byScope = new Map<string, { selector: LabelSelector; item: T }[]>();

  get isEmpty(): boolean {
    return this.byPair.size === 0 && this.byScope.size === 0;
  }

  /** Adds a selector; a scope is usually a namespace. */
  add(scope: string, selector: LabelSelector, item: T): void {
    const pair = Object.entries(selector.matchLabels ?? {})[0];
    const [map, key] = pair ? [this.byPair, pairKey(scope, ...pair)] : [this.byScope, scope];
    const list = map.get(key);
    if (list) list.push({ selector, item });
    else map.set(key, [{ selector, item }]);
  }

  /** Everything in the scope whose selector matches the labels. */
  matching(scope: string, labels: Labels): T[] {
    const found: T[] = [];
    if (this.isEmpty) return found;
    const look = (list: readonly { selector: LabelSelector; item: T }[] | undefined) => {
      for (const { selector, item } of list ?? []) if (matchesLabels(selector, labels)) found.push(item);
    };
    look(this.byScope.get(scope));
    for (const pair of Object.entries(labels)) look(this.byPair.get(pairKey(scope, ...pair)));
    return found;
  }
}

/** Things with labels, found by a selector's `matchLabels`: looks only at the rarest of its labels. */
export class LabelIndex<T> {
  private readonly byPair = new Map<string, { labels: Labels; item: T }[]>();
  private readonly byScope = new Map<string, { labels: Labels; item: T }[]>();

  add(scope: string, labels: Labels, item: T): void {
    const entry = { labels, item };
    push(this.byScope, scope, entry);
    for (const pair of Object.entries(labels)) push(this.byPair, pairKey(scope, ...pair), entry);
  }

  /** Everything in the scope whose labels satisfy the selector. */
  matching(scope: string, selector: LabelSelector): T[] {
    let fewest = this.byScope.get(scope) ?? [];
    for (const pair of Object.entries(selector.matchLabels ?? {})) {
      const list = this.byPair.get(pairKey(scope, ...pair)) ?? [];
      if (list.length < fewest.length) fewest = list;
    }
    return fewest.filter(({ labels }) => matchesLabels(selector, labels)).map(({ item }) => item);
  }
}

function pairKey(scope: string, key: string, value: string): string {
  return `${scope}\n${key}\n${value}`;
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
