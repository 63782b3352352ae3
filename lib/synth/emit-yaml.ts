import { toPointer } from '../findings';
import { Refused, stringKey, stringValue, whyNoKey, whyUnwritable } from './yaml-scalar';

/** Kubernetes' own limit is 10,000; JSON.stringify's stack ends somewhere below. No manifest comes near. */
const MAX_DEPTH = 1000;

/** A value that no manifest can hold, with its place in the document. */
export class UnrepresentableValue extends Error {
  /**
   * @param reason what it is
   * @param pointer JSON pointer in the document
   * @param document which of the file's documents, from 0
   */
  constructor(
    readonly reason: string,
    readonly pointer: string,
    readonly document: number,
  ) {
    super(`${pointer === '' ? 'the document' : pointer} is ${reason}`);
  }
}

/**
 * Writes YAML that Go's reader (kubectl, kustomize, Flux) and readers of YAML 1.1 and 1.2 read as the object that
 * `JSON.stringify` writes: members without a value are left out, an object met twice is written twice.
 * Where all of them agree, the bytes are those of cdk8s (docs/decisions/0012-what-flux-reads.md).
 */
export class YamlEmitter {
  /** From the root to here: an object in it again would have no end. */
  private readonly ancestors: object[] = [];

  /**
   * The documents as one file.
   * @throws UnrepresentableValue for what JSON or Unicode does not have: NaN, the infinities, cycles, halves of characters
   */
  file(documents: readonly unknown[]): string {
    let text = '';
    for (let i = 0; i < documents.length; i++) text += (i === 0 ? '' : '---\n') + this.document(documents[i], i);
    return text;
  }

  /** One document. @throws UnrepresentableValue as {@link file} */
  document(document: unknown, index = 0): string {
    this.ancestors.length = 0;
    try {
      return `${this.root(document)}\n`;
    } catch (error) {
      if (error instanceof Refused) throw new UnrepresentableValue(error.message, placeOf(document), index);
      throw error;
    }
  }

  private root(document: unknown): string {
    const value = jsonValue(document);
    if (Array.isArray(value)) return value.length === 0 ? '[]' : this.list(value, '');
    if (typeof value === 'string') return stringValue(value, '  ', true);
    if (typeof value !== 'object' || value === null) return scalar(value);
    return this.map(value as Record<string, unknown>, '') || '{}';
  }

  /** Empty for an empty map. */
  private map(map: Record<string, unknown>, indent: string): string {
    this.enter(map);
    const keys = Object.keys(map);
    const inner = `${indent}  `;
    let text = '';
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      let value = map[key];
      if (typeof value === 'object' && value !== null) value = jsonValue(value);
      else if (value === undefined || typeof value === 'function' || typeof value === 'symbol') continue;
      const keyText = stringKey(key, indent === '');
      text += text === '' ? `${keyText}:` : `\n${indent}${keyText}:`;
      if (typeof value === 'string') text += ` ${stringValue(value, inner)}`;
      else if (typeof value !== 'object' || value === null) text += ` ${scalar(value)}`;
      else if (Array.isArray(value)) text += value.length === 0 ? ' []' : `\n${inner}${this.list(value, inner)}`;
      else {
        const nested = this.map(value as Record<string, unknown>, inner);
        text += nested === '' ? ' {}' : `\n${inner}${nested}`;
      }
    }
    this.ancestors.pop();
    return text;
  }

  private list(list: readonly unknown[], indent: string): string {
    this.enter(list);
    const inner = `${indent}  `;
    let text = '';
    for (let i = 0; i < list.length; i++) {
      text += i === 0 ? '- ' : `\n${indent}- `;
      let item = list[i];
      if (typeof item === 'object' && item !== null) item = jsonValue(item);
      if (typeof item === 'string') text += stringValue(item, inner);
      else if (typeof item !== 'object' || item === null) text += scalar(item);
      else if (Array.isArray(item)) text += item.length === 0 ? '[]' : this.list(item, inner);
      else text += this.map(item as Record<string, unknown>, inner) || '{}';
    }
    this.ancestors.pop();
    return text;
  }

  private enter(node: object): void {
    if (this.ancestors.includes(node)) throw new Refused('a part of itself');
    if (this.ancestors.length === MAX_DEPTH) throw new Refused(`nested more than ${MAX_DEPTH} levels deep`);
    this.ancestors.push(node);
  }
}

/** What JSON makes of an object with a class. */
function jsonValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return (value as { toJSON(): unknown }).toJSON();
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return value;
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return value.valueOf();
  // JSON would write `{}` for a Map, and lose what is in it.
  if (Symbol.iterator in value || value instanceof RegExp || value instanceof WeakMap || value instanceof WeakSet)
    throw new Refused(`a ${value.constructor.name}, which JSON does not have`);
  return value;
}

function scalar(value: unknown): string {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw new Refused(`${value}, which JSON does not have`);
      return number(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      throw new Refused('a bigint, which JSON does not have');
    default:
      return 'null';
  }
}

/** Readers of YAML 1.1 want a point where there is an exponent, and know no negative zero. @see YAML 1.1, float */
function number(value: number): string {
  const text = String(value);
  const exponent = text.indexOf('e');
  if (exponent === -1 || text.includes('.')) return text;
  return `${text.slice(0, exponent)}.0${text.slice(exponent)}`;
}

/** Place of the first value that the emitter refuses, as a JSON pointer. */
function placeOf(document: unknown): string {
  const ancestors: object[] = [];
  const find = (value: unknown): string[] | undefined => {
    try {
      const plain = jsonValue(value);
      if (typeof plain === 'string') return whyUnwritable(plain) === undefined ? undefined : [];
      if (typeof plain !== 'object' || plain === null) {
        scalar(plain);
        return undefined;
      }
      if (ancestors.includes(plain) || ancestors.length === MAX_DEPTH) return [];
      ancestors.push(plain);
      for (const [key, child] of Object.entries(plain)) {
        const below = whyNoKey(key) === undefined ? find(child) : [];
        if (below) return [key, ...below];
      }
      ancestors.pop();
      return undefined;
    } catch (error) {
      if (error instanceof Refused) return [];
      throw error;
    }
  };
  return toPointer(find(document) ?? []);
}
