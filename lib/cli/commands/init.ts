import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Option } from 'commander';
import { dnsLabelError } from '../../kube';
import { ExitCode, UsageError } from '../exit-code';
import { EXAMPLES, FLUX_MODES, MESHES, type ProjectOptions, projectFiles } from '../init/project';
import type { Io } from '../io';
import { version } from '../version';
import { runCi } from './ci';
import type { AddCommand } from './command';

const CI_HOSTS = ['gitlab', 'github', 'none'] as const;

/** Options of `init`. */
export interface InitOptions extends Partial<ProjectOptions> {
  /** Whose pipeline is written. @default 'none' */
  readonly ci?: (typeof CI_HOSTS)[number];
  /** Ask nothing. */
  readonly yes?: boolean;
}

const REPOSITORY = 'https://gitlab.com/example/gitops.git';

/** Adds `init` to the command line. */
export const addInit: AddCommand = (program, { io, exit }) => {
  program
    .command('init')
    .argument('[dir]', 'the folder of the project', '.')
    .description('make a cdk8s project with a catalog, a test and what runs them; nothing is overwritten')
    .option('--name <name>', "name of the project and of its namespace (default: the folder's name)")
    .addOption(new Option('--example <example>', 'the services it begins with').choices(EXAMPLES))
    .addOption(new Option('--mesh <mesh>', 'how traffic is routed, of two-services').choices(MESHES))
    .addOption(new Option('--flux <mode>', 'how Flux is synchronised, of two-services').choices(FLUX_MODES))
    .addOption(new Option('--ci <host>', 'whose pipeline is written').choices(CI_HOSTS).default('none'))
    .option('--repository <url>', 'the repository that Flux watches')
    .option('--domain <domain>', 'domain of the cluster, of two-services')
    .option('--yes', 'ask nothing: what no option says is as in the help', false)
    .action(async (dir: string, options: InitOptions) => exit(await runInit(dir, options, io)));
};

/** Writes the files of a new project, and says which. */
export async function runInit(dir: string, options: InitOptions, io: Io): Promise<ExitCode> {
  const folder = resolve(io.cwd, dir);
  const project = await complete(folder, options, io);
  const error = dnsLabelError(project.name);
  if (error) throw new UsageError(`the name ${JSON.stringify(project.name)} ${error}: give another with --name`);
  const written: string[] = [];
  const kept: string[] = [];
  for (const [file, text] of projectFiles(project)) {
    const path = join(folder, file);
    if (existsSync(path)) {
      kept.push(file);
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    written.push(file);
  }
  for (const [host, file] of pipelinesOf(options.ci ?? 'none')) {
    if (existsSync(join(folder, file))) {
      kept.push(file);
      continue;
    }
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    const own = { catalog: 'services.json', out: file, install: true, test: ['npx jest --ci'] };
    const code = await runCi(host, own, { ...io, cwd: folder });
    if (code !== ExitCode.ok) return code;
    written.push(file);
  }
  const where = relative(io.cwd, folder);
  if (written.length > 0) io.stdout.write(`wrote ${written.join(', ')}${where === '' ? '' : ` in ${where}`}\n`);
  if (kept.length > 0) io.stdout.write(`there already, and left as they are: ${kept.join(', ')}\n`);
  io.stdout.write(nextSteps(where, folder, io));
  return ExitCode.ok;
}

/** A checkout knows of no registry that has the package: it makes one of itself. */
function nextSteps(where: string, folder: string, { cwd, env }: Io): string {
  const enter = where === '' ? '' : `cd ${where} && `;
  const root = env.AVIARY_ROOT;
  if (root === undefined || !existsSync(join(root, 'lib', 'cli')))
    return `next: ${enter}npm install && npx cdk8s synth && npm test\n`;
  const from = (place: string) => relative(place, root) || '.';
  return [
    `next: this is a checkout, of which a package is made first; where a registry has ${PACKAGE}, "npm install" is enough\n`,
    `  npm pack ${from(cwd)}\n`,
    `  ${enter}npm install --save-dev ${relative(folder, join(cwd, `${PACKAGE}-${version}.tgz`))} && npx cdk8s synth && npm test\n`,
  ].join('');
}

const PACKAGE = 'cdk8s-aviary';

/** What `aviary ci` writes into the project: a Makefile in any case. */
function pipelinesOf(
  ci: (typeof CI_HOSTS)[number],
): (readonly [host: 'gitlab' | 'github' | 'makefile', file: string])[] {
  const makefile = ['makefile', 'Makefile'] as const;
  switch (ci) {
    case 'gitlab':
      return [makefile, ['gitlab', '.gitlab-ci.yml']];
    case 'github':
      return [makefile, ['github', '.github/workflows/gitops.yml']];
    case 'none':
      return [makefile];
  }
}

/** What no option says is asked on a terminal, and taken as the help has it elsewhere. */
async function complete(folder: string, options: InitOptions, io: Io): Promise<ProjectOptions> {
  const name = options.name ?? defaultName(folder);
  const defaults: ProjectOptions = {
    name,
    example: 'two-services',
    mesh: 'kubernetes',
    flux: 'FluxInstance',
    repository: REPOSITORY,
    domain: 'example.com',
  };
  const { yes, ci: _, ...said } = options;
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  if (yes || !io.stdout.isTTY || io.env.CI) return { ...defaults, ...given };
  // Loaded here: no other command asks.
  const { askForProject } = require('../init/ask') as typeof import('../init/ask');
  return askForProject({ ...defaults, ...given }, new Set(Object.keys(given)));
}

/** The folder's name as a DNS label. */
function defaultName(folder: string): string {
  const label = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return label === '' ? 'shop' : label;
}
