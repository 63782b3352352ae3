import type { ImageLock, LockedImage } from '../../catalog';
import type { ExitCode } from '../exit-code';
import { UsageError } from '../exit-code';
import {
  addGitOpsOptions,
  type CatalogFile,
  type EditImages,
  type GitOpsOptions,
  orFindings,
  Refused,
  readCatalog,
} from '../gitops';
import { refuseUnknown, setIn } from '../images';
import type { Io } from '../io';
import type { AddCommand } from './command';
import { commitImages } from './images';

/** Options of `promote`. */
export interface PromoteCommandOptions extends GitOpsOptions {
  readonly direct: boolean;
  readonly skip: boolean;
}

/** Options of `rollback`. */
export interface RollbackCommandOptions extends GitOpsOptions {
  readonly cluster?: string;
  readonly to?: string;
}

/** Adds `promote` to the command line. */
export const addPromote: AddCommand = (program, { io, exit }) => {
  addGitOpsOptions(
    program
      .command('promote')
      .description('let a cluster run the images of another one, as a merge request')
      .argument('<from>', 'the cluster that runs them, such as staging')
      .argument('<to>', 'the cluster that shall, such as production')
      .argument('[service...]', 'these services only (default: all)')
      .option('--direct', 'commit to the branch that Flux watches, without a merge request', false)
      .option('--skip', 'pass over clusters that the catalog lists in between', false),
    io,
  ).action(async (from: string, to: string, services: string[], options: PromoteCommandOptions) =>
    exit(await runPromote({ from, to, services }, options, io)),
  );
};

/** Which images go from one cluster to another. */
export interface Promotion {
  readonly from: string;
  readonly to: string;
  /** Empty for all. */
  readonly services: readonly string[];
}

/** Copies entries of the lock from one cluster to another, and publishes the tree that they make. */
export function runPromote(
  { from, to, services }: Promotion,
  options: PromoteCommandOptions,
  io: Io,
): Promise<ExitCode> {
  if (options.direct && options.mergeRequest)
    throw new UsageError('--direct and --merge-request cannot be used together');
  return orFindings(io, async () => {
    const read = readCatalog(options.catalog, io);
    refuseUnknown(read.catalog, [from, to], services);
    refuseOrder(read, from, to, options.skip);
    const { gate, isWritten } = gateOf(read, to);
    if (options.direct && gate === 'merge-request' && isWritten) throw gateClosed(to);
    const edit: EditImages = (lock) => setIn(lock, read.catalog, [to], running(lock, from, services));
    const what = services.length === 0 ? 'all services' : services.join(', ');
    const isLocal = read.lock !== undefined;
    return commitImages(
      {
        read,
        clusters: [to],
        edit,
        subject: `Promote ${from} to ${to}: ${what}`,
        setImages: { [to]: services.length > 0 ? services : read.catalog.services.map(({ name }) => name) },
        branch: `aviary/promote-${to}`,
      },
      options.direct || isLocal || gate !== 'merge-request'
        ? options
        : { ...options, mergeRequest: options.mergeRequest ?? true },
      io,
    );
  });
}

/** What the catalog says of the way to a cluster, and whether it says so itself. */
function gateOf({ catalog }: CatalogFile, to: string) {
  const { promotionsOf } = require('../../catalog') as typeof import('../../catalog');
  const gate = promotionsOf(catalog).find((one) => one.to === to)?.gate ?? 'merge-request';
  return { gate, isWritten: catalog.clusters.some(({ name, promotion }) => name === to && promotion?.gate) };
}

const gateClosed = (to: string): Refused =>
  new Refused([
    {
      code: 'promotion-gate',
      severity: 'error',
      place: {},
      message: `the catalog lets images come to "${to}" by a merge request only`,
      fix: `leave --direct out, or change promotion.gate of cluster "${to}"`,
    },
  ]);

/** The clusters of the catalog stand in the order in which a release comes to them; one may name another than the one before it. */
function refuseOrder({ catalog }: CatalogFile, from: string, to: string, skip: boolean): void {
  const names = catalog.clusters.map(({ name }) => name);
  const [start, end] = [names.indexOf(from), names.indexOf(to)];
  const between = names.slice(start + 1, end);
  const { promotionsOf } = require('../../catalog') as typeof import('../../catalog');
  const step = promotionsOf(catalog).find((one) => one.to === to);
  if (end > start && (step?.from === from || skip)) return;
  const isOtherWay = end > start && step !== undefined && !between.includes(step.from);
  const message =
    start === end
      ? `"${from}" cannot be promoted to itself`
      : end < start
        ? `"${to}" comes before "${from}" in the catalog`
        : isOtherWay || between.length === 0
          ? `"${to}" gets its images from "${step?.from}", not from "${from}"`
          : `between "${from}" and "${to}" the catalog has ${between.map((name) => `"${name}"`).join(', ')}`;
  const fix =
    end > start
      ? isOtherWay || between.length === 0
        ? `promote from "${step?.from}", or say --skip`
        : `promote to "${between[0]}" first, or say --skip`
      : `promote in the order of the catalog: ${names.join(', ')}; to go back, use aviary rollback`;
  throw new Refused([{ code: 'promotion-order', severity: 'error', place: {}, message, fix }]);
}

function running(lock: ImageLock, from: string, services: readonly string[]): Record<string, LockedImage> {
  const entries = lock.clusters[from] ?? {};
  const missing = services.filter((name) => !Object.hasOwn(entries, name));
  const finding = (message: string, fix: string) => ({
    code: 'not-in-lock',
    severity: 'error' as const,
    place: {},
    message,
    fix,
  });
  if (missing.length > 0)
    throw new Refused(
      missing.map((name) =>
        finding(
          `no image of "${name}" is set in cluster "${from}"`,
          `set one with aviary images set ${name}=…, or leave it out`,
        ),
      ),
    );
  if (Object.keys(entries).length === 0)
    throw new Refused([
      finding(`no image is set in cluster "${from}"`, 'publish to it first, or set images with aviary images set'),
    ]);
  return services.length === 0 ? { ...entries } : Object.fromEntries(services.map((name) => [name, entries[name]!]));
}

/** Adds `rollback` to the command line. */
export const addRollback: AddCommand = (program, { io, exit }) => {
  addGitOpsOptions(
    program
      .command('rollback')
      .description('let a cluster run the image that a service had before')
      .argument('<service>', 'the service')
      .option('--cluster <name>', 'the cluster')
      .option('--to <digest>', 'the digest of an earlier image, or its beginning (default: the one before)'),
    io,
  ).action(async (service: string, options: RollbackCommandOptions) => exit(await runRollback(service, options, io)));
};

/** Sets an earlier entry of the lock's history again, as a commit. */
export function runRollback(service: string, options: RollbackCommandOptions, io: Io): Promise<ExitCode> {
  return orFindings(io, async () => {
    const read = readCatalog(options.catalog, io);
    const names = read.catalog.clusters.map(({ name }) => name);
    const cluster = options.cluster ?? (names.length === 1 ? names[0]! : undefined);
    if (cluster === undefined) throw new UsageError(`say with --cluster where: ${names.join(', ')}`);
    refuseUnknown(read.catalog, [cluster], [service]);
    const edit: EditImages = async (lock, base) => {
      const entry = earlier(service, cluster, {
        lock,
        to: options.to,
        texts: (await base.earlierLocks()).map(({ text }) => text),
      });
      return setIn(lock, read.catalog, [cluster], { [service]: entry });
    };
    return commitImages(
      {
        read,
        clusters: [cluster],
        edit,
        subject: `Roll back ${cluster}: ${service}`,
        setImages: { [cluster]: [service] },
        branch: `aviary/rollback-${cluster}-${service}`,
      },
      options,
      io,
    );
  });
}

/** The newest earlier entry that is another image, or the one that is asked for. */
function earlier(
  service: string,
  cluster: string,
  { lock, to, texts }: { readonly lock: ImageLock; readonly to: string | undefined; readonly texts: readonly string[] },
): LockedImage {
  const { parseImageLock } = require('../../catalog') as typeof import('../../catalog');
  const now = lock.clusters[cluster]?.[service];
  const plain = (digest: string): string => digest.replace(/^sha256:/, '');
  const known: LockedImage[] = [];
  for (const text of texts) {
    const entry = parseImageLock(text, 'images.lock.json').lock?.clusters[cluster]?.[service];
    if (entry && entry.digest !== now?.digest && !known.some(({ digest }) => digest === entry.digest))
      known.push(entry);
  }
  const found = to === undefined ? known[0] : known.find(({ digest }) => plain(digest).startsWith(plain(to)));
  if (found) return found;
  const shown = known.slice(0, 5).map(({ image, digest }) => `${image}@${digest.slice(0, 19)}…`);
  throw new Refused([
    {
      code: 'no-earlier-image',
      severity: 'error',
      place: {},
      message:
        to === undefined
          ? `the history of images.lock.json has no other image of "${service}" in cluster "${cluster}"`
          : `the history of images.lock.json has no image ${to} of "${service}" in cluster "${cluster}"`,
      fix:
        shown.length > 0 ? `name one of ${shown.join(', ')} with --to` : `set one with aviary images set ${service}=…`,
    },
  ]);
}
