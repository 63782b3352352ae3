import type { Path, Problem } from '../problem';

/** A text that no container would get as it is written. */
export function unprintableProblem(text: string, path: Path): Problem | undefined {
  if (text.isWellFormed() && !text.includes('\0')) return undefined;
  return {
    code: 'invalid-text',
    path: [...path],
    message: `${JSON.stringify(String(path.at(-1)))} has a NUL or half of a character`,
    cause: 'No container takes a NUL, and UTF-8 has no halves of characters: the value would arrive as another one.',
    fix: 'remove it; put binary data into a Secret or a volume',
  };
}
