import type { Finding } from '../findings';

/** Where the objects come from. */
export type Seen = 'cluster' | 'dump';

/** What rules say of manifests, said of a cluster: there is nothing to add to them, and no option that states what is there. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/(?:, or|; if the cluster has it already,) state that it exists \(--exists "[^"]*"\)/g, ''],
  [/, state that it exists \(--exists "[^"]*"\),/g, ','],
  [/, add the manifest of (\w+ "[^"]*") to those that are checked/g, ', or create $1'],
  [/ and check its manifests too/g, ''],
  [/\bthe manifests hold no such\b/g, 'the SEEN has no such'],
  [/\bnothing among the manifests\b/g, 'nothing in the SEEN'],
  [/\b(is|are) not among the manifests\b/g, '$1 not in the SEEN'],
  [/\(stated: /g, '('],
];

/** The finding in words that fit where it was found. */
export function inWordsOf(seen: Seen, finding: Finding): Finding {
  const told = (text: string): string =>
    WORDS.reduce((said, [pattern, words]) => said.replace(pattern, words.replace('SEEN', seen)), text);
  const { cause, fix } = finding;
  return {
    ...finding,
    message: told(finding.message),
    ...(cause === undefined ? {} : { cause: told(cause) }),
    ...(fix === undefined ? {} : { fix: told(fix) }),
  };
}
