import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GitServer } from '../lib/git-server';
import type { KubeClient } from '../lib/kube-client';
import type { Tier } from '../lib/tier';
import { run } from '../lib/tools';
import { waitFor } from '../lib/wait';

export const title = 'GitLab pipeline';

/** Runs on node 20; the newest wants 22. @see npmjs.com/package/gitlab-ci-local */
const RUNNER = 'gitlab-ci-local@4.61.1';
const namespace = 'pipeline';
const token = 'planted-token-of-the-pipeline';
const names = ['cart', 'web'] as const;

/** The token that the git server of this tier asks for. */
export const gitServerOptions = { token };

/**
 * From a merge request to the running Deployment: the pipeline that `aviary ci gitlab` writes, run by gitlab-ci-local, images by a stand-in
 * builder, the tree published to a repository that asks for a token, and applied by the real source- and kustomize-controller.
 */
export async function runGitlab(
  { folder, root, reporter, client }: Tier,
  { git, registry }: { readonly git: GitServer; readonly registry: string },
): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const place = join(folder, 'gitlab');
  const application = new Application(place, root, git);
  await reporter.step(title, 'the pipeline of a merge request: a fault is found, and mended', async (say) => {
    await application.make();
    await application.commit('two services', {});
    await application.commit('a canary whose weights never reach its end', { stepWeight: 150 });
    const broken = await application.pipeline({ isMergeRequest: true });
    if (broken.code === 0 || !/FAIL {2}preflight/.test(broken.output)) throw new Error(broken.output);
    say(`refused: ${/error: .*\[[a-z-]+\]/.exec(broken.output)?.[0]}`);
    await application.commit('mended', {});
    const { code, output } = await application.pipeline({ isMergeRequest: true });
    if (code !== 0) throw new Error(output);
    say(lines(output, /changed\s+> (.*)/g).join('; '));
  });
  const passed = await reporter.step(
    title,
    'the default branch: images are built, and published to staging',
    async (say) => {
      const { code, output } = await application.pipeline();
      if (code !== 0 || !/published \d+ files to main/.test(output)) throw new Error(output);
      const built = application.builds();
      if (built.length !== names.length) throw new Error(`built: ${built.join(', ')}`);
      say(`built ${built.join(', ')}; ${/published \d+ files to main[^\n]*/.exec(output)?.[0]}`);
      noToken(output);
    },
  );
  if (!passed) return;
  await reporter.step(title, "Flux applies it: the image's digest is in the Deployment", async (say) => {
    await follow(client, git.url);
    for (const name of names) say(`${name}: ${await running(client, name, application.digest(name))}`);
  });
  await reporter.step(title, 'a change of one service builds and rolls out that one', async (say) => {
    const before = application.builds().length;
    await application.commit('cart: another price', {}, { 'src/cart/main.go': 'package main // 2\n' });
    const { code, output } = await application.pipeline();
    if (code !== 0) throw new Error(output);
    const built = application.builds().slice(before);
    if (built.join() !== 'cart') throw new Error(`built: ${built.join(', ')}`);
    await reconcile(client);
    say(`built ${built.join(', ')}; ${await running(client, 'cart', application.digest('cart'))}`);
    const again = await application.pipeline();
    if (!/nothing to publish/.test(again.output)) throw new Error(again.output);
    say('the same commit again: no image is built, and nothing is published');
    if (application.builds().length !== before + 1) throw new Error('an image was built again');
  });
  await reporter.step(title, 'promotion asks for a merge request, and rollback is a commit', async (say) => {
    const promoted = await application.job('promote:production');
    if (promoted.code !== 0) throw new Error(promoted.output);
    const branches = await run('git', ['for-each-ref', '--format=%(refname:short)', 'refs/heads'], { cwd: git.bare });
    if (!branches.includes('aviary/promote-production')) throw new Error(`${branches}\n${promoted.output}`);
    const lock = await run('git', ['show', 'aviary/promote-production:images.lock.json'], { cwd: git.bare });
    const { clusters } = JSON.parse(lock) as { clusters: Record<string, object> };
    if (JSON.stringify(clusters.production) !== JSON.stringify(clusters.staging)) throw new Error(lock);
    say('branch aviary/promote-production holds the images of staging for production; main does not');
    const back = await application.aviary('rollback', 'cart', '--cluster', 'staging');
    if (back.code !== 0) throw new Error(back.output);
    await reconcile(client);
    say(`rolled back: ${await running(client, 'cart', application.digest('cart', 1))}`);
    noToken(promoted.output, back.output, await run('git', ['log', '--all', '--patch'], { cwd: git.bare }));
  });
  await reporter.step(
    title,
    'the tree as an OCI artifact, in a real registry, read by source-controller',
    async (say) => {
      const push = () =>
        application.aviary('publish', '--cluster', 'staging', '--oci', `oci://${registry}/shop/manifests:staging`);
      const first = await push();
      if (first.code !== 0) throw new Error(first.output);
      say(first.output.trim());
      const digest = /as (sha256:[0-9a-f]{64})/.exec(first.output)?.[1];
      const revision = await followArtifact(client, registry);
      if (!digest || !revision.includes(digest)) throw new Error(`source-controller has ${revision}`);
      say(`source-controller: ${revision}; Deployment cart is applied`);
      const again = await push();
      if (!/nothing to push/.test(again.output)) throw new Error(again.output);
      say(again.output.trim());
    },
  );
}

/** Flux reads the artifact, and applies it to a namespace of its own. */
async function followArtifact(client: KubeClient, registry: string): Promise<string> {
  const own = `${namespace}-oci`;
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: own } });
  const metadata = { name: own, namespace: 'flux-system' };
  await client.apply({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata,
    spec: { url: `oci://${registry}/shop/manifests`, ref: { tag: 'staging' }, insecure: true, interval: '10s' },
  } as never);
  await client.apply({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata,
    spec: {
      interval: '10s',
      path: './clusters/staging/apps/wave-0',
      prune: true,
      targetNamespace: own,
      sourceRef: { kind: 'OCIRepository', name: own },
    },
  } as never);
  return waitFor(
    'Deployment cart of the artifact',
    async () => {
      const source = await client.get('source.toolkit.fluxcd.io/v1', 'OCIRepository', 'flux-system', own);
      const deployment = await client.get('apps/v1', 'Deployment', own, 'cart');
      const { revision, metadata: about } = (source?.status?.artifact ?? {}) as Record<string, unknown>;
      return deployment && typeof revision === 'string' ? `${revision}, ${JSON.stringify(about)}` : undefined;
    },
    {
      timeoutSeconds: 120,
      describe: async () =>
        JSON.stringify((await client.get('source.toolkit.fluxcd.io/v1', 'OCIRepository', 'flux-system', own))?.status),
    },
  );
}

function noToken(...texts: readonly string[]): void {
  if (texts.some((text) => text.includes(token))) throw new Error('the token is in what was said or committed');
}

const lines = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, line]) => line ?? '');

/** One source and one Kustomization for the services: what they stand on (mesh, Flagger) has sections of its own. */
async function follow(client: KubeClient, url: string): Promise<void> {
  const credentials = { username: 'flux', password: token };
  const data = Object.fromEntries(
    Object.entries(credentials).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const metadata = { name: 'pipeline', namespace: 'flux-system' };
  await client.apply({ apiVersion: 'v1', kind: 'Secret', metadata, data } as never);
  await client.apply({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata,
    spec: { url, ref: { branch: 'main' }, interval: '10s', secretRef: { name: 'pipeline' } },
  } as never);
  await client.apply({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata,
    spec: {
      interval: '10s',
      path: './clusters/staging/apps/wave-0',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'pipeline' },
    },
  } as never);
}

async function reconcile(client: KubeClient): Promise<void> {
  await client.merge('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system', 'pipeline', {
    metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } },
  });
}

/** Waits until the Deployment has the digest; returns its image. */
async function running(client: KubeClient, name: string, digest: string): Promise<string> {
  const image = async (): Promise<string | undefined> => {
    const object = (await client.get('apps/v1', 'Deployment', namespace, name)) as unknown as
      | { spec: { template: { spec: { containers: { image: string }[] } } } }
      | undefined;
    return object?.spec.template.spec.containers[0]?.image;
  };
  return waitFor(
    `Deployment ${name} with ${digest}`,
    async () => {
      const seen = await image();
      return seen?.endsWith(digest) ? seen : undefined;
    },
    {
      timeoutSeconds: 120,
      describe: async () =>
        `it has ${await image()}; ${JSON.stringify((await client.get('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'flux-system', 'pipeline'))?.status)}`,
    },
  );
}

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** The application's checkout, and the runner of its pipelines. */
class Application {
  private readonly checkout: string;

  constructor(
    private readonly folder: string,
    private readonly root: string,
    private readonly git: GitServer,
  ) {
    this.checkout = join(folder, 'app');
  }

  private get command(): string {
    return `node ${join(this.root, 'bin', 'aviary.js')}`;
  }

  async make(): Promise<void> {
    for (const name of names) mkdirSync(join(this.checkout, 'src', name), { recursive: true });
    for (const name of ['bin', 'home/.gitlab-ci-local', 'first'])
      mkdirSync(join(this.folder, name), { recursive: true });
    for (const name of names)
      writeFileSync(join(this.checkout, 'src', name, 'Dockerfile'), `FROM scratch\nLABEL name=${name}\n`);
    writeFileSync(
      join(this.checkout, '.gitignore'),
      '.gitlab-ci-local/\nbuilt-images/\nimages-*.yml\nmetadata-*.json\ngl-*.json\nchanged.txt\n',
    );
    this.builder();
    // The runner takes a value that begins with a slash for a file.
    const variables = { AVIARY_GITOPS_REPO: this.git.url, AVIARY_GIT_TOKEN: token };
    writeFileSync(
      join(this.folder, 'home', '.gitlab-ci-local', 'variables.yml'),
      JSON.stringify({ global: variables }),
    );
    writeFileSync(join(this.folder, 'first', 'README.md'), 'by hand\n');
    await this.git.push(join(this.folder, 'first'), 'by hand');
    await this.run('git', ['init', '--quiet', '--initial-branch=main']);
    await this.run('git', ['remote', 'add', 'origin', 'git@gitlab.example.com:shop/app.git']);
    // With the user's own settings of npm: where packages come from is no matter of this test.
    const folder = join(this.folder, 'runner');
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, RUNNER]);
  }

  /** Records what it is asked, and gives the digest of what it was given. */
  private builder(): void {
    const file = join(this.folder, 'bin', 'buildctl-daemonless.sh');
    writeFileSync(
      file,
      `#!/bin/sh
for word; do case "$before" in --metadata-file) out=$word;; esac; case "$word" in context=*) context=\${word#context=};; esac; before=$word; done
digest=$(cat "$context"/* | sha256sum | cut -c1-64)
echo "$(basename "$context") sha256:$digest" >> ${this.folder}/builds
printf '{"containerimage.digest": "sha256:%s"}' "$digest" > "$out"
`,
    );
    chmodSync(file, 0o755);
  }

  /** Services in the order of their builds. */
  builds(): string[] {
    return this.recorded().map(([name]) => name!);
  }

  /** Of the newest build of a service, or of an earlier one. */
  digest(service: string, ago = 0): string {
    const [, digest] =
      this.recorded()
        .filter(([name]) => name === service)
        .at(-1 - ago) ?? [];
    if (digest === undefined) throw new Error(`${service} was not built`);
    return digest;
  }

  private recorded(): string[][] {
    try {
      return readFileSync(join(this.folder, 'builds'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
    } catch {
      return [];
    }
  }

  async commit(message: string, canary: object, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const hasCanary = Object.keys(canary).length > 0;
    const catalog = {
      platform: {
        namespace,
        mesh: 'kubernetes',
        registry: 'registry.example.com/shop',
        gitops: { url: 'https://git.example.com/gitops.git' },
      },
      clusters: ['staging', 'production'].map((name) => ({
        name,
        domain: `${name}.example.com`,
        flux: { mode: 'gotk' },
      })),
      services: names.map((name) => ({
        name,
        image: { tag: 'first' },
        build: { context: `src/${name}` },
        ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
        ...(hasCanary && name === 'cart' && { canary }),
      })),
    };
    writeFileSync(join(this.checkout, 'services.json'), JSON.stringify(catalog, null, 2));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(this.checkout, path), text);
    // It refuses a catalog that cannot be used: the pipeline stays as it was.
    await this.aviary('ci', 'gitlab', '--command', this.command, '--no-install', '--out', '.gitlab-ci.yml');
    await this.run('git', ['add', '--all']);
    await this.run('git', ['commit', '--quiet', '--message', message]);
  }

  pipeline({ isMergeRequest = false } = {}): Promise<Ran> {
    const variables = isMergeRequest
      ? [
          'CI_PIPELINE_SOURCE=merge_request_event',
          'CI_MERGE_REQUEST_IID=1',
          'CI_MERGE_REQUEST_DIFF_BASE_SHA=HEAD',
          'CI_COMMIT_BRANCH=',
        ]
      : [];
    return this.runner(variables.flatMap((one) => ['--variable', one]));
  }

  job(name: string): Promise<Ran> {
    return this.runner([name, '--no-needs']);
  }

  private runner(args: readonly string[]): Promise<Ran> {
    const program = join(this.folder, 'runner', 'node_modules', '.bin', 'gitlab-ci-local');
    return this.spawn(process.execPath, [
      program,
      '--force-shell-executor',
      '--home',
      join(this.folder, 'home'),
      ...args,
    ]);
  }

  aviary(...args: readonly string[]): Promise<Ran> {
    return this.spawn(process.execPath, [join(this.root, 'bin', 'aviary.js'), ...args]);
  }

  private async run(program: string, args: readonly string[]): Promise<void> {
    const { code, output } = await this.spawn(program, args);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${output}`);
  }

  private spawn(program: string, args: readonly string[]): Promise<Ran> {
    const person = {
      GIT_AUTHOR_NAME: 'e2e',
      GIT_AUTHOR_EMAIL: 'e2e@example.com',
      GIT_COMMITTER_NAME: 'e2e',
      GIT_COMMITTER_EMAIL: 'e2e@example.com',
    };
    const env = {
      PATH: `${join(this.folder, 'bin')}:${process.env.PATH}`,
      HOME: join(this.folder, 'home'),
      ...person,
      AVIARY_GITOPS_REPO: this.git.url,
      AVIARY_GIT_TOKEN: token,
    };
    const child = spawn(program, args, { cwd: this.checkout, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the runner
      child.on('close', (code) => resolve({ code, output: output.replace(/\x1b\[[0-9;]*m/g, '') }));
    });
  }
}
