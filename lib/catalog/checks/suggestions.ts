import { nearest } from '../../findings';

/** Comparisons of names for one catalog: some tenths of a second at most. */
const MAX_COMPARISONS = 200_000;

/**
 * Nearest names, within a budget: ten thousand unknown names among ten thousand would take minutes. What the budget
 * does not cover has no suggestion; a catalog of a hundred services has it for two thousand names.
 */
export class Suggestions {
  private left = MAX_COMPARISONS;
  private readonly known = new Map<string, string | undefined>();
  private readonly candidates: readonly string[];

  constructor(candidates: Iterable<string>) {
    this.candidates = [...candidates];
  }

  nearest(name: string): string | undefined {
    if (!this.known.has(name)) {
      this.left -= this.candidates.length;
      this.known.set(name, this.left < 0 ? undefined : nearest(name, this.candidates));
    }
    return this.known.get(name);
  }
}
