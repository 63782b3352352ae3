import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MadeTree } from './plan-commit';
import { type PublishMachine, type PublishOutcome, type PublishRequest, publish } from './publish';
import type { Source } from './source';

const quiet = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
const person = {
  GIT_AUTHOR_NAME: 'Person',
  GIT_AUTHOR_EMAIL: 'person@example.com',
  GIT_COMMITTER_NAME: 'Person',
  GIT_COMMITTER_EMAIL: 'person@example.com',
};

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

/** A bare repository on the disk, with what tests ask of it. */
export class TestRepository {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-gitops-')));
  readonly address = join(this.folder, 'gitops.git');
  readonly temporary = join(this.folder, 'tmp');

  constructor(files: Files | null = { 'README.md': 'ours\n' }) {
    mkdirSync(this.temporary);
    this.run(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', this.address], this.folder);
    if (files) this.commit(files);
  }

  run(args: readonly string[], cwd: string = this.address, input = ''): string {
    const env = { PATH: process.env.PATH, HOME: this.folder, ...quiet, ...person };
    return execFileSync('git', args, { cwd, env, encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] }).trim();
  }

  /** As somebody else does it: adds these files to the branch. `null` removes one. */
  commit(files: Readonly<Record<string, string | null>>, branch = 'main'): string {
    const hasBranch = this.branches().includes(branch);
    const changes = Object.entries(files).map(([path, text]) =>
      text === null ? `D ${path}\n` : `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
    );
    const who = 'committer Person <person@example.com> 1700000000 +0000';
    const from = hasBranch ? `from refs/heads/${branch}^0\n` : '';
    const input = `commit refs/heads/${branch}\n${who}\ndata 7\nby hand\n${from}${changes.join('')}\n`;
    this.run(['fast-import', '--quiet'], this.address, input);
    return this.run(['rev-parse', branch]);
  }

  branches(): string[] {
    return this.run(['for-each-ref', '--format=%(refname:short)', 'refs/heads']).split('\n').filter(Boolean);
  }

  /** Paths of a branch. */
  files(branch = 'main'): string[] {
    return this.run(['ls-tree', '-r', '--name-only', branch]).split('\n').filter(Boolean);
  }

  show(path: string, branch = 'main'): string {
    return this.run(['show', `${branch}:${path}`]);
  }

  /** Newest first. */
  log(branch = 'main', format = '%s'): string[] {
    return this.run(['log', `--format=${format}`, branch]).split('\n');
  }

  hook(name: string, script: string): void {
    const file = join(this.address, 'hooks', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  machine(changes: Partial<PublishMachine> = {}): PublishMachine {
    return {
      env: { PATH: process.env.PATH, HOME: this.folder, ...quiet },
      temporaryFolder: this.temporary,
      sleep: async () => undefined,
      random: () => 0,
      ...changes,
    };
  }

  publish(
    tree: MadeTree | PublishRequest['makeTree'],
    request: Partial<PublishRequest> = {},
    machine: Partial<PublishMachine> = {},
  ): Promise<PublishOutcome> {
    const makeTree = typeof tree === 'function' ? tree : async () => tree;
    return publish({ repository: this.address, source: sourceAt(), makeTree, ...request }, this.machine(machine));
  }
}

/** Commits `a` to `z` are one line of history, in the order of the alphabet. */
export function sourceAt(
  letter = 'a',
  { pipeline, repository = 'https://git.example.com/shop/app.git' }: { pipeline?: number; repository?: string } = {},
): Source {
  return {
    repository,
    commit: letter.repeat(40),
    isDirty: false,
    ...(pipeline !== undefined && { pipeline }),
    isAncestor: async (ancestor, descendant) => ancestor <= descendant,
  };
}

/** A tree as a synth gives it: objects by service, in each of the clusters. */
export function treeOf(
  services: Readonly<Record<string, string>>,
  { clusters = ['staging'], lock, wave = 0 }: { clusters?: readonly string[]; lock?: string; wave?: number } = {},
): MadeTree {
  const files = new Map<string, string>();
  const index: Record<string, unknown> = {};
  for (const cluster of clusters) {
    const folder = `clusters/${cluster}/apps/wave-${wave}`;
    const names = Object.keys(services).sort();
    for (const name of names) files.set(`${folder}/${name}.yaml`, configMap(name, services[name]!));
    files.set(
      `${folder}/kustomization.yaml`,
      `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${names.map((name) => `  - ${name}.yaml\n`).join('')}`,
    );
    index[cluster] = {
      files: [...files.keys()].filter((path) => path.startsWith(`clusters/${cluster}/`)).sort(),
      releases: Object.fromEntries(names.map((name) => [name, `sha256:${services[name]}`])),
    };
  }
  files.set('index.json', `${JSON.stringify({ clusters: index }, null, 2)}\n`);
  return { files, ...(lock !== undefined && { lock }) };
}

/** The text of a ConfigMap with one value. */
export function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: shop\ndata:\n  value: "${value}"\n`;
}
