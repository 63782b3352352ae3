import { isDeepStrictEqual } from 'node:util';
import { compareQuantities, type Fields, isFields, type KubeObject, parseGoDuration, parseQuantity } from '../kube';
import { withoutDefaults } from './defaults';

/** One field that differs. */
export interface FieldChange {
  /** For people: `spec.template.spec.containers[server].image`. */
  readonly path: string;
  /** JSON pointer into the object as it is after the change, before it where the field is gone. */
  readonly pointer: string;
  /** Undefined where the field is new. */
  readonly before?: unknown;
  /** Undefined where the field is gone. */
  readonly after?: unknown;
  /** Only the order differs, and it has a meaning. */
  readonly isOrder?: boolean;
  /** The value is a secret's: it is not shown. */
  readonly isSecret?: boolean;
  /** Follows from other changes (digests of releases): nobody has written it. */
  readonly isDerived?: boolean;
}

/** Which fields tell the items of a list apart, by the field that holds the list. Without an entry: `name`, where all have one. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  dependsOn: ['namespace', 'name'],
  healthChecks: ['kind', 'namespace', 'name'],
  healthCheckExprs: ['apiVersion', 'kind'],
  subjects: ['kind', 'namespace', 'name'],
  ownerReferences: ['uid'],
  substituteFrom: ['kind', 'name'],
  valuesFrom: ['kind', 'name', 'targetPath'],
};
/** A port is told apart by its number, or by its name where numbers change. */
const PORT_KEYS = [
  ['containerPort', 'protocol'],
  ['port', 'protocol'],
  ['number', 'protocol'],
];
/** Lists in which the order has no meaning. */
const SETS = new Set(
  (
    'hosts gateways policyTypes accessModes add drop verbs resources apiGroups resourceNames nonResourceURLs finalizers namespaces ' +
    'principals notPrincipals exportTo cidrs tolerations rules subjects ingress egress from to policyTypes imagePullSecrets ' +
    'supplementalGroups domains versions shortNames categories dnsNames'
  ).split(' '),
);
/** Kinds whose `rules`, `from`, `to` are tried in their order. */
const ORDERED_KINDS = new Set(['VirtualService', 'HTTPRoute', 'GRPCRoute', 'Ingress']);
/** Lists of named items whose order is a program's. */
const ORDERED_LISTS = new Set(['initContainers', 'http', 'webhooks', 'match', 'matches', 'postRenderers']);
const QUANTITIES = new Set(['limits', 'requests', 'capacity', 'hard', 'min', 'max', 'default', 'defaultRequest']);
const QUANTITY_FIELDS = new Set(['sizeLimit', 'averageValue', 'storage']);
const DURATIONS = /(^|\.)(interval|timeout|retryInterval|duration|.*[a-z](Interval|Timeout|Duration))$/;
/** Values that follow from the rest of a release. */
const DERIVED =
  /^metadata\.(annotations\.aviary\.dev\/release-(digest|checksum)|labels\.(app\.kubernetes\.io\/version|helm\.sh\/chart))$/;
const SECRET_NAME = /pass(word|wd|phrase)?|secret|token|api_?key|private_?key|credential/i;

/** What differs between two states of one object, by meaning: nothing where the API server makes the same of both. */
export function compareObjects(before: KubeObject, after: KubeObject): FieldChange[] {
  if (before === after || isDeepStrictEqual(before, after)) return [];
  const changes: FieldChange[] = [];
  new Comparison(after.kind, changes).compare(withoutDefaults(before), withoutDefaults(after), [], [], '');
  return changes;
}

class Comparison {
  private readonly isSecret: boolean;

  constructor(
    private readonly kind: string,
    private readonly changes: FieldChange[],
  ) {
    this.isSecret = kind === 'Secret';
  }

  /** @param path for people; @param pointer into the later object */
  compare(before: unknown, after: unknown, path: readonly string[], pointer: readonly string[], list: string): void {
    if (this.isSame(before, after, path)) return;
    if (isFields(before) && isFields(after)) this.compareFields(before, after, path, pointer);
    else if (Array.isArray(before) && Array.isArray(after)) this.compareLists(before, after, path, pointer, list);
    else if (isFields(before) && after === undefined && this.isTextMap(path))
      this.compareFields(before, {}, path, pointer);
    else if (before === undefined && isFields(after) && this.isTextMap(path))
      this.compareFields({}, after, path, pointer);
    else this.add(before, after, path, pointer);
  }

  /** Labels, annotations, data: their keys are the changes, whether the map was there or not. */
  private isTextMap(path: readonly string[]): boolean {
    return ['labels', 'annotations', 'data', 'matchLabels'].includes(path.at(-1) ?? '');
  }

  private compareFields(before: Fields, after: Fields, path: readonly string[], pointer: readonly string[]): void {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      this.compare(own(before, key), own(after, key), [...path, key], [...pointer, key], key);
  }

  private compareLists(
    before: readonly unknown[],
    after: readonly unknown[],
    path: readonly string[],
    pointer: readonly string[],
    list: string,
  ): void {
    const keyOf = keyFor(list, before, after);
    if (keyOf) {
      this.compareByKey(before, after, keyOf, path, pointer, list);
      return;
    }
    if (this.isSet(list)) {
      const [gone, come] = multisetDifference(before, after);
      if (gone.length === 0 && come.length === 0) return;
      // One item that became another one is shown field by field.
      if (gone.length === 1 && come.length === 1 && isFields(gone[0]) && isFields(come[0])) {
        const index = after.indexOf(come[0]);
        this.compare(gone[0], come[0], at(path, index), [...pointer, String(index)], '');
        return;
      }
      for (const item of gone) this.add(item, undefined, at(path, before.indexOf(item)), [...pointer]);
      for (const item of come)
        this.add(undefined, item, at(path, after.indexOf(item)), [...pointer, String(after.indexOf(item))]);
      return;
    }
    // Words of a command, lines of a file: the whole is what one reads.
    if ([...before, ...after].every((item) => !isFields(item) && !Array.isArray(item))) {
      this.add(before, after, path, pointer);
      return;
    }
    const length = Math.max(before.length, after.length);
    for (let index = 0; index < length; index++)
      this.compare(before[index], after[index], at(path, index), [...pointer, String(index)], '');
  }

  private compareByKey(
    before: readonly unknown[],
    after: readonly unknown[],
    keyOf: (item: unknown) => string,
    path: readonly string[],
    pointer: readonly string[],
    list: string,
  ): void {
    const were = new Map(before.map((item) => [keyOf(item), item]));
    const are = new Map(after.map((item, index) => [keyOf(item), { item, index }]));
    for (const [key, item] of were) if (!are.has(key)) this.add(item, undefined, at(path, key), pointer);
    for (const [key, { item, index }] of are)
      this.compare(were.get(key), item, at(path, key), [...pointer, String(index)], '');
    if (!this.hasOrder(list, before, after)) return;
    const common = (keys: Iterable<string>) => [...keys].filter((key) => were.has(key) && are.has(key));
    const [first, second] = [common(were.keys()), common(are.keys())];
    if (!isDeepStrictEqual(first, second))
      this.changes.push({
        path: join(path),
        pointer: toPointer(pointer),
        before: first,
        after: second,
        isOrder: true,
      });
  }

  /** A variable may use those that stand before it. */
  private hasOrder(list: string, before: readonly unknown[], after: readonly unknown[]): boolean {
    if (list === 'env') return /\$\(/.test(JSON.stringify([before, after]));
    return ORDERED_LISTS.has(list);
  }

  private isSet(list: string): boolean {
    return SETS.has(list) && !(ORDERED_KINDS.has(this.kind) && list !== 'hosts' && list !== 'gateways');
  }

  private isSame(before: unknown, after: unknown, path: readonly string[]): boolean {
    if (before === after) return true;
    if (typeof before === 'object' || typeof after === 'object') return isDeepStrictEqual(before, after);
    const [a, b] = [String(before), String(after)];
    if (before === undefined || after === undefined) return false;
    if (QUANTITIES.has(path.at(-2) ?? '') || QUANTITY_FIELDS.has(path.at(-1) ?? '')) {
      const [first, second] = [parseQuantity(a), parseQuantity(b)];
      return first.ok && second.ok && compareQuantities(first.value, second.value) === 0;
    }
    if (typeof before !== 'string' || typeof after !== 'string' || !DURATIONS.test(path.at(-1) ?? '')) return false;
    const [first, second] = [parseGoDuration(a), parseGoDuration(b)];
    return first.ok && second.ok && first.value === second.value;
  }

  private add(before: unknown, after: unknown, path: readonly string[], pointer: readonly string[]): void {
    const text = join(path);
    const isSecret = (this.isSecret && /^(data|stringData)\b/.test(text)) || hidesSecret(path, before, after);
    this.changes.push({
      path: text,
      pointer: toPointer(pointer),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(isSecret ? { isSecret } : {}),
      ...(DERIVED.test(text) ? { isDerived: true } : {}),
    });
  }
}

/** A variable or key whose name says that its value is one. */
function hidesSecret(path: readonly string[], before: unknown, after: unknown): boolean {
  const named = path.find((step) => step.startsWith('env['))?.slice(4, -1) ?? path.at(-1) ?? '';
  const isText = [before, after].some((value) => typeof value === 'string' || (isFields(value) && 'value' in value));
  // The name of a Secret, or of a key in one, is none.
  return isText && SECRET_NAME.test(named) && !/(Name|Ref|name|key)$/.test(path.at(-1) ?? '');
}

function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** How to tell the items of two lists apart; undefined where they have no key that is unique in both. */
function keyFor(
  list: string,
  before: readonly unknown[],
  after: readonly unknown[],
): ((item: unknown) => string) | undefined {
  if (![...before, ...after].every(isFields)) return undefined;
  const known = KEYS[list];
  const candidates = known ? [known] : [...(list === 'ports' || list === 'servers' ? PORT_KEYS : []), ['name']];
  for (const fields of candidates) {
    const keyOf = (item: unknown) =>
      fields
        .map((field) => (item as Fields)[field])
        .filter((part) => part !== undefined)
        .join('/');
    const isKey = [before, after].every((items) => {
      const keys = items.map(keyOf);
      return (
        new Set(keys).size === items.length && !keys.includes('') && !items.some((item) => isBare(item, fields[0]!))
      );
    });
    if (isKey || (known && [before, after].every((items) => new Set(items.map(keyOf)).size === items.length)))
      return keyOf;
  }
  return undefined;
}

const isBare = (item: unknown, field: string): boolean => (item as Fields)[field] === undefined;

function multisetDifference(before: readonly unknown[], after: readonly unknown[]): [unknown[], unknown[]] {
  const left = new Map<string, unknown[]>();
  for (const item of before) {
    const key = canonical(item);
    left.set(key, [...(left.get(key) ?? []), item]);
  }
  const come = after.filter((item) => left.get(canonical(item))?.shift() === undefined);
  return [[...left.values()].flat(), come];
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    isFields(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}

/** The path of an item: `containers[server]`. */
function at(path: readonly string[], key: string | number): string[] {
  return [...path.slice(0, -1), `${path.at(-1) ?? ''}[${key}]`];
}

function join(path: readonly string[]): string {
  return path.join('.');
}

function toPointer(parts: readonly string[]): string {
  return parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
