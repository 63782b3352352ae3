import type { Node, ParseError } from 'jsonc-parser';
import type { Path, Problem } from './problem';

/** Keys that would reach an object's prototype. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** What jsonc-parser calls the errors, for people. */
const WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a word that JSON does not know',
  InvalidNumberFormat: 'a number that JSON does not know',
  PropertyNameExpected: 'a key in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a ":" is missing after the key',
  CommaExpected: 'a "," is missing',
  CloseBraceExpected: 'a "}" is missing',
  CloseBracketExpected: 'a "]" is missing',
  EndOfFileExpected: 'the catalog ends here, but text follows',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfComment: 'JSON has no comments',
  UnexpectedEndOfString: 'the closing quote is missing',
  UnexpectedEndOfNumber: 'the number is cut off',
  InvalidUnicode: 'a \\u is not followed by four hexadecimal digits',
  InvalidEscapeCharacter: 'a backslash is followed by a character that JSON does not escape',
  InvalidCharacter: 'a character that must be escaped, such as a line break in a text',
};

/** Deeper than any field, and far from the depth at which a recursive reader fails. */
const MAX_DEPTH = 100;

/** What a JSON text holds, and what is wrong with it. */
export interface Read {
  /** Absent when the text is not JSON; without the keys that no object may have. */
  readonly value?: unknown;
  readonly problems: readonly Problem[];
  /** Where the objects in the list `services` stand: of each the offset of its first character and of the one behind its last. */
  readonly services?: readonly number[];
}

/** Reads JSON as strictly as JSON.parse, and reports what it would pass over: keys that stand twice, keys that no object may have. */
export function readJson(text: string): Read {
  if (text.trim() === '') {
    return refused({
      code: 'empty-catalog',
      path: [],
      message: 'the catalog is empty',
      fix: 'write an object with platform, clusters and services; the README shows one',
    });
  }
  if (text.startsWith('\uFEFF')) {
    return refused({
      code: 'not-json',
      path: [],
      offset: 0,
      message: 'the catalog starts with a byte order mark',
      fix: 'save it as UTF-8 without a byte order mark',
    });
  }
  const { keys, tooDeepAt, services } = scan(text);
  if (tooDeepAt !== undefined) {
    return refused({
      code: 'too-deep',
      path: [],
      // The place is the offset: a parser of positions would fail at such a depth.
      offset: tooDeepAt,
      message: `lists and objects lie more than ${MAX_DEPTH} deep in each other`,
      fix: 'remove the superfluous brackets',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problems: notJson(text) };
  }
  return { value, problems: keyProblems(text, value, keys), services };
}

const refused = (problem: Problem): Read => ({ problems: [problem] });

function notJson(text: string): Problem[] {
  const { parseTree, printParseErrorCode } = require('jsonc-parser') as typeof import('jsonc-parser');
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  // The first is the cause; what follows comes of it. JSON.parse is the judge: should the other parser see nothing, its place
  // is unknown, but its verdict stands.
  const [{ error, offset } = { error: 0, offset: 0 }] = errors;
  const { at, words } = whereToMend(text, printParseErrorCode(error), offset);
  return [
    {
      code: 'not-json',
      path: [],
      offset: at,
      message: `the catalog is not JSON: ${words}`,
      fix: 'mend it at this place; an editor with JSON support shows it',
    },
  ];
}

/** The parser stops at the next word; a person mends what stands before it. */
function whereToMend(text: string, code: string, offset: number): { readonly at: number; readonly words: string } {
  const words = WORDS[code] ?? 'it cannot be read';
  let before = offset - 1;
  while (before > 0 && ' \n\r\t'.includes(text.charAt(before))) before--;
  if (code === 'CommaExpected') return { at: before, words: `${words} behind this` };
  const isClosing = '}]'.includes(text.charAt(offset)) && offset < text.length;
  if (isClosing && text.charAt(before) === ',' && ['PropertyNameExpected', 'ValueExpected'].includes(code))
    return { at: before, words: 'a "," stands before the closing bracket' };
  return { at: offset, words };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** What one pass over a text finds. */
interface Scan {
  /** How many keys the text has. */
  readonly keys: number;
  readonly tooDeepAt?: number;
  readonly services: readonly number[];
}

/**
 * One pass over the text, without recursion and without a regular expression (long texts would exhaust its stack). What is
 * not JSON gets some answer, and never an exception.
 */
function scan(text: string): Scan {
  let keys = 0;
  let depth = 0;
  const services: number[] = [];
  let isInServices = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const start = at;
        at = endOfString(text, at);
        let next = at + 1;
        while (' \n\r\t'.includes(text.charAt(next)) && next < text.length) next++;
        if (text.charAt(next) !== ':') break;
        keys++;
        if (depth === 1) isInServices = text.startsWith('"services"', start);
        break;
      }
      case OPENING_BRACKET:
      case OPENING_BRACE:
        if (depth === 2 && isInServices && text.charCodeAt(at) === OPENING_BRACE) services.push(at);
        depth++;
        if (depth > MAX_DEPTH) return { keys, tooDeepAt: at, services };
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth--;
        if (depth === 2 && isInServices && text.charCodeAt(at) === CLOSING_BRACE) services.push(at + 1);
        break;
    }
  }
  return { keys, services };
}

/** Offset of the closing quote of the string that opens at `start`; the text's end without one. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** Keys that stand twice in one object (the last would win silently), and keys that no object may have: those are taken out. */
function keyProblems(text: string, value: unknown, keysInText: number): Problem[] {
  const forbidden: Problem[] = [];
  let keys = 0;
  const path: (string | number)[] = [];
  const walk = (node: object): void => {
    if (Array.isArray(node)) {
      for (const [index, item] of node.entries()) {
        if (typeof item !== 'object' || item === null) continue;
        path.push(index);
        walk(item);
        path.pop();
      }
      return;
    }
    for (const key of Object.keys(node)) {
      keys++;
      const child = (node as Record<string, unknown>)[key];
      if (typeof child === 'object' && child !== null) {
        path.push(key);
        walk(child);
        path.pop();
      }
      if (!FORBIDDEN_KEYS.has(key)) continue;
      forbidden.push(forbiddenKey([...path, key]));
      delete (node as Record<string, unknown>)[key];
    }
  };
  if (typeof value === 'object' && value !== null) walk(value);
  return [...forbidden, ...(keys === keysInText ? [] : duplicateKeys(text))];
}

const forbiddenKey = (path: Path): Problem => ({
  code: 'forbidden-key',
  path,
  key: true,
  message: `the key "${path.at(-1)}" is not allowed anywhere`,
  cause: 'In JavaScript it would change what every object is.',
  fix: 'remove it, or choose another name',
});

function duplicateKeys(text: string): Problem[] {
  const { parseTree } = require('jsonc-parser') as typeof import('jsonc-parser');
  const problems: Problem[] = [];
  const walk = (node: Node, path: (string | number)[]): void => {
    if (node.type === 'array') {
      for (const [index, item] of (node.children ?? []).entries()) walk(item, [...path, index]);
      return;
    }
    if (node.type !== 'object') return;
    const seen = new Set<string>();
    for (const property of node.children ?? []) {
      const [key, child] = property.children ?? [];
      const name = String(key?.value);
      if (seen.has(name)) {
        problems.push({
          code: 'duplicate-key',
          path: [...path, name],
          offset: key?.offset,
          message: `the key "${name}" stands twice in one object`,
          cause: 'JSON would take the last one and forget the others without a word.',
          fix: 'keep one of them',
        });
      }
      seen.add(name);
      if (child) walk(child, [...path, name]);
    }
  };
  const tree = parseTree(text);
  if (tree) walk(tree, []);
  return problems;
}
