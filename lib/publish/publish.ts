import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../findings';
import { credentialsFor, withoutUser } from './credentials';
import { Git } from './git';
import { GitOpsRepository, type RefUpdate } from './gitops-repository';
import { MARKER_FILE, type Marker, type MarkerEntry, markerRef, noMarker, orderOf, parseMarker } from './marker';
import { commitMessage } from './message';
import {
  type ClusterChange,
  LOCK_FILE,
  type MadeTree,
  normalPath,
  type PlannedCommit,
  planCommit,
} from './plan-commit';
import { PublishProblem } from './problem';
import { INDEX_FILE, type PublishedIndex, parseIndex } from './published-index';
import type { Refusal } from './refusals';
import type { Source } from './source';

/** What the tree is made of, besides the application's checkout. */
export interface TreeBase {
  /** Text of images.lock.json in the repository; absent where there is none. */
  readonly lock?: string;
  /** Of the repository's branch; absent when it is to be created. */
  readonly commit?: string;
  /** Earlier contents of the lock, newest first, without the one that is there. */
  earlierLocks(): Promise<readonly { readonly commit: string; readonly text: string }[]>;
}

/** How a change is offered for review instead of being pushed to the branch. */
export interface MergeRequest {
  /** The branch that holds the change. */
  readonly branch: string;
  readonly title?: string;
}

/** What is published, and where. */
export interface PublishRequest {
  readonly repository: string;
  /** @default main */
  readonly branch?: string;
  /** Folder of the repository that holds the tree. @default its root */
  readonly path?: string;
  /** @default all */
  readonly clusters?: readonly string[];
  /** Makes the tree for a base: called again when the base has moved. Findings stop the publication. */
  readonly makeTree: (base: TreeBase) => Promise<MadeTree | readonly Finding[]>;
  readonly source: Source;
  /** Images that are set on purpose, by cluster: their order is that of their pipelines, each for itself. */
  readonly setImages?: Readonly<Record<string, readonly string[]>>;
  /** The tree is published although the order of the commits is not known. @default false */
  readonly anyOrder?: boolean;
  /** @default 10 */
  readonly attempts?: number;
  readonly takeOver?: boolean;
  /** Makes the branch where there is none. @default false */
  readonly create?: boolean;
  readonly dryRun?: boolean;
  readonly mergeRequest?: MergeRequest;
  readonly sign?: boolean;
  readonly signingKey?: string;
  readonly pushOptions?: readonly string[];
  /** Gets what stands in the repository and what shall, of the selected clusters, text by path: for a comparison. */
  readonly onTrees?: (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) => void;
  /** First line of the commit's message. @default the clusters and services */
  readonly subject?: string;
}

/** All that a publication needs of the machine. */
export interface PublishMachine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where temporary folders lie. */
  readonly temporaryFolder: string;
  sleep(milliseconds: number): Promise<void>;
  /** From 0 to 1. */
  random(): number;
  /** One line for the user while it runs. */
  onNotice?(line: string): void;
}

/** What a publication has done. */
export interface Published {
  /** Of the commit in the repository. */
  readonly commit?: string;
  readonly branch: string;
  readonly clusters: readonly ClusterChange[];
  /** Paths in the repository. */
  readonly written: readonly string[];
  /** Those of them that were not there. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly attempts: number;
}

/** How a publication ended. */
export type PublishOutcome =
  | ({ readonly kind: 'published' | 'would-publish' } & Published)
  /** Nothing differs by meaning. */
  | { readonly kind: 'unchanged'; readonly branch: string; readonly isClosed?: boolean }
  /** A newer pipeline was there first. */
  | { readonly kind: 'outdated'; readonly ours: string; readonly theirs: string }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  /** The push was refused again and again. */
  | { readonly kind: 'exhausted'; readonly attempts: number; readonly finding: Finding };

const PREFIX = 'aviary-publish-';

/**
 * Brings the tree into the repository that Flux watches: as a commit on top of what is there, which replaces only files that an
 * earlier publication wrote. Somebody else's push in between makes it begin again on the new base; nothing is merged as text and nothing forced.
 */
export async function publish(request: PublishRequest, machine: PublishMachine): Promise<PublishOutcome> {
  let folder: string | undefined;
  try {
    const credentials = credentialsFor(request.repository, machine.env);
    removeRemains(machine.temporaryFolder);
    folder = mkdtempSync(join(machine.temporaryFolder, `${PREFIX}${process.pid}-`));
    const git = new Git({
      folder,
      env: { ...credentials.env, ...(await identity(folder, credentials.env)) },
      secrets: credentials.secrets,
    });
    const run = new Publication(request, machine, new GitOpsRepository(git, request.repository), git);
    return await run.execute();
  } catch (error) {
    if (error instanceof PublishProblem) return { kind: 'refused', findings: [error.finding] };
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      return {
        kind: 'refused',
        findings: [new PublishProblem('disk-full', 'the disk is full', { fix: 'make room where TMPDIR is' }).finding],
      };
    throw error;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders of runs that were killed. Nothing waits for them; they only take room. */
function removeRemains(temporaryFolder: string): void {
  for (const name of readdirSync(temporaryFolder)) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (!Number.isNaN(pid) && pid !== process.pid && !isRunning(pid))
      rmSync(join(temporaryFolder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Who commits: as git is told by its variables or settings, else ourselves. */
async function identity(folder: string, env: PublishMachine['env']): Promise<Record<string, string>> {
  const told = await new Git({ folder, env }).run(['config', '--get', 'user.email']);
  if (told.exitCode === 0 && !env.GIT_AUTHOR_EMAIL && !env.GIT_COMMITTER_EMAIL) return {};
  const name = env.GIT_AUTHOR_NAME || 'Aviary';
  const email = env.GIT_AUTHOR_EMAIL || `aviary@noreply.${env.CI_SERVER_HOST || 'localhost'}`;
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: env.GIT_COMMITTER_NAME || name,
    GIT_COMMITTER_EMAIL: env.GIT_COMMITTER_EMAIL || email,
  };
}

/** What one look at the repository found. */
interface Base {
  /** The newest commit of the branch; of none when it is to be created. */
  readonly commit?: string;
  /** The newest commit of the merge request's branch. */
  readonly requested?: string;
  readonly marker: Marker;
  readonly markerCommit?: string;
}

/** A push whose outcome is not known: the answer was lost. */
interface Attempt {
  readonly commit: string;
  readonly outcome: Published;
}

/** In a row: a hook that says no to everybody is not asked for ever. */
const MAX_HOOK_REFUSALS = 8;
const FIRST_WAIT_MILLISECONDS = 250;
const MAX_WAIT_MILLISECONDS = 20_000;

class Publication {
  private readonly branch: string;
  /** The branch that is pushed. */
  private readonly pushed: string;
  private readonly path: string;
  private readonly markerRef: string;
  /** The server takes no refs but branches and tags. */
  private isWithoutMarker = false;
  private isWithoutOptions = false;
  private made: { readonly lock: string | undefined; readonly tree: MadeTree } | undefined;
  private unclear: Attempt | undefined;
  private hookRefusals = 0;

  constructor(
    private readonly request: PublishRequest,
    private readonly machine: PublishMachine,
    private readonly repository: GitOpsRepository,
    private readonly git: Git,
  ) {
    this.branch = request.branch ?? 'main';
    this.pushed = request.mergeRequest?.branch ?? this.branch;
    this.path = normalPath(request.path ?? '');
    this.markerRef = markerRef(this.pushed, this.path);
  }

  async execute(): Promise<PublishOutcome> {
    await this.repository.init();
    for (const branch of [this.branch, this.pushed])
      if (!isBranchName(branch))
        throw new PublishProblem('branch-not-found', `${JSON.stringify(branch)} is not the name of a branch`, {
          fix: 'name a branch such as main with --branch',
        });
    const attempts = this.request.attempts ?? 10;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.attempt(attempt).catch((error: unknown) => {
        if (!(error instanceof PublishProblem) || !error.mayPass) throw error;
        return error;
      });
      if (!(outcome instanceof PublishProblem)) return outcome;
      this.hookRefusals = outcome.code === 'hook-refused' ? this.hookRefusals + 1 : 0;
      if (this.hookRefusals >= MAX_HOOK_REFUSALS) throw outcome;
      if (attempt >= attempts) return { kind: 'exhausted', attempts, finding: outcome.finding };
      const longest = Math.min(MAX_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** Math.min(attempt - 1, 10));
      this.machine.onNotice?.(`attempt ${attempt} of ${attempts}: ${outcome.message}; again on the new base`);
      await this.machine.sleep(Math.round(longest * (0.25 + 0.75 * this.machine.random())));
    }
  }

  /** @returns the problem that stopped it and may pass */
  private async attempt(number: number): Promise<PublishOutcome | PublishProblem> {
    const base = await this.look();
    const lost = await this.afterLostAnswer(base, number);
    if (lost) return lost;
    const refused = await this.order(base);
    if (refused) return refused;
    const planned = await this.plan(base);
    if (Array.isArray(planned)) return { kind: 'refused', findings: planned };
    const plan = planned as PlannedCommit;
    const { write, remove } = plan.change;
    const published: Published = {
      branch: this.pushed,
      clusters: plan.clusters,
      written: [...write.keys()].sort(),
      added: plan.added,
      removed: remove,
      attempts: number,
    };
    const isNothing = write.size + remove.length === 0;
    if (this.request.dryRun)
      return isNothing ? { kind: 'unchanged', branch: this.branch } : { kind: 'would-publish', ...published };
    if (isNothing) return this.remember(base, plan);
    const parents = await this.parentsOf(base);
    const message = commitMessage(plan, this.request.source, this.request.subject);
    const { sign, signingKey } = this.request;
    const options = { message, parents, ...(sign && { sign }), ...(signingKey !== undefined && { signingKey }) };
    const commit = await this.repository.commit(base.commit, plan.change, options);
    if (await this.isRequested(base, commit)) return { kind: 'unchanged', branch: this.pushed };
    const updates = [{ ref: `refs/heads/${this.pushed}`, to: commit }, ...(await this.markerUpdate(base, plan))];
    const result = await this.push(updates, this.mergeRequestOptions(message), { commit, outcome: published });
    return result ?? { kind: 'published', ...published, commit };
  }

  /** The newest state of the repository. */
  private async look(): Promise<Base> {
    const refs = await this.repository.refs();
    const [main, requested] = [`refs/heads/${this.branch}`, `refs/heads/${this.pushed}`];
    if (!refs.has(main) && !this.request.create) throw this.missing(refs);
    const wanted = [...new Set([main, requested, this.markerRef])].filter((ref) => refs.has(ref));
    const commits = new Map((await this.repository.fetch(wanted)).map((commit, index) => [wanted[index]!, commit]));
    const markerCommit = commits.get(this.markerRef);
    const [commit, other] = [commits.get(main), requested === main ? undefined : commits.get(requested)];
    return {
      ...(commit !== undefined && { commit }),
      ...(other !== undefined && { requested: other }),
      ...(markerCommit !== undefined && { markerCommit }),
      marker: markerCommit === undefined ? noMarker : await this.readMarker(markerCommit),
    };
  }

  private missing(refs: ReadonlyMap<string, string>): PublishProblem {
    const branches = [...refs.keys()].flatMap((ref) => /^refs\/heads\/(.*)$/.exec(ref)?.[1] ?? []);
    const where = withoutUser(this.request.repository);
    if (branches.length === 0)
      return new PublishProblem('repository-empty', `the repository ${where} is empty`, {
        fix: `make its first commit, or say --create to let the publication make the branch "${this.branch}"`,
      });
    const shown = branches.slice(0, 5).join(', ');
    return new PublishProblem('branch-not-found', `the repository ${where} has no branch "${this.branch}"`, {
      fix: `name one of its branches with --branch (${shown}${branches.length > 5 ? ', …' : ''}), or say --create to make it`,
    });
  }

  private async readMarker(commit: string): Promise<Marker> {
    const { exitCode, stdout } = await this.git.run(['cat-file', 'blob', `${commit}:${MARKER_FILE}`]);
    const marker = exitCode === 0 ? parseMarker(stdout.toString('utf8')) : undefined;
    if (!marker) this.machine.onNotice?.(`${this.markerRef} cannot be read: the order of publications starts anew`);
    return marker ?? noMarker;
  }

  /** The last push may have arrived although its answer did not: then it is reported, and not made twice. */
  private async afterLostAnswer(base: Base, number: number): Promise<PublishOutcome | undefined> {
    const { unclear } = this;
    if (!unclear) return undefined;
    this.unclear = undefined;
    const ref = `refs/heads/${this.pushed}`;
    const tip = this.pushed === this.branch ? base.commit : base.requested;
    if (tip === undefined || !(tip === unclear.commit || (await this.repository.holds(ref, unclear.commit))))
      return undefined;
    return { kind: 'published', ...unclear.outcome, attempts: number, commit: unclear.commit };
  }

  private async order({ marker }: Base): Promise<PublishOutcome | undefined> {
    const { source, clusters, setImages } = this.request;
    if (this.request.anyOrder) return undefined;
    for (const [cluster, entry] of Object.entries(marker.clusters).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (clusters && !clusters.includes(cluster)) continue;
      const order = await orderOf(source, entry, source.isAncestor);
      if (order === 'newer') continue;
      if (setImages) {
        // Each image has an order of its own; the rest of the tree must not go back.
        const isBehind = source.commit !== entry.commit && order !== 'same';
        if (isBehind) throw checkoutOlder(cluster, entry, order);
        const pipelines = marker.images[cluster] ?? {};
        const late = (setImages[cluster] ?? []).filter(
          (name) => (pipelines[name] ?? -1) > (source.pipeline ?? Infinity),
        );
        if (late.length > 0)
          return {
            kind: 'outdated',
            ours: told(source),
            theirs: `pipeline ${pipelines[late[0]!]} (image of ${late[0]})`,
          };
        continue;
      }
      if (order === 'older') return { kind: 'outdated', ours: told(source), theirs: told(entry) };
      if (order === 'unknown') throw orderUnknown(cluster, entry);
    }
    return undefined;
  }

  private async plan({ commit }: Base): Promise<PlannedCommit | readonly Finding[]> {
    const listing = commit === undefined ? new Map() : await this.repository.list(commit, this.path);
    const at = (name: string): string => (this.path === '' ? name : `${this.path}/${name}`);
    const read = (oids: readonly string[]) => this.repository.read([...new Set(oids)]);
    const textOf = async (name: string): Promise<string | undefined> => {
      const oid = listing.get(at(name))?.oid;
      return oid === undefined ? undefined : (await read([oid])).get(oid)!.toString('utf8');
    };
    const [indexText, lock] = [await textOf(INDEX_FILE), await textOf(LOCK_FILE)];
    const index = indexText === undefined ? undefined : this.readIndex(indexText, at(INDEX_FILE));
    const tree = await this.treeOn(commit, lock, at(LOCK_FILE));
    if (Array.isArray(tree)) return tree as readonly Finding[];
    await this.showTrees(index, tree as MadeTree, { read, oidOf: (name) => listing.get(at(name))?.oid });
    return planCommit(
      { path: this.path, listing, read, ...(index && { index }), ...(lock !== undefined && { lock }) },
      tree as MadeTree,
      {
        ...(this.request.clusters && { clusters: this.request.clusters }),
        ...(this.request.source.repository !== undefined && { source: this.request.source.repository }),
        takeOver: this.request.takeOver === true,
      },
    );
  }

  private async showTrees(
    index: PublishedIndex | undefined,
    made: MadeTree,
    base: {
      readonly read: (oids: readonly string[]) => Promise<ReadonlyMap<string, Buffer>>;
      readonly oidOf: (name: string) => string | undefined;
    },
  ): Promise<void> {
    const { onTrees, clusters } = this.request;
    if (!onTrees) return;
    // Charts are no cluster's own, and needed to see what a HelmRelease brings.
    const filesOf = (one: PublishedIndex | undefined): string[] => [
      ...Object.entries(one?.clusters ?? {}).flatMap(([name, { files }]) =>
        (clusters?.includes(name) ?? true) ? files : [],
      ),
      ...(one?.files ?? []),
    ];
    const there = filesOf(index).flatMap((name): [string, string][] => {
      const oid = base.oidOf(name);
      return oid === undefined ? [] : [[name, oid]];
    });
    const contents = await base.read(there.map(([, oid]) => oid));
    const after = filesOf(parseIndex(made.files.get(INDEX_FILE) ?? '', INDEX_FILE));
    onTrees(
      new Map(there.map(([name, oid]) => [name, contents.get(oid)!.toString('utf8')])),
      new Map(after.map((name) => [name, made.files.get(name) ?? ''])),
    );
  }

  private readIndex(text: string, file: string) {
    try {
      return parseIndex(text, file);
    } catch (error) {
      if (error instanceof PublishProblem && this.request.takeOver) return undefined;
      throw error;
    }
  }

  /** What the tree is made of decides it: with the same lock it is the same tree. */
  private async treeOn(
    commit: string | undefined,
    lock: string | undefined,
    lockPath: string,
  ): Promise<MadeTree | readonly Finding[]> {
    if (this.made && this.made.lock === lock) return this.made.tree;
    const tree = await this.request.makeTree({
      ...(lock !== undefined && { lock }),
      ...(commit !== undefined && { commit }),
      earlierLocks: async () =>
        (await this.repository.history(`refs/heads/${this.branch}`, lockPath)).filter(({ text }) => text !== lock),
    });
    if (Array.isArray(tree)) return tree as readonly Finding[];
    this.made = { lock, tree: tree as MadeTree };
    return tree;
  }

  /** The branch of a merge request goes on from where it is, and takes the newest state of its target in. */
  private async parentsOf({ commit, requested }: Base): Promise<string[]> {
    return [...(requested === undefined ? [] : [requested]), ...(commit === undefined ? [] : [commit])];
  }

  /** The merge request says already what we would say. */
  private async isRequested({ commit, requested }: Base, ours: string): Promise<boolean> {
    if (requested === undefined || commit === undefined) return false;
    const trees = await this.git.text(['rev-parse', `${requested}^{tree}`, `${ours}^{tree}`]);
    const [there, here] = trees.split('\n');
    return there === here;
  }

  /** Nothing differs. That we were here is worth knowing: an older pipeline that comes later has to see it. */
  private async remember(base: Base, plan: PlannedCommit): Promise<PublishOutcome | PublishProblem> {
    const { requested } = base;
    const closes: RefUpdate[] = requested === undefined ? [] : [{ ref: `refs/heads/${this.pushed}`, from: requested }];
    const marks = await this.markerUpdate(base, plan);
    const outcome: PublishOutcome = {
      kind: 'unchanged',
      branch: this.branch,
      ...(requested !== undefined && { isClosed: true }),
    };
    const updates = [...closes, ...marks];
    if (updates.length === 0) return outcome;
    return (await this.push(updates, [])) ?? outcome;
  }

  /** The ref that remembers the order; none where it would say what it says. */
  private async markerUpdate({ marker, markerCommit }: Base, plan: PlannedCommit): Promise<RefUpdate[]> {
    if (this.isWithoutMarker) return [];
    const { source, setImages = {} } = this.request;
    if (source.commit === undefined && source.pipeline === undefined) return [];
    const entries = Object.entries(plan.digests).map(([cluster, digest]): [string, MarkerEntry] => {
      const before = marker.clusters[cluster];
      const isLater = (before?.pipeline ?? -1) > (source.pipeline ?? -1) && before?.commit === source.commit;
      const pipeline = isLater ? before?.pipeline : source.pipeline;
      return [
        cluster,
        {
          ...(source.repository !== undefined && { repository: source.repository }),
          ...(source.commit !== undefined && { commit: source.commit }),
          ...(pipeline !== undefined && { pipeline }),
          digest,
        },
      ];
    });
    const images = { ...marker.images };
    for (const [cluster, names] of Object.entries(setImages))
      if (source.pipeline !== undefined)
        images[cluster] = { ...images[cluster], ...Object.fromEntries(names.map((name) => [name, source.pipeline!])) };
    const next: Marker = { clusters: { ...marker.clusters, ...Object.fromEntries(entries) }, images };
    if (JSON.stringify(next) === JSON.stringify(marker)) return [];
    const text = `${JSON.stringify(next, null, 2)}\n`;
    const commit = await this.repository.commit(
      undefined,
      { write: new Map([[MARKER_FILE, text]]), remove: [] },
      {
        message: `${this.pushed}${this.path === '' ? '' : `, ${this.path}`}: ${told(source)}\n`,
        parents: markerCommit === undefined ? [] : [markerCommit],
      },
    );
    return [{ ref: this.markerRef, to: commit }];
  }

  private mergeRequestOptions(message: string): string[] {
    const { mergeRequest } = this.request;
    if (!mergeRequest || this.isWithoutOptions) return [];
    // @see docs.gitlab.com/topics/git/commit/#push-options-for-merge-requests; a line break would end the option
    const title = (mergeRequest.title ?? message.split('\n')[0] ?? '').replace(/\s+/g, ' ');
    return [
      'merge_request.create',
      `merge_request.target=${this.branch}`,
      `merge_request.title=${title}`,
      'merge_request.remove_source_branch',
    ];
  }

  /** @returns undefined when it is done, else what stands in the way and may pass */
  private async push(
    updates: readonly RefUpdate[],
    options: readonly string[],
    attempt?: Attempt,
  ): Promise<PublishProblem | undefined> {
    const result = await this.repository.push(updates, [...options, ...(this.request.pushOptions ?? [])]);
    if (result.isPushed) return undefined;
    const { refusal, output } = result;
    const rest = updates.filter(({ ref }) => ref !== this.markerRef);
    if (rest.length < updates.length && this.refusesMarker(output)) {
      this.isWithoutMarker = true;
      this.machine.onNotice?.(
        `the server does not take ${this.markerRef}: only its own rules keep an older pipeline from coming last`,
      );
      return rest.length === 0 ? undefined : this.push(rest, options, attempt);
    }
    if (options.length > 0 && /does not support push options/.test(output)) {
      this.isWithoutOptions = true;
      this.machine.onNotice?.(
        `the server takes no push options: open the merge request of branch "${this.pushed}" by hand`,
      );
      return this.push(updates, [], attempt);
    }
    if (isLost(refusal)) this.unclear = attempt;
    if (refusal.kind === 'final') throw refusal.problem;
    return refusal.problem;
  }

  /** Refused for what it is, not because somebody was faster. */
  private refusesMarker(output: string): boolean {
    if (/does not support --atomic/.test(output)) return true;
    const line = output.split('\n').find((one) => one.startsWith('!') && one.includes(this.markerRef)) ?? '';
    const other = output
      .split('\n')
      .some((one) => one.startsWith('!') && one.includes('refs/heads/') && !/atomic/.test(one));
    return (
      !other && /remote rejected/.test(line) && /hidden ref|funny refname|hook declined|not allowed|deny/i.test(line)
    );
  }
}

/** @see git-check-ref-format(1) */
function isBranchName(name: string): boolean {
  return (
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    !/^[-/]|\.\.|\/\/|@\{|[\x00-\x20\x7f~^:?*[\\]|[/.]$|^@$/.test(name) &&
    name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
  );
}

/** The connection broke: what the server did with it is not known. */
function isLost({ kind, problem }: Refusal): boolean {
  return kind === 'passing' && problem.code === 'server-failed';
}

function told({ commit, pipeline }: { readonly commit?: string; readonly pipeline?: number }): string {
  const parts = [commit && `commit ${commit.slice(0, 12)}`, pipeline !== undefined && `pipeline ${pipeline}`];
  return parts.filter(Boolean).join(', ') || 'no commit';
}

function checkoutOlder(cluster: string, entry: MarkerEntry, order: string): PublishProblem {
  const what = order === 'older' ? 'is older than' : 'is not known to come after';
  return new PublishProblem(
    'checkout-older',
    `this checkout ${what} what cluster "${cluster}" has (${told(entry)}): the tree would go back`,
    { fix: 'fetch and check out the newest commit of the application, and try again' },
  );
}

function orderUnknown(cluster: string, entry: MarkerEntry): PublishProblem {
  return new PublishProblem(
    'order-unknown',
    `nothing tells whether this checkout comes after what cluster "${cluster}" has (${told(entry)})`,
    {
      cause: 'the checkout does not know that commit, and there are no numbers of pipelines to compare',
      fix: 'fetch the whole history (git fetch --unshallow), or say --pipeline NUMBER, or --any-order where history was written anew',
    },
  );
}
