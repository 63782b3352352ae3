import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { createColors } from 'picocolors';
import { type Finding, formatText, summarize, summaryText } from '../lib/findings';
import { type Disk, sortByCluster } from '../lib/manifests';
import { runPreflight } from '../lib/preflight';
import { buildWorld } from '../lib/world';
import { terminalSvg } from './terminal-svg';

const EXAMPLE = join(__dirname, '..', 'examples', 'seed-failure');
const COLUMNS = 104;
const MESSAGE =
  'Halt advancement no values found for istio metric request-success-rate probably frontend.microservices-demo is not receiving traffic';

const { bold, dim, green, red, yellow } = createColors(true);

const disk: Disk = {
  kindOf: (path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? 'file' : stats?.isDirectory() ? 'folder' : undefined;
  },
  read: (path) => readFileSync(path),
  realPath: (path) => realpathSync(path),
};

/** docs/preflight.svg: what Flagger says, what preflight says of the same manifests before the push, and the lines that cure it. */
export function preflightPicture(): string {
  const { findings, sources } = check('manifests');
  const cured = check('cured').findings;
  const root = findings[0]!;
  const shown = formatText([root], { color: true, source: (file) => sources.get(file) })
    .split('\n\n')[0]!
    .split('\n')
    .filter((line) => !line.startsWith('  more: '))
    .join('\n');
  const text = [
    dim('# minutes after the push, Flagger says'),
    yellow(MESSAGE),
    '',
    dim('# before the push'),
    `${green('$')} ${bold('npx aviary preflight --manifests .')}`,
    shown,
    '',
    bold(summaryText(summarize(findings))),
    '',
    dim('# the lines that cure it'),
    ...['canary.yaml', 'gateway.yaml', 'frontend.yaml'].flatMap(changes),
    '',
    `${green('$')} ${bold('npx aviary preflight --manifests .')}`,
    summaryText(summarize(cured)),
  ].join('\n');
  return terminalSvg(text, 'aviary preflight names the cause of a message of Flagger before the push', COLUMNS);
}

function check(folder: string): {
  readonly findings: readonly Finding[];
  readonly sources: ReadonlyMap<string, string>;
} {
  const cwd = join(EXAMPLE, folder);
  const files = readdirSync(cwd)
    .sort()
    .map((file) => ({ file, content: readFileSync(join(cwd, file)) }));
  const { clusters } = sortByCluster(files, { cwd, disk, builder: () => undefined });
  const findings = clusters.flatMap(({ inputs }) => runPreflight(buildWorld(inputs)).findings);
  return { findings, sources: new Map(files.map(({ file, content }) => [file, content.toString()])) };
}

/** The changed lines of a file below its name, painted; of objects that are gone, what they are. */
function changes(file: string): string[] {
  const [before, after] = ['manifests', 'cured'].map((folder) => readFileSync(join(EXAMPLE, folder, file), 'utf8'));
  const lines = createTwoFilesPatch(file, file, before!, after!, undefined, undefined, { context: 0 })
    .split('\n')
    .filter((line) => /^[+-]/.test(line) && !/^(---|\+\+\+) /.test(line))
    .filter((line) => line.startsWith('+') || /^-(kind| {2}name):/.test(line));
  return [dim(file), ...lines.map((line) => (line.startsWith('+') ? green(line) : red(line)))];
}
