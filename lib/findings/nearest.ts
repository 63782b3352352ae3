/** Longer names are not compared: an edit distance costs the product of both lengths. */
const MAX_LENGTH = 100;

/**
 * The candidate that the name was most likely meant to be, or undefined when none is near: at most one edit
 * (insert, delete, change, swap of neighbours) for three characters. The first of equals wins.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  if (wanted.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  let limit = Math.max(1, Math.floor(wanted.length / 3));
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > limit || candidate.length > MAX_LENGTH) continue;
    const edits = editDistance(wanted, candidate.toLowerCase(), limit);
    if (edits > limit || (edits === limit && best !== undefined)) continue;
    // A name of one or two letters is near to everything.
    if (edits >= candidate.length) continue;
    best = candidate;
    limit = edits;
    if (edits === 0) break;
  }
  return best;
}

/**
 * Optimal string alignment distance; any number above `limit` when it is more than `limit`. Only the diagonal band of
 * the table is filled that a distance within the limit can use.
 */
function editDistance(a: string, b: string, limit: number): number {
  const far = limit + 1;
  const row = (): number[] => new Array<number>(b.length + 1).fill(far);
  let before = row();
  let last = row();
  let current = row();
  for (let column = 0; column <= Math.min(b.length, limit); column++) last[column] = column;
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit);
    const to = Math.min(b.length, i + limit);
    current.fill(far);
    current[0] = Math.min(i, far);
    let least = from === 1 ? current[0] : far;
    const code = a.charCodeAt(i - 1);
    for (let j = from; j <= to; j++) {
      const same = code === b.charCodeAt(j - 1);
      let edits = Math.min(last[j]! + 1, current[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && code === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1)) {
        edits = Math.min(edits, before[j - 2]! + 1);
      }
      current[j] = edits;
      if (edits < least) least = edits;
    }
    if (least > limit) return far;
    [before, last, current] = [last, current, before];
  }
  return last[b.length]!;
}
