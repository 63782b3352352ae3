import { createHash } from 'node:crypto';
import { dirname, join, posix, resolve } from 'node:path';
import type { Catalog, Service } from '../catalog';
import { canonicalJson } from '../kube';
import type { Git } from '../publish';
import type { Io } from './io';

/**
 * Of what each image is made, by content: git's id of the context's folder, where that is all; else a digest of the ids of all paths and of how it
 * is built. Services without `build`, and those whose folder the commit does not have, are left out.
 * @param ref a commit
 */
export async function sourceIds(
  catalog: Catalog,
  catalogFile: string,
  ref: string,
  io: Io,
): Promise<ReadonlyMap<string, string>> {
  const services = catalog.services.filter(({ build }) => build);
  if (services.length === 0) return new Map();
  const git = gitAt(catalogFile, io);
  const root = await rootOf(git);
  if (root === undefined) return new Map();
  const paths = [...new Set(services.flatMap(pathsOf))];
  const ids = await idsOf(git, ref, paths);
  return new Map(
    services.flatMap((service): [string, string][] => {
      const id = sourceId(service, ids);
      return id === undefined ? [] : [[service.name, id]];
    }),
  );
}

/** Git in the folder of a catalog. */
export function gitAt(catalogFile: string, io: Io): Git {
  const { Git } = require('../publish') as typeof import('../publish');
  return new Git({ folder: dirname(resolve(io.cwd, catalogFile)), env: io.env });
}

async function rootOf(git: Git): Promise<string | undefined> {
  const { exitCode, stdout } = await git.run(['rev-parse', '--show-toplevel']);
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

/** What an image is made of: context, Dockerfile, further paths. */
function pathsOf({ build }: Service): string[] {
  if (!build) return [];
  const context = normal(build.context);
  const dockerfile = normal(posix.join(context, build.dockerfile ?? 'Dockerfile'));
  const inside = context === '.' || dockerfile.startsWith(`${context}/`);
  return [context, ...(inside ? [] : [dockerfile]), ...(build.paths ?? []).map(normal)];
}

const normal = (path: string): string => posix.normalize(path).replace(/\/+$/, '');

/** Ids of folders and files in a commit, in one process. */
async function idsOf(git: Git, ref: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const asked = paths.map((path) => (path === '.' ? `${ref}^{tree}` : `${ref}:${path}`));
  const { stdout } = await git.run(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
    input: `${asked.join('\n')}\n`,
  });
  const answers = stdout.toString('utf8').split('\n');
  return new Map(
    paths.flatMap((path, index): [string, string][] => {
      const [, id] = /^([0-9a-f]{40,64}) (?:tree|blob)$/.exec(answers[index] ?? '') ?? [];
      return id === undefined ? [] : [[path, id]];
    }),
  );
}

function sourceId(service: Service, ids: ReadonlyMap<string, string>): string | undefined {
  const paths = pathsOf(service);
  const found = paths.map((path) => ids.get(path));
  if (found[0] === undefined) return undefined;
  const { context: _, paths: __, ...how } = service.build!;
  if (paths.length === 1 && Object.keys(how).length === 0) return found[0];
  return createHash('sha1')
    .update(canonicalJson([found.map((id) => id ?? null), how]))
    .digest('hex');
}

/** A commit's file as text; undefined where it has none. */
export async function fileAt(git: Git, ref: string, file: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git.run(['cat-file', 'blob', `${ref}:./${file}`]);
  return exitCode === 0 ? stdout.toString('utf8') : undefined;
}

/** Digests of the releases that a catalog makes, by cluster and service. */
export type Releases = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Path of a service's built image below a folder. */
export const builtFile = (folder: string, service: string): string => join(folder, `${service}.json`);
