import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** A program that is built, unchanged, from the Go modules that e2e/tools/<name>/go.mod pins. */
export interface Tool {
  readonly name: ToolName;
  /** The package that has `main`; `.` is our own lines around code that is no command, or no package of its own. */
  readonly pkg: string;
  /** The module that decides the version shown in the report. */
  readonly module: string;
}

export type ToolName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kwok'
  | 'flagger'
  | 'loadtester'
  | 'source-controller'
  | 'kustomize-controller'
  | 'helm-controller'
  | 'helm'
  | 'registry'
  | 'flux-health'
  | 'yaml-readers'
  | 'actionlint';

const table: readonly Tool[] = [
  { name: 'etcd', pkg: '.', module: 'go.etcd.io/etcd/server/v3' },
  { name: 'kube-apiserver', pkg: '.', module: 'k8s.io/kubernetes' },
  { name: 'kube-controller-manager', pkg: '.', module: 'k8s.io/kubernetes' },
  { name: 'kwok', pkg: 'sigs.k8s.io/kwok/cmd/kwok', module: 'sigs.k8s.io/kwok' },
  { name: 'flagger', pkg: 'github.com/fluxcd/flagger/cmd/flagger', module: 'github.com/fluxcd/flagger' },
  { name: 'loadtester', pkg: 'github.com/fluxcd/flagger/cmd/loadtester', module: 'github.com/fluxcd/flagger' },
  {
    name: 'source-controller',
    pkg: 'github.com/fluxcd/source-controller',
    module: 'github.com/fluxcd/source-controller',
  },
  {
    name: 'kustomize-controller',
    pkg: 'github.com/fluxcd/kustomize-controller',
    module: 'github.com/fluxcd/kustomize-controller',
  },
  { name: 'helm-controller', pkg: 'github.com/fluxcd/helm-controller', module: 'github.com/fluxcd/helm-controller' },
  { name: 'helm', pkg: 'helm.sh/helm/v4/cmd/helm', module: 'helm.sh/helm/v4' },
  {
    name: 'registry',
    pkg: '.',
    module: 'github.com/distribution/distribution/v3',
  },
  { name: 'flux-health', pkg: '.', module: 'github.com/fluxcd/pkg/runtime' },
  { name: 'yaml-readers', pkg: '.', module: 'sigs.k8s.io/kustomize/api' },
  { name: 'actionlint', pkg: 'github.com/rhysd/actionlint/cmd/actionlint', module: 'github.com/rhysd/actionlint' },
];

/** What the api tier needs. */
export const apiTools: readonly ToolName[] = ['etcd', 'kube-apiserver', 'flux-health', 'yaml-readers'];

/** What the whole run needs; actionlint belongs to a test of the pipelines. */
export const allTools: readonly ToolName[] = table.map(({ name }) => name).filter((name) => name !== 'actionlint');

/** Where a tool is once it has been built from the sources that it has now. */
export function builtPath(name: ToolName, root: string, env: NodeJS.ProcessEnv): string {
  const source = join(root, 'e2e', 'tools', name);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) {
    if (existsSync(join(source, file))) hash.update(file).update(readFileSync(join(source, file)));
  }
  return join(cacheFolder(env), `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/** Where built programs are kept: AVIARY_E2E_CACHE, else aviary-e2e in the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env.AVIARY_E2E_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'aviary-e2e');
}

/** Version of a module as a go.mod pins it; its replacement's version where there is one. */
export function pinnedVersion(goMod: string, module: string): string {
  const escaped = module.replaceAll(/[.\\/]/g, '\\$&');
  const match =
    goMod.match(new RegExp(`^(?:replace)?\\s*${escaped} => \\S+ (v\\S+)`, 'm')) ??
    goMod.match(new RegExp(`^(?:require)?\\s*${escaped} (v\\S+)`, 'm'));
  if (!match?.[1]) throw new Error(`go.mod does not pin ${module}`);
  return match[1];
}

/** Linker flags: without a version of their own, kubectl and CEL would see Kubernetes v0.0.0. */
export function linkerFlags(tool: Tool, version: string): string {
  if (tool.module !== 'k8s.io/kubernetes') return '-s -w';
  const [major, minor] = version.slice(1).split('.');
  const set = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return [
    '-s -w',
    ...Object.entries(set).map(([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`),
  ].join(' ');
}

export interface BuildOptions {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/**
 * Paths of the programs, built where they are missing: once for each go.mod, go.sum and main.go. An interrupted build goes
 * on where it stopped (Go's own build cache); a program appears under its name only when it is whole.
 */
export class Tools {
  private readonly paths = new Map<ToolName, Promise<string>>();

  constructor(private readonly options: BuildOptions) {}

  /** The module whose requirements hold the definitions (see crds.ts). */
  get crdFolder(): string {
    return join(this.options.root, 'e2e', 'tools', 'crds');
  }

  folder(name: ToolName): string {
    return join(this.options.root, 'e2e', 'tools', name);
  }

  version(name: ToolName): string {
    return pinnedVersion(readFileSync(join(this.folder(name), 'go.mod'), 'utf8'), toolNamed(name).module);
  }

  path(name: ToolName): Promise<string> {
    const path = this.paths.get(name) ?? this.build(toolNamed(name));
    this.paths.set(name, path);
    return path;
  }

  /** Builds one after the other: each build uses all processors by itself. */
  async buildAll(names: readonly ToolName[]): Promise<void> {
    for (const name of names) await this.path(name);
  }

  private async build(tool: Tool): Promise<string> {
    const source = this.folder(tool.name);
    const path = builtPath(tool.name, this.options.root, this.options.env);
    if (existsSync(path)) return path;
    mkdirSync(dirname(path), { recursive: true });
    const partial = `${path}.${process.pid}`;
    const version = this.version(tool.name);
    const started = Date.now();
    const progress = setInterval(
      () => this.options.log(`building ${tool.name} ${version}: ${Math.round((Date.now() - started) / 1000)} s`),
      30_000,
    );
    this.options.log(`building ${tool.name} ${version}`);
    try {
      const args = ['build', '-trimpath', '-mod=readonly', '-ldflags', linkerFlags(tool, version), '-o', partial];
      await run('go', [...args, tool.pkg], { cwd: source, env: { ...this.options.env, GOFLAGS: '' } });
      renameSync(partial, path);
    } finally {
      clearInterval(progress);
      rmSync(partial, { force: true });
    }
    this.options.log(`built ${tool.name} ${version} in ${Math.round((Date.now() - started) / 1000)} s`);
    return path;
  }
}

function toolNamed(name: ToolName): Tool {
  const tool = table.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`no tool is named ${name}`);
  return tool;
}

/** Runs a program to its end: its stdout, or an error that ends with its stderr. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT' ? new Error(`${command} is not installed (needed for: ${args.join(' ')})`) : error,
      ),
    );
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else {
        const tail = Buffer.concat(stderr).toString().trim().split('\n').slice(-15).join('\n');
        reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${tail}`));
      }
    });
  });
}
