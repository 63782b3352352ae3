import { PublishProblem } from './problem';

/** The file of a tree that names the files of each cluster: what is ours in the repository is what it lists. */
export const INDEX_FILE = 'index.json';

/** What belongs to a cluster. */
export interface ClusterEntry {
  readonly files: readonly string[];
  /** Digests of the releases by service. */
  readonly releases: Readonly<Record<string, string>>;
}

/** `dist/index.json`, as a publication reads it. */
export interface PublishedIndex {
  readonly clusters: Readonly<Record<string, ClusterEntry>>;
  /** Files that no cluster has to itself: charts. */
  readonly files?: readonly string[];
  /** The repository whose catalog the tree comes from; only in a published index. */
  readonly source?: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads an index, ours or that of the repository.
 * @param file how a finding names it
 * @throws PublishProblem index-damaged, index-not-ours
 */
export function parseIndex(text: string, file: string): PublishedIndex {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PublishProblem('index-damaged', `${file} is not JSON, so nothing tells which files are ours`, {
      file,
      fix: 'bring it back from the history of the repository (git log -- index.json), or remove it and publish with --take-over',
    });
  }
  const clusters = isRecord(value) ? value.clusters : undefined;
  if (!isRecord(value) || !isRecord(clusters))
    throw new PublishProblem('index-not-ours', `${file} is the file of another tool`, {
      file,
      fix: 'publish to a folder of its own with --path',
    });
  const entries = Object.entries(clusters).map(([name, entry]): [string, ClusterEntry] => {
    const files = isRecord(entry) ? entry.files : undefined;
    const releases = isRecord(entry) ? entry.releases : undefined;
    if (!Array.isArray(files) || !files.every(isOwnPath) || !isRecord(releases))
      throw new PublishProblem('index-damaged', `${file} does not list the files of cluster ${JSON.stringify(name)}`, {
        file,
        fix: 'bring it back from the history of the repository (git log -- index.json), or remove it and publish with --take-over',
      });
    return [name, { files, releases: releases as Record<string, string> }];
  });
  const { source, files } = value;
  return {
    clusters: Object.fromEntries(entries),
    ...(Array.isArray(files) && files.every(isOwnPath) && { files }),
    ...(typeof source === 'string' && { source }),
  };
}

/** A path below the published folder and nowhere else: an index that was tampered with must not make us delete others' files. */
function isOwnPath(path: unknown): path is string {
  return typeof path === 'string' && isInnerPath(path);
}

/** Whether it is a plain relative path: no `..`, no `.git`, nothing that git would quote or a system read in another way. */
export function isInnerPath(path: string): boolean {
  return (
    path !== '' &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    !/[\\\x00-\x1f\x7f"]/.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git')
  );
}

/** Keys sorted, two blanks, as a synth writes it. */
export function printIndex({ clusters, files, source }: PublishedIndex): string {
  const sorted = Object.keys(clusters)
    .sort()
    .map((name) => [name, clusters[name]]);
  return `${JSON.stringify({ clusters: Object.fromEntries(sorted), ...(files && { files }), ...(source === undefined ? {} : { source }) }, null, 2)}\n`;
}
