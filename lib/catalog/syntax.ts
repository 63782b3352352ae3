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

/** Why a text is not JSON: every place, the first first. Nothing for JSON. */
export function syntaxProblems(text: string): Problem[] {
  if (text.trim() === '') {
    return [
      {
        code: 'empty-catalog',
        path: [],
        message: 'the catalog is empty',
        fix: 'write an object with platform, clusters and services; the README shows one',
      },
    ];
  }
  if (text.startsWith('\uFEFF')) {
    return [
      {
        code: 'not-json',
        path: [],
        offset: 0,
        message: 'the catalog starts with a byte order mark',
        fix: 'save it as UTF-8 without a byte order mark',
      },
    ];
  }
  try {
    JSON.parse(text);
    return [];
  } catch {
    const { parseTree, printParseErrorCode } = require('jsonc-parser') as typeof import('jsonc-parser');
    const errors: ParseError[] = [];
    parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
    const first = errors.slice(0, 20);
    // JSON.parse is the judge; should the other parser not see it, its place is unknown but its verdict stands.
    if (first.length === 0) first.push({ error: 0, offset: 0, length: 0 } as unknown as ParseError);
    return first.map(({ error, offset }) => {
      const words = WORDS[printParseErrorCode(error)];
      return {
        code: 'not-json',
        path: [],
        offset,
        message: `the catalog is not JSON: ${words ?? 'it cannot be read'}`,
        fix: 'mend it at this place; an editor with JSON support shows it',
      };
    });
  }
}

/** Keys that stand twice in one object (the last would win silently), and keys that no object may have. */
export function keyProblems(text: string, value: unknown): Problem[] {
  const forbidden: Problem[] = [];
  let keys = 0;
  const walk = (node: unknown, path: (string | number)[]): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const [index, item] of node.entries()) if (typeof item === 'object') walk(item, [...path, index]);
      return;
    }
    for (const key of Object.keys(node)) {
      keys++;
      if (FORBIDDEN_KEYS.has(key)) forbidden.push(forbiddenKey([...path, key]));
      else {
        const child = (node as Record<string, unknown>)[key];
        if (typeof child === 'object' && child !== null) walk(child, [...path, key]);
      }
    }
  };
  walk(value, []);
  if (forbidden.length > 0) return forbidden;
  return keys === countKeys(text) ? [] : duplicateKeys(text);
}

const forbiddenKey = (path: Path): Problem => ({
  code: 'forbidden-key',
  path,
  key: true,
  message: `the key "${path.at(-1)}" is not allowed anywhere`,
  cause: 'In JavaScript it would change what every object is.',
  fix: 'remove it, or choose another name',
});

/** How many keys the text has; more than the parsed value has when one stands twice. */
function countKeys(text: string): number {
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?/g;
  let count = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) if (match[1]) count++;
  return count;
}

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
