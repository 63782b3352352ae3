import type { Problem } from '../problem';
import type { Catalog } from '../schema';
import { forEachText } from './texts';

/** NUL, and surrogates that are not half of a pair. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the control character is what is looked for
const UNPRINTABLE = /\u0000|\p{Cs}/u;

/** Flux substitutes by default and strictly: a variable that it does not know fails the Kustomization. */
export function substitutionProblems(catalog: Catalog): Problem[] {
  const problems: Problem[] = [];
  forEachText(catalog, (text, path) => {
    if (UNPRINTABLE.test(text)) {
      problems.push({
        code: 'invalid-text',
        path: [...path],
        message: `${JSON.stringify(String(path.at(-1)))} has a NUL or half of a character`,
        cause:
          'No container takes a NUL, and UTF-8 has no halves of characters: the value would arrive as another one.',
        fix: 'remove it; put binary data into a Secret or a volume',
      });
    }
    const found = text.includes('${') ? /\$\{(\w*)/.exec(text) : null;
    if (!found) return;
    problems.push({
      code: 'substitution',
      path: [...path],
      message: `${JSON.stringify(String(path.at(-1)))} contains "\${${found[1]}…", which Flux would substitute`,
      cause: 'Post-build substitution is strict: an unknown variable fails the Kustomization.',
      fix: found[1] ? `write "$${found[1]}" without braces` : 'write it without "${"',
    });
  });
  return problems;
}
