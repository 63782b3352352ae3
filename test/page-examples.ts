import { readFileSync } from 'node:fs';
import * as path from 'node:path';

const root = path.join(__dirname, '..');

/** The examples of a page: their texts by the heading above. */
export function examplesOf(page: string): Map<string, string> {
  const examples = new Map<string, string>();
  const text = readFileSync(path.join(root, page), 'utf8');
  for (const [, heading = '', body = ''] of text.matchAll(/^## (.+)\n([\s\S]*?)(?=^## |$(?![\s\S]))/gm)) {
    const [, code] = /```ts\n([\s\S]*?)```/.exec(body) ?? [];
    if (code !== undefined) examples.set(heading, code);
  }
  return examples;
}
