import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DiffReport } from '../../diff';
import type { Finding } from '../../findings';
import { type ExitCode, UsageError } from '../exit-code';
import type { CheckedOutTree } from '../git-tree';
import { type Io, wantsColor } from '../io';
import { numberFrom, oneOf, positiveNumber } from '../option-values';
import { version } from '../version';
import type { AddCommand } from './command';

const formats = ['text', 'json', 'markdown', 'gitlab'] as const;

/** As of `diff` and `terraform plan`: 0 nothing changes, 2 something does, 1 it could not be compared. */
const DiffExit = { same: 0, failed: 1, changed: 2 } as const;

/** A line with a name, what changes and what will happen has room in it. */
const SHORTEST_PAGE = 1000;

/** Options of `diff`. */
export interface DiffCommandOptions {
  readonly trees: readonly string[];
  readonly base?: string;
  readonly against?: string;
  readonly path: string;
  readonly format: (typeof formats)[number];
  readonly full: boolean;
  readonly limit: number;
  readonly page?: number;
  readonly exitZero: boolean;
}

/** Adds `diff` to the command line. */
export const addDiff: AddCommand = (program, { io, exit }) => {
  program
    .command('diff')
    .description('tell what a change of the tree will do, and what is dangerous about it')
    .argument('[trees...]', 'two folders: before and after; one with --base or --against (default: dist)')
    .option('--base <ref>', 'compare with the folder as it is in this commit, branch or tag of its git repository')
    .option('--against <repository>', 'compare with another repository: URL#branch')
    .option('--path <folder>', 'the folder in the repository of --against', '')
    .option('--format <format>', `one of ${formats.join(', ')}`, oneOf(formats), 'text')
    .option('--full', 'every field of every object (text)', false)
    .option(
      '--limit <characters>',
      'no page is longer (markdown): 1000000 for GitLab, 65536 for GitHub',
      numberFrom(SHORTEST_PAGE),
      1_000_000,
    )
    .option('--page <number>', 'print this page alone (markdown)', positiveNumber)
    .option('--exit-zero', 'exit with 0 where something changes, too', false)
    .addHelpText('after', '\nExit codes: 0 nothing changes, 2 something changes, 1 it could not be compared.')
    .action(async (trees: string[], options: Omit<DiffCommandOptions, 'trees'>) =>
      exit((await runDiff({ ...options, trees }, io)) as ExitCode),
    );
};

/** What it says goes to stdout, what could not be read to stderr. */
export async function runDiff(options: DiffCommandOptions, io: Io): Promise<number> {
  let checkedOut: CheckedOutTree | undefined;
  try {
    const [before, after] = await twoTrees(options, io, (tree) => {
      checkedOut = tree;
    });
    const { KnownFiles, readTree } = require('../read-tree') as typeof import('../read-tree');
    const { withChartObjects } = require('../chart-objects') as typeof import('../chart-objects');
    const { diffClusters, reportDiff } = require('../../diff') as typeof import('../../diff');
    const known = new KnownFiles();
    const [from, to] = [readTree(before, io, known), readTree(after, io, known)];
    const charts = await withChartObjects(
      [
        { root: before, ...from },
        { root: after, ...to },
      ],
      io,
    );
    const problems = [...newProblems(from.findings, to.findings), ...charts.findings];
    if (problems.length > 0) writeProblems(problems, io);
    const report = reportDiff(diffClusters(charts.trees[0]!, charts.trees[1]!));
    if (!print(report, options, to.source, io)) return DiffExit.failed;
    if (problems.some(({ severity }) => severity === 'error')) return DiffExit.failed;
    return report.clusters.length === 0 || options.exitZero ? DiffExit.same : DiffExit.changed;
  } catch (error) {
    // Its own code for "something changes" is that of a wrong command line elsewhere.
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    return DiffExit.failed;
  } finally {
    checkedOut?.remove();
  }
}

async function twoTrees(
  { trees, base, against, path }: DiffCommandOptions,
  io: Io,
  keep: (tree: CheckedOutTree) => void,
): Promise<readonly [before: string, after: string]> {
  const at = (folder: string) => resolve(io.cwd, folder);
  if (base !== undefined && against !== undefined) throw new UsageError('--base and --against: one of them');
  if (base === undefined && against === undefined) {
    const [before, after] = trees;
    if (before === undefined || after === undefined || trees.length > 2)
      throw new UsageError('name two folders (before and after), or one and --base or --against');
    return [at(before), at(after)];
  }
  if (trees.length > 1) throw new UsageError('with --base or --against name one folder: the one after the change');
  const after = at(trees[0] ?? 'dist');
  if (!existsSync(after)) throw new UsageError(`there is no ${after}`);
  const { treeOfRef, treeOfRepository } = require('../git-tree') as typeof import('../git-tree');
  const tree = base !== undefined ? await treeOfRef(base, after, io) : await treeOfRepository(against!, path, io);
  keep(tree);
  return [tree.folder, after];
}

/** What cannot be read in both trees is no news. */
function newProblems(before: readonly Finding[], after: readonly Finding[]): Finding[] {
  const keyOf = ({ code, place, message }: Finding) => `${code}\0${place.file}\0${message}`;
  const known = new Set(before.map(keyOf));
  return after.filter((finding) => !known.has(keyOf(finding)));
}

function writeProblems(problems: readonly Finding[], io: Io): void {
  const { formatText } = require('../../findings') as typeof import('../../findings');
  io.stderr.write(formatText(problems, { color: wantsColor(io.stderr, io.env) }));
}

/** False where there is nothing to print: no such page. */
function print(
  report: DiffReport,
  { format, full, limit, page }: DiffCommandOptions,
  source: (file: string) => string | undefined,
  io: Io,
): boolean {
  const all = require('../../diff') as typeof import('../../diff');
  switch (format) {
    case 'text':
      io.stdout.write(all.diffText(report, { color: wantsColor(io.stdout, io.env), full }));
      return true;
    case 'json':
      io.stdout.write(all.diffJson(report));
      return true;
    case 'gitlab': {
      const { formatGitlab } = require('../../findings') as typeof import('../../findings');
      io.stdout.write(formatGitlab(report.dangers, { version, source }));
      return true;
    }
    case 'markdown':
      return printPages(all.diffMarkdown(report, { limit }), page, io);
    default: {
      const never: never = format;
      return never;
    }
  }
}

function printPages(pages: readonly string[], page: number | undefined, io: Io): boolean {
  if (page === undefined) {
    io.stdout.write(pages.join('\n'));
    if (pages.length > 1) io.stderr.write(`${pages.length} pages: --page 1 to --page ${pages.length} print one each\n`);
    return true;
  }
  const text = pages[page - 1];
  if (text === undefined) io.stderr.write(`error: there is no page ${page}: the note has ${pages.length}\n`);
  else io.stdout.write(text);
  return text !== undefined;
}
