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

  /** @param references names of services, as often as services refer to them; asked when there is a suggestion */
  constructor(
    candidates: Iterable<string>,
    private readonly references: () => Iterable<string> = () => [],
  ) {
    this.candidates = [...candidates];
  }

  /** Whether rather the service is misspelt than those who refer to it: several want the name, and nobody the service's. */
  isMisspelt(service: string, wanted: string): boolean {
    if (!this.counts) {
      this.counts = new Map();
      for (const name of this.references()) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    }
    return !this.counts.has(service) && (this.counts.get(wanted) ?? 0) > 1;
  }
  private counts: Map<string, number> | undefined;

  nearest(name: string): string | undefined {
    if (!this.known.has(name)) {
      this.left -= this.candidates.length;
      this.known.set(name, this.left < 0 ? undefined : nearest(name, this.candidates));
    }
    return this.known.get(name);
  }
}
