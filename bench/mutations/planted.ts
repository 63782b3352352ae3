import { isFields, type KubeObject } from '../../lib/kube';
import type { WorldInput } from '../../lib/world';

/** Where the failure modes are planted: kinds and the name of the object that a mutation means, unless it says `Kind/name`. */
const nameOf: Readonly<Record<string, string>> = {
  AlertProvider: 'on-call',
  HelmRelease: 'flagger',
  Kustomization: 'apps-wave-3',
  PeerAuthentication: 'default',
};

/** A copy of the sound tree in which a mutation changes single fields. */
export class Planted {
  readonly inputs: WorldInput[];

  constructor(sound: readonly WorldInput[]) {
    this.inputs = sound.map(({ object, place }) => ({ object: structuredClone(object), place }));
  }

  /** Sets the field at a dotted path, a number for an item, `\.` for a dot in a key; undefined removes it. */
  set(kind: string, path: string, value: unknown): void {
    const keys = path.split(/(?<!\\)\./).map((key) => key.replaceAll('\\.', '.'));
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((node, key) => child(node, key, path), this.object(kind));
    if (!isFields(parent) && !Array.isArray(parent)) throw new Error(`nothing holds ${path} of ${kind}`);
    if (value === undefined) {
      if (!Reflect.has(parent, last)) throw new Error(`${kind} has no ${path} to remove`);
      Reflect.deleteProperty(parent, last);
    } else Reflect.set(parent, last, value);
  }

  append(kind: string, path: string, value: unknown): void {
    const list = path.split('.').reduce<unknown>((node, key) => child(node, key, path), this.object(kind));
    if (!Array.isArray(list)) throw new Error(`${path} of ${kind} is no list`);
    list.push(value);
  }

  add(object: KubeObject & Readonly<Record<string, unknown>>): void {
    this.inputs.push({ object, place: { file: 'planted.yaml' } });
  }

  /** Takes an object out of the tree. */
  remove(kind: string): void {
    const object = this.object(kind);
    this.inputs.splice(
      this.inputs.findIndex((input) => input.object === object),
      1,
    );
  }

  private object(what: string): KubeObject {
    const [kind = '', name = nameOf[kind] ?? 'frontend'] = what.split('/');
    const found = this.inputs.find(({ object }) => object.kind === kind && object.metadata.name === name);
    if (!found) throw new Error(`the sound tree has no ${kind} "${name}"`);
    return found.object;
  }
}

function child(node: unknown, key: string, path: string): unknown {
  if (isFields(node) || Array.isArray(node)) return Reflect.get(node, key);
  throw new Error(`nothing at "${key}" of ${path}`);
}
