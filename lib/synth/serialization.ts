import {
  ApiObject,
  ApiObjectMetadataDefinition,
  App,
  ImplicitTokenResolver,
  LazyResolver,
  NumberStringUnionResolver,
} from 'cdk8s';

/** Thrown where only cdk8s itself knows the answer. */
const UNSURE = new Error('not plain data');

/** What cdk8s keeps in private fields. */
interface ObjectInternals {
  readonly props: Readonly<Record<string, unknown>>;
  readonly patches: readonly unknown[];
}
interface MetadataInternals {
  readonly _additionalAttributes: Readonly<Record<string, unknown>>;
  readonly labels: unknown;
  readonly annotations: unknown;
  readonly finalizers: unknown;
  readonly ownerReferences: unknown;
}

let isInstalled = false;

/**
 * Lets `ApiObject.toJson` take one pass over plain data in place of cdk8s's four, each of which looks up the app and
 * copies the path at every value. Whatever is not plain (Lazy values, tokens, classes, patches, resolvers of one's own) goes
 * to cdk8s's own method, so the result is the same; a property test holds the two against each other.
 * @see cdk8s 2.70.106 lib/api-object.js (toJson), lib/metadata.js, lib/resolve.js, lib/_util.js (sanitizeValue)
 */
export function installSerialization(): void {
  if (isInstalled) return;
  isInstalled = true;
  const original = ApiObject.prototype.toJson;
  ApiObject.prototype.toJson = function toJson(this: ApiObject): unknown {
    try {
      return serialize(this);
    } catch (error) {
      if (error !== UNSURE) throw error;
      return original.call(this);
    }
  };
}

function serialize(object: ApiObject): unknown {
  const { props, patches } = object as unknown as ObjectInternals;
  if (!isPlain(props) || patches.length > 0 || !isUsual(App.of(object))) throw UNSURE;
  // The order in which cdk8s writes the first level.
  const result: Record<string, unknown> = {};
  const values: Record<string, unknown> = { ...props, metadata: metadataOf(object.metadata) };
  for (const key of ['apiVersion', 'kind', 'metadata', ...Object.keys(values).sort()]) {
    if (Object.hasOwn(result, key)) continue;
    if (key === '__proto__') throw UNSURE;
    const value = key === 'metadata' ? values[key] : plain(values[key], false);
    if (value !== undefined && value !== null) result[key] = value;
  }
  return result;
}

function metadataOf(metadata: ApiObjectMetadataDefinition): unknown {
  if (Object.getPrototypeOf(metadata) !== ApiObjectMetadataDefinition.prototype) throw UNSURE;
  const { _additionalAttributes, annotations, finalizers, ownerReferences, labels } =
    metadata as unknown as MetadataInternals;
  const { name, namespace } = metadata;
  return plain({ ..._additionalAttributes, name, namespace, annotations, finalizers, ownerReferences, labels }, true);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && value.constructor === Object;
}

/** As cdk8s resolves and cleans a value: keys sorted, null left out; with `noEmpty` empty maps and lists, too. */
function plain(value: unknown, noEmpty: boolean): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'undefined':
      return undefined;
    case 'object':
      break;
    default:
      throw UNSURE;
  }
  if (value === null) return undefined;
  if (Array.isArray(value)) return plainList(value, noEmpty);
  if (value.constructor !== Object) return union(value);
  const keys = Object.keys(value);
  sort(keys);
  const result: Record<string, unknown> = {};
  let isEmpty = true;
  for (const key of keys) {
    if (key === '__proto__') throw UNSURE;
    const item = plain((value as Record<string, unknown>)[key], noEmpty);
    if (item === undefined) continue;
    result[key] = item;
    isEmpty = false;
  }
  return noEmpty && isEmpty ? undefined : result;
}

function plainList(list: readonly unknown[], noEmpty: boolean): unknown {
  if (typeof (list as { resolve?: unknown }).resolve === 'function' || 'value' in list) throw UNSURE;
  if (noEmpty && list.length === 0) return undefined;
  return list.map((item) => plain(item, noEmpty));
}

/** A class that stands for a number or a text, such as IntOrString: its value in a map, which generated code reads. */
function union(object: object): unknown {
  if ('resolve' in object || 'produce' in object) throw UNSURE;
  const { value } = object as { value?: unknown };
  if (typeof value !== 'number' && typeof value !== 'string') throw UNSURE;
  return { value };
}

/** Most keys come in order: then there is nothing to do. */
function sort(keys: string[]): void {
  for (let i = 1; i < keys.length; i++) {
    if (keys[i - 1]! > keys[i]!) {
      keys.sort();
      return;
    }
  }
}

const judged = new WeakMap<App, boolean>();

/** Whether the app has cdk8s's three resolvers and no other, and nobody wants the keys unsorted. */
function isUsual(app: App): boolean {
  let isOwn = judged.get(app);
  if (isOwn === undefined) {
    const own: readonly unknown[] = [LazyResolver, NumberStringUnionResolver, ImplicitTokenResolver];
    isOwn = !process.env.CDK8S_DISABLE_SORT && app.resolvers.every((resolver) => own.includes(resolver.constructor));
    judged.set(app, isOwn);
  }
  return isOwn;
}
