import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

export const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
export const image = (service: string, version: string, letter: string) =>
  `${service}=registry.example.com/shop/${service}:${version}@${digest(letter)}`;
const catalog = {
  platform: {
    namespace: 'shop',
    registry: 'registry.example.com/shop',
    gitops: { url: 'https://git.example.com/gitops.git' },
  },
  clusters: ['staging', 'production'].map((name) => ({ name, domain: `${name}.example.com`, flux: { mode: 'gotk' } })),
  services: [
    { name: 'cart', build: { context: 'src/cart' }, ports: [{ port: 80, protocol: 'http' }] },
    { name: 'web', image: { tag: 'v1' }, ports: [{ port: 80, protocol: 'http' }], env: { CART: { service: 'cart' } } },
  ],
};

/** An application with two services in two clusters, in a checkout of git, and an empty repository for Flux beside it. */
export class GitOpsFolder {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-gitops-cli-')));

  constructor() {
    const { folder } = this;
    mkdirSync(join(folder, 'app', 'src', 'cart'), { recursive: true });
    mkdirSync(join(folder, 'tmp'));
    mkdirSync(join(folder, 'bin'));
    const found = (process.env.PATH ?? '')
      .split(':')
      .map((path) => join(path, 'git'))
      .find(existsSync);
    if (found) symlinkSync(found, join(folder, 'bin', 'git'));
    writeFileSync(join(folder, 'app', 'services.json'), JSON.stringify(catalog, null, 2));
    writeFileSync(join(folder, 'app', 'src', 'cart', 'Dockerfile'), 'FROM scratch\n');
    this.git('app', 'init', '--quiet', '--initial-branch=main');
    this.git('app', 'add', '--all');
    this.git('app', 'commit', '--quiet', '--message', 'one');
    this.git('.', 'init', '--quiet', '--bare', '--initial-branch=main', 'gitops.git');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private env() {
    return {
      // Builders of the machine are no part of a test: git is all that it has.
      PATH: join(this.folder, 'bin'),
      HOME: this.folder,
      TMPDIR: join(this.folder, 'tmp'),
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'Person',
      GIT_AUTHOR_EMAIL: 'person@example.com',
      GIT_COMMITTER_NAME: 'Person',
      GIT_COMMITTER_EMAIL: 'person@example.com',
      AVIARY_GITOPS_REPO: '../gitops.git',
    };
  }

  git(where: string, ...args: string[]): string {
    return execFileSync('git', args, { cwd: join(this.folder, where), env: this.env(), encoding: 'utf8' }).trim();
  }

  /** Runs the command line in the application's checkout. */
  async aviary(...args: string[]) {
    const io = memoryIo({ cwd: join(this.folder, 'app'), env: this.env() });
    const code = await runProgram(args, io);
    const plain = (text: string) => text.replaceAll(this.folder, 'FOLDER').replace(/\b[0-9a-f]{40}\b/g, 'COMMIT');
    return { code, out: plain(io.out), err: plain(io.err) };
  }

  published(path: string): string {
    return this.git('gitops.git', 'show', `main:${path}`);
  }
}
