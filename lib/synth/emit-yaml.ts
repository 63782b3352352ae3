import { stringKey, stringValue } from './yaml-scalar';

/** A key longer than this is written with `? `. @see yaml 2.9.1, dist/stringify/stringifyPair.js */
const MAX_IMPLICIT_KEY_LENGTH = 1024;

/** From here on hashing is faster. */
const MAX_LISTED = 64;

/** Thrown inside the emitter where only the library knows the answer. */
class Unsure extends Error {}
const UNSURE = new Unsure();

/** A value that no manifest can hold. */
export class UnrepresentableValue extends Error {}

/**
 * Writes YAML byte for byte as cdk8s's `Yaml.stringify` does, some thirty times as fast.
 * What it is not sure of (shared references, objects with a class, keys above 1024 characters) goes to cdk8s itself.
 */
export class YamlEmitter {
  /** How many documents went to the library. */
  fallbacks = 0;
  /** What the document holds so far: looking through a short list is faster than hashing objects. */
  private readonly seen: object[] = [];
  private readonly seenBefore = new Set<object>();

  /** @param library `Yaml.stringify` of cdk8s, loaded only when it is needed */
  constructor(private readonly library: () => (document: unknown) => string = cdk8sStringify) {}

  /**
   * The documents as one file.
   * @throws UnrepresentableValue for NaN and the infinities, which JSON and Kubernetes do not have
   */
  file(documents: readonly unknown[]): string {
    let text = '';
    for (let i = 0; i < documents.length; i++) text += (i === 0 ? '' : '---\n') + this.document(documents[i]);
    return text;
  }

  /** One document. */
  document(document: unknown): string {
    this.seen.length = 0;
    this.seenBefore.clear();
    try {
      return `${this.root(document)}\n`;
    } catch (error) {
      if (!(error instanceof Unsure)) throw error;
      this.fallbacks++;
      return this.library()(document);
    }
  }

  private root(document: unknown): string {
    if (Array.isArray(document)) return document.length === 0 ? '[]' : this.list(document, '');
    if (typeof document !== 'object' || document === null) throw UNSURE;
    return this.map(document as Record<string, unknown>, '') || '{}';
  }

  /** Empty for an empty map. */
  private map(map: Record<string, unknown>, indent: string): string {
    this.check(map);
    const prototype = Object.getPrototypeOf(map);
    if ((prototype !== Object.prototype && prototype !== null) || typeof map.toJSON === 'function') throw UNSURE;
    const keys = Object.keys(map);
    const inner = `${indent}  `;
    let text = '';
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const keyText = stringKey(key, indent === '');
      if (keyText.length > MAX_IMPLICIT_KEY_LENGTH) throw UNSURE;
      text += i === 0 ? `${keyText}:` : `\n${indent}${keyText}:`;
      const value = map[key];
      if (typeof value === 'string') text += ` ${stringValue(value, inner)}`;
      else if (typeof value !== 'object' || value === null) text += ` ${scalar(value)}`;
      else if (Array.isArray(value))
        text += value.length === 0 ? this.empty(value, ' []') : `\n${inner}${this.list(value, inner)}`;
      else {
        const nested = this.map(value as Record<string, unknown>, inner);
        text += nested === '' ? ' {}' : `\n${inner}${nested}`;
      }
    }
    return text;
  }

  private list(list: readonly unknown[], indent: string): string {
    this.check(list);
    const inner = `${indent}  `;
    let text = '';
    for (let i = 0; i < list.length; i++) {
      text += i === 0 ? '- ' : `\n${indent}- `;
      const item = list[i];
      if (typeof item === 'string') text += stringValue(item, inner);
      else if (typeof item !== 'object' || item === null) text += scalar(item);
      else if (Array.isArray(item)) text += item.length === 0 ? this.empty(item, '[]') : this.list(item, inner);
      else text += this.map(item as Record<string, unknown>, inner) || '{}';
    }
    return text;
  }

  private empty(list: object, text: string): string {
    this.check(list);
    return text;
  }

  /** An object met twice gets an anchor from the library. */
  private check(node: object): void {
    if (this.seen.includes(node) || (this.seenBefore.size > 0 && this.seenBefore.has(node))) throw UNSURE;
    this.seen.push(node);
    if (this.seen.length < MAX_LISTED) return;
    for (const one of this.seen) this.seenBefore.add(one);
    this.seen.length = 0;
  }
}

function scalar(value: unknown): string {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw new UnrepresentableValue(`${value} is no value that JSON or Kubernetes knows`);
      return Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return 'null';
    default:
      if (value === null) return 'null';
      throw UNSURE;
  }
}

function cdk8sStringify(): (document: unknown) => string {
  const { Yaml } = require('cdk8s') as typeof import('cdk8s');
  return (document) => Yaml.stringify(document);
}
