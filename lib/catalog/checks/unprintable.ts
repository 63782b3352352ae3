import type { Path, Problem } from '../problem';

/** NUL, and surrogates that are not half of a pair. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the control character is what is looked for
const UNPRINTABLE = /\u0000|\p{Cs}/u;

/** A text that no container would get as it is written. */
export function unprintableProblem(text: string, path: Path): Problem | undefined {
  if (!UNPRINTABLE.test(text)) return undefined;
  return {
    code: 'invalid-text',
    path: [...path],
    message: `${JSON.stringify(String(path.at(-1)))} has a NUL or half of a character`,
    cause: 'No container takes a NUL, and UTF-8 has no halves of characters: the value would arrive as another one.',
    fix: 'remove it; put binary data into a Secret or a volume',
  };
}
