import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Adoption, RawObject } from '../../adopt';
import type { Finding } from '../../findings';
import type { ClusterObjects } from '../../kube';
import { ExitCode, UsageError } from '../exit-code';
import { type Io, wantsColor } from '../io';
import type { AddCommand } from './command';

const reports = ['markdown', 'json'] as const;

/** Options of `adopt`. */
export interface AdoptCommandOptions {
  readonly out: string;
  readonly write: boolean;
  readonly report: (typeof reports)[number];
  readonly cluster?: string;
  readonly namespace?: string;
  readonly gitopsUrl?: string;
  readonly protocol?: readonly string[];
  /** Nothing is asked on a terminal. @default false */
  readonly yes?: boolean;
}

/** Adds `adopt` to the command line. */
export const addAdopt: AddCommand = (program, { io, exit }) => {
  program
    .command('adopt')
    .description('turn YAML that you have into a catalog, and say what became of every field')
    .argument('<path...>', 'files, folders, or - for the standard input')
    .option('--out <file>', 'the catalog to write, or to add services to', defaultOut(io))
    .option(
      '--write',
      'write the catalog, and beside it the objects that it cannot say; without it nothing is written',
      false,
    )
    .option('--report <format>', `one of ${reports.join(', ')}`, 'markdown')
    .option('--cluster <name>', 'the name of the cluster, where the files are those of one (default: production)')
    .option('--namespace <name>', 'the namespace of objects that name none (default: default)')
    .option('--gitops-url <url>', 'the repository that Flux watches')
    .option('--yes', 'ask nothing: a protocol that nothing tells is tcp', false)
    .option('--protocol <service:port=protocol...>', 'what a port speaks, such as cart:7070=grpc')
    .action(async (paths: string[], options: AdoptCommandOptions) => exit(await runAdopt(paths, options, io)));
};

/** The report goes to stdout, everything else to stderr; exit code 1 when there is no catalog or something is lost. */
export async function runAdopt(paths: readonly string[], options: AdoptCommandOptions, io: Io): Promise<ExitCode> {
  if (!reports.includes(options.report)) throw new UsageError(`--report takes one of ${reports.join(', ')}`);
  const protocols = parseProtocols(options.protocol ?? []);
  const { adopt, adoptionReport, formatAdoption } = require('../../adopt') as typeof import('../../adopt');
  const { catalogObjects } = require('../../synth') as typeof import('../../synth');
  const { clusters, appliers, findings, texts } = await readClusters(paths, io);
  show(findings, texts, io);
  noteNameless(texts, io);
  if (clusters.every(({ objects }) => objects.length === 0)) {
    io.stderr.write(`error: no Kubernetes object in ${paths.join(', ')}\n`);
    return ExitCode.findings;
  }
  const known = knownNamespace(resolve(io.cwd, options.out), options.out);
  const adoptWith = (said: Readonly<Record<string, string>>) =>
    adopt(clusters, {
      synthesize: (text) => catalogObjects(text, options.out),
      protocols: said,
      appliers,
      ...(known !== undefined && { platformNamespace: known }),
      ...(options.cluster !== undefined && { cluster: options.cluster }),
      ...(options.namespace !== undefined && { namespace: options.namespace }),
      ...(options.gitopsUrl !== undefined && { gitopsUrl: options.gitopsUrl }),
    });
  const first = adoptWith(protocols);
  const adoption =
    first.guesses.length > 0 && asks(paths, options, io)
      ? adoptWith({ ...protocols, ...(await askFor(first)) })
      : first;
  const report = adoptionReport(adoption);
  io.stdout.write(options.report === 'json' ? `${JSON.stringify(report, null, 2)}\n` : formatAdoption(report));
  const errors = adoption.findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    show(errors, new Map(), io);
    io.stderr.write('error: no catalog can be made of these objects; the errors above say why\n');
    return ExitCode.findings;
  }
  const written = writeResult(adoption, options, io);
  return written && report.lost.length === 0 ? ExitCode.ok : ExitCode.findings;
}

/** On a terminal somebody can answer, unless what he would see goes to a program or the input is the manifests themselves. */
function asks(paths: readonly string[], { report, yes }: AdoptCommandOptions, { isInteractive }: Io): boolean {
  return isInteractive === true && yes !== true && report === 'markdown' && !paths.includes('-');
}

async function askFor({ guesses }: Adoption): Promise<Record<string, string>> {
  const { askForProtocols } = require('../ask-protocols') as typeof import('../ask-protocols');
  return askForProtocols(guesses);
}

/** `cart:7070=grpc` by `cart:7070`. */
function parseProtocols(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const match = /^([a-z0-9-]+:\d+)=(http|grpc|tcp)$/.exec(text);
      if (!match) throw new UsageError(`--protocol takes SERVICE:PORT=http|grpc|tcp, not "${text}"`);
      return [match[1]!, match[2]!];
    }),
  );
}

async function readClusters(
  paths: readonly string[],
  io: Io,
): Promise<{ clusters: ClusterObjects[]; appliers: Set<string>; findings: Finding[]; texts: Map<string, Uint8Array> }> {
  const { largestManifestBytes, sortByCluster, tooLarge } =
    require('../../manifests') as typeof import('../../manifests');
  const { readManifestFiles } = require('../manifest-files') as typeof import('../manifest-files');
  const { disk, findKustomize } = require('../disk') as typeof import('../disk');
  const named = paths.filter((path) => path !== '-');
  const read = readManifestFiles(named, { cwd: io.cwd, largestBytes: largestManifestBytes, tooLarge });
  const files = [...read.files];
  if (named.length < paths.length)
    files.push({ file: '-', content: new TextEncoder().encode(await io.readStdin()), isNamed: true });
  const sorted = sortByCluster(files, { cwd: io.cwd, disk, builder: () => findKustomize(io.env) }, { concerned: /./ });
  const isAnyApplied = sorted.clusters.some(({ inputs }) => inputs.some(({ appliedBy }) => appliedBy != null));
  const clusters = sorted.clusters
    .map(
      ({ name, inputs }): ClusterObjects => ({
        ...(name === undefined ? {} : { cluster: name }),
        objects: inputs.flatMap(({ object, place, file, appliedBy }) =>
          // What nobody applies is in no cluster; where nothing is applied by anybody, all of it is.
          isAnyApplied && appliedBy === null
            ? []
            : [
                {
                  object,
                  origin: {
                    file: file ?? place('', object).file ?? '',
                    document: 0,
                    place: (pointer: string) => place(pointer, object),
                  },
                },
              ],
        ),
      }),
    )
    .filter(({ objects }) => objects.length > 0);
  const appliers = new Set(
    sorted.clusters.flatMap(({ inputs }) =>
      inputs.flatMap(({ appliedBy }) => (appliedBy ? [`${appliedBy.namespace}/${appliedBy.name}`] : [])),
    ),
  );
  return {
    clusters,
    appliers,
    findings: [...read.findings, ...sorted.findings],
    texts: new Map(files.map(({ file, content }) => [file, content])),
  };
}

/** What each apply would make anew has no place in a tree, and the readers leave it out. */
function noteNameless(texts: ReadonlyMap<string, Uint8Array>, io: Io): void {
  for (const [file, content] of texts) {
    const count = new TextDecoder().decode(content).match(/(?:^\s*|[{,]\s*)"?generateName"?:\s*\S/gm)?.length ?? 0;
    if (count > 0)
      io.stderr.write(
        `${file}: ${count === 1 ? 'an object has' : `${count} objects have`} a generateName and no name, and ${count === 1 ? 'is' : 'are'} left out: each apply would make another one.\n`,
      );
  }
}

function show(findings: readonly Finding[], texts: ReadonlyMap<string, Uint8Array>, io: Io): void {
  if (findings.length === 0) return;
  const { formatText } = require('../../findings') as typeof import('../../findings');
  const source = (file: string) => {
    const content = texts.get(file);
    return content && new TextDecoder().decode(content);
  };
  io.stderr.write(formatText(findings, { source, color: wantsColor(io.stderr, io.env) }));
}

/** Writes the catalog and what goes beside it, or says what would be written. */
function writeResult(adoption: Adoption, options: AdoptCommandOptions, io: Io): boolean {
  const file = resolve(io.cwd, options.out);
  const catalog = resultFiles(adoption, file, options, io);
  if (catalog === undefined) return false;
  const raw = adoption.raw.map((one) => ({ path: join(dirname(file), 'manifests', one.path), text: rawText(one) }));
  const changed = [...catalog, ...raw].filter(({ path, text: wanted }) => contentOf(path) !== wanted);
  if (!options.write) {
    io.stderr.write(
      changed.length === 0
        ? 'Everything is written already.\n'
        : `Nothing is written. --write writes ${options.out}${catalog.length > 1 ? `, ${catalog.length - 1} ${catalog.length === 2 ? 'file' : 'files'} of one service each` : ''}${raw.length > 0 ? ` and ${raw.length} ${raw.length === 1 ? 'file' : 'files'} below manifests/` : ''}.\n`,
    );
    return true;
  }
  const isCatalog = (path: string) => path === file;
  const foreign = changed.filter(({ path }) => !isCatalog(path) && existsSync(path) && !isOurs(contentOf(path)!));
  if (foreign.length > 0) {
    io.stderr.write(
      `error: ${foreign.map(({ path }) => path).join(', ')}: somebody else's file; move it away, or adopt into another folder with --out\n`,
    );
    return false;
  }
  for (const { path, text: wanted } of changed) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, wanted);
  }
  io.stderr.write(
    changed.length === 0
      ? 'Everything is written already.\n'
      : `${changed.length} ${changed.length === 1 ? 'file' : 'files'} written. Next: npx aviary synth --catalog ${options.out}\n`,
  );
  return true;
}

/** The catalog that lies here; a new one is JSON. */
function defaultOut({ cwd }: Io): string {
  if (existsSync(join(cwd, 'services.json'))) return 'services.json';
  const { defaultCatalog } = require('../../synth') as typeof import('../../synth');
  return defaultCatalog(cwd);
}

/** The catalog that is there, with its files and what is wrong with it. */
function readThere(file: string, name: string) {
  const { readCatalogSource } = require('../../synth') as typeof import('../../synth');
  const { loadCatalog } = require('../../catalog') as typeof import('../../catalog');
  const { realFileSystem } = require('../../tree') as typeof import('../../tree');
  const source = readCatalogSource(realFileSystem, file, name);
  if (!('fingerprint' in source)) return { texts: new Map<string, string>(), findings: source };
  const { text, places, findings: unreadable } = source.content();
  const { catalog, findings } =
    unreadable.length > 0
      ? { catalog: undefined, findings: unreadable }
      : loadCatalog(text, name, undefined, undefined, places);
  return { texts: source.texts, catalog, findings };
}

/** The namespace of the catalog that is there, if it can be read. */
function knownNamespace(file: string, name: string): string | undefined {
  return existsSync(file) ? readThere(file, name).catalog?.platform.namespace : undefined;
}

interface WrittenFile {
  readonly path: string;
  readonly text: string;
}

/** The new catalog, or the one that is there with the services that it lacks. Its own file first. */
function resultFiles(
  adoption: Adoption,
  file: string,
  options: AdoptCommandOptions,
  io: Io,
): WrittenFile[] | undefined {
  const { extendCatalog, printed } = require('../../adopt') as typeof import('../../adopt');
  const form = /\.ya?ml$/i.test(file) ? 'yaml' : 'json';
  if (!existsSync(file)) return [{ path: file, text: printed(adoption.catalog, form) }];
  const { texts, catalog, findings } = readThere(file, options.out);
  if (!catalog) {
    show(findings, new Map([...texts].map(([name, text]) => [name, new TextEncoder().encode(text)])), io);
    io.stderr.write(
      `error: ${options.out} is there and has errors; mend them first, or name another file with --out\n`,
    );
    return undefined;
  }
  const { fileOfNewService } = require('../../synth') as typeof import('../../synth');
  const text = texts.get(options.out)!;
  try {
    const extended = extendCatalog(
      { text, form },
      catalog as unknown as Record<string, unknown>,
      adoption.catalog,
      (service) => fileOfNewService(text, options.out, service),
    );
    if (extended.kept.length > 0)
      io.stderr.write(`${options.out} has ${extended.kept.join(', ')} already: they stay as they are.\n`);
    const services = [...extended.files].map(([name, of]) => ({ path: join(dirname(file), name), text: of }));
    return [{ path: file, text: extended.text }, ...services];
  } catch (error) {
    io.stderr.write(
      `error: ${options.out} cannot be extended as it is written (${(error as Error).message}); write that place without anchors, or adopt into another file with --out\n`,
    );
    return undefined;
  }
}

const MARK = '# Adopted by aviary from ';

function rawText({ object, reason }: RawObject): string {
  const { stringify } = require('yaml') as typeof import('yaml');
  return `${MARK}existing manifests: ${reason}.\n${stringify(object, { lineWidth: 0 })}`;
}

const isOurs = (text: string): boolean => text.startsWith(MARK);

function contentOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
