import { type LabelSelector, matchesLabels } from '../kube';
import { computedOnce, ListsByName, push } from './by-name';

type Labels = Readonly<Record<string, string>>;

interface Selecting<T> {
  readonly selector: LabelSelector;
  readonly item: T;
}

interface Labelled<T> {
  readonly labels: Labels;
  readonly item: T;
}

/** Things with a label selector, found by the labels that they select: looks only at those that share a label. */
export class SelectorIndex<T> {
  /** By the first label that the selector asks for: its key, then the scope and the value, or each value of a list. */
  private readonly byKey = new Map<string, ListsByName<Selecting<T>>>();
  /** Those that ask for no label's value. */
  private readonly byScope = new Map<string, Selecting<T>[]>();

  /** Adds a selector; a scope is usually a namespace. */
  add(scope: string, selector: LabelSelector, item: T): void {
    const { matchLabels = {}, matchExpressions } = selector;
    for (const key in matchLabels) {
      this.withKey(key).add(scope, matchLabels[key]!, { selector, item });
      return;
    }
    const list = matchExpressions?.find(({ operator }) => operator === 'In');
    if (list) for (const value of new Set(list.values)) this.withKey(list.key).add(scope, value, { selector, item });
    else push(this.byScope, scope, { selector, item });
  }

  private withKey(key: string): ListsByName<Selecting<T>> {
    return computedOnce(this.byKey, key, () => new ListsByName());
  }

  /** Everything in the scope whose selector matches the labels. */
  matching(scope: string, labels: Labels): readonly T[] {
    let found = addMatching(this.byScope.get(scope), labels, undefined);
    for (const [key, lists] of this.byKey)
      if (Object.hasOwn(labels, key)) found = addMatching(lists.get(scope, labels[key]!), labels, found);
    return found ?? none;
  }
}

const none: readonly never[] = [];

/** Adds what matches; most ask in vain, so there is a list from the first match on only. */
function addMatching<T>(
  candidates: readonly Selecting<T>[] | undefined,
  labels: Labels,
  found: T[] | undefined,
): T[] | undefined {
  if (!candidates) return found;
  let all = found;
  for (const { selector, item } of candidates)
    if (matchesLabels(selector, labels))
      if (all) all.push(item);
      else all = [item];
  return all;
}

/** Things with labels, found by a selector's `matchLabels`: looks only at those that share the rarest of these labels. */
export class LabelIndex<T> {
  private readonly all: { readonly scope: string; readonly thing: Labelled<T> }[] = [];
  private readonly byScope = new Map<string, Labelled<T>[]>();
  /** By the keys that selectors have asked for: its key, then the scope and the value. */
  private readonly byKey = new Map<string, ListsByName<Labelled<T>>>();

  /** Everything has to be added before the first question. */
  add(scope: string, labels: Labels, item: T): void {
    const thing = { labels, item };
    this.all.push({ scope, thing });
    push(this.byScope, scope, thing);
  }

  /** Everything in the scope whose labels satisfy the selector. */
  matching(scope: string, selector: LabelSelector): T[] {
    let fewest: readonly Labelled<T>[] = this.byScope.get(scope) ?? [];
    const matchLabels = selector.matchLabels ?? {};
    for (const key in matchLabels) {
      const list = this.withKey(key).get(scope, matchLabels[key]!) ?? [];
      if (list.length < fewest.length) fewest = list;
      // It pays to know the label of the service, and not those that all services have.
      if (fewest.length <= FEW) break;
    }
    return fewest.filter(({ labels }) => matchesLabels(selector, labels)).map(({ item }) => item);
  }

  private withKey(key: string): ListsByName<Labelled<T>> {
    const known = this.byKey.get(key);
    if (known) return known;
    const lists = computedOnce(this.byKey, key, () => new ListsByName());
    for (const { scope, thing } of this.all) {
      const value = Object.hasOwn(thing.labels, key) ? thing.labels[key] : undefined;
      if (value !== undefined) lists.add(scope, value, thing);
    }
    return lists;
  }
}

/** So many are looked at one by one. */
const FEW = 4;
