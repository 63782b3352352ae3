/** A value that is computed at the first question and kept. */
export class Lazy<T> {
  private isKnown = false;
  private known: T | undefined;

  constructor(private readonly compute: () => T) {}

  get value(): T {
    if (!this.isKnown) {
      this.known = this.compute();
      this.isKnown = true;
    }
    return this.known as T;
  }
}
