const judged = new WeakSet<object>();

/**
 * Marks props whose values were judged where they were read, by the same tables and with their places: the constructs do not
 * judge them once more, which for ten thousand services costs a second.
 */
export function judgedProps<T extends object>(props: T): T {
  judged.add(props);
  return props;
}

export const isJudged = (props: object): boolean => judged.has(props);
