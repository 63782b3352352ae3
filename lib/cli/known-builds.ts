import { createHash, type Hash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Build, BuildInputs } from '../manifests';

/** What builds printed, by all that they read. */
export type KnownBuilds = Map<string, string>;

/** What no build reads, and what changes without a change. */
const SKIPPED = new Set(['.git', 'node_modules']);

/**
 * Builds what has not been built of the same files at the same places below another root: of two states of a repository most folders
 * are the same. What fails is built again, as its words name places.
 * @param root absolute, without links
 */
export function knownBuilds(build: Build, root: string, known: KnownBuilds): Build {
  const real = realpathSync(root);
  const digests = new Map<string, string>();
  return (what, inputs) => {
    const key = inputs && keyOf(what, inputs, { root: real, digests });
    const found = key === undefined ? undefined : known.get(key);
    if (found !== undefined) return { text: found };
    const built = build(what, inputs);
    if (key !== undefined && 'text' in built) known.set(key, built.text);
    return built;
  };
}

interface Place {
  readonly root: string;
  /** Of folders and files that have been looked at. */
  readonly digests: Map<string, string>;
}

/** Undefined where something cannot be read: whether it is the same is not known then. */
function keyOf(what: Parameters<Build>[0], { folders, files }: BuildInputs, place: Place): string | undefined {
  const from = (path: string): string => relative(place.root, path).split(sep).join('/');
  const overlay =
    typeof what === 'string'
      ? from(what)
      : { ...what, resources: what.resources.map(from), components: what.components.map(from) };
  const hash = createHash('sha256').update(JSON.stringify(overlay));
  try {
    for (const path of [...folders, ...files].sort()) hash.update(`\0${from(path)}\0${digestOf(path, place)}`);
  } catch {
    // It is built, and the build says what is wrong.
    return undefined;
  }
  return hash.digest('hex');
}

function digestOf(path: string, { digests }: Place): string {
  const known = digests.get(path);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  addTo(hash, path, new Set());
  const digest = hash.digest('hex');
  digests.set(path, digest);
  return digest;
}

/** The contents below a path, with their names; links are followed, once. */
function addTo(hash: Hash, path: string, seen: Set<string>): void {
  if (!statSync(path).isDirectory()) {
    hash.update(`file\0${createHash('sha256').update(readFileSync(path)).digest('hex')}\0`);
    return;
  }
  const real = realpathSync(path);
  if (seen.has(real)) return;
  seen.add(real);
  hash.update('folder\0');
  for (const name of readdirSync(path).sort())
    if (!SKIPPED.has(name)) {
      hash.update(`${name}\0`);
      addTo(hash, join(path, name), seen);
    }
}
