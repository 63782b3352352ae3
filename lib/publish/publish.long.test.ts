import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitServer } from '../../e2e/lib/git-server';
import { run } from '../../e2e/lib/tools';
import { type Finding, formatText } from '../findings';
import type { PublishOutcome } from './publish';
import { sourceAt, TestRepository, treeOf } from './publish.fixture';

let repository: TestRepository;
beforeEach(() => {
  repository = new TestRepository();
});
afterEach(() => {
  // Nothing of a run stays on the disk.
  expect(readdirSync(repository.temporary)).toEqual([]);
  repository.remove();
});

const folder = 'clusters/staging/apps/wave-0';
/** What a user reads when it does not go. */
function said(outcome: PublishOutcome): string {
  const text = (findings: readonly Finding[]) =>
    formatText(findings, { source: () => undefined, color: false }).replace(/\n1 error\n$/, '');
  if (outcome.kind === 'refused') return text(outcome.findings);
  return outcome.kind === 'exhausted' ? text([outcome.finding]) : outcome.kind;
}

describe('bad input is one error', () => {
  const cart = treeOf({ cart: '1' });
  test.each<[string, () => Promise<PublishOutcome>, string]>([
    [
      'no such folder',
      () => repository.publish(cart, { repository: `${repository.folder}/nowhere` }),
      "error: there is no such repository, or the credentials may not see it: 'FOLDER/nowhere' does not appear to be a git repository; Could not read from remote repository. [repository-not-found]\n  fix: look at the address in --repo, and at what the token or key may read\n",
    ],
    [
      'nobody listens',
      () => repository.publish(cart, { repository: 'http://127.0.0.1:9/gitops.git' }),
      "error: the server cannot be reached: unable to access 'http://127.0.0.1:9/gitops.git/': Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server. [repository-unreachable]\n  fix: look at the address in --repo, at the network and at proxies (https_proxy)\n",
    ],
    [
      'no such branch',
      () => repository.publish(cart, { branch: 'prod' }),
      'error: the repository FOLDER/gitops.git has no branch "prod". [branch-not-found]\n  fix: name one of its branches with --branch (main), or say --create to make it\n',
    ],
    [
      'not the name of a branch',
      () => repository.publish(cart, { branch: 'a..b' }),
      'error: "a..b" is not the name of a branch. [branch-not-found]\n  fix: name a branch such as main with --branch\n',
    ],
    [
      'a path that leads out',
      () => repository.publish(cart, { path: 'apps/../../etc' }),
      'error: --path "apps/../../etc" is not a folder below the repository\'s root. [path-invalid]\n  fix: name a folder such as apps/shop, without "..", from the root of the repository\n',
    ],
    [
      'a password in the address',
      () => repository.publish(cart, { repository: 'https://me:s3cret@git.example.com/x.git' }),
      'error: the address of git.example.com holds a password. [repository-address]\n  cause: arguments stand in the process list, in the log of a pipeline and in the history of a shell\n  fix: put the token into AVIARY_GIT_TOKEN, and name the address without it\n',
    ],
    [
      'an address that runs a program',
      () => repository.publish(cart, { repository: 'ext::sh -c true' }),
      'error: "ext::sh -c true" is not the address of a repository. [repository-address]\n  fix: name it as https://…, ssh://…, user@host:path or the path of a folder\n',
    ],
    [
      'the index of another tool',
      async () => {
        repository.commit({ 'index.json': '{"name": "x"}' });
        return repository.publish(cart);
      },
      'index.json: error: index.json is the file of another tool. [index-not-ours]\n  fix: publish to a folder of its own with --path\n',
    ],
    [
      'a damaged index',
      async () => {
        repository.commit({ 'index.json': '<<<<<<< HEAD\n' });
        return repository.publish(cart);
      },
      'index.json: error: index.json is not JSON, so nothing tells which files are ours. [index-damaged]\n  fix: bring it back from the history of the repository (git log -- index.json), or remove it and publish with --take-over\n',
    ],
    [
      'an index that claims what is not below it',
      async () => {
        repository.commit({
          'index.json': '{"clusters": {"staging": {"files": ["../../README.md"], "releases": {}}}}',
        });
        return repository.publish(cart);
      },
      'index.json: error: index.json does not list the files of cluster "staging". [index-damaged]\n  fix: bring it back from the history of the repository (git log -- index.json), or remove it and publish with --take-over\n',
    ],
    [
      "somebody else's files",
      async () => {
        repository.commit({ [`${folder}/cart.yaml`]: 'mine: 1\n' });
        return repository.publish(cart);
      },
      `error: a file of somebody else stands where the tree goes: ${folder}/cart.yaml. [foreign-files]\n  cause: no index.json in the repository names them, so no publication wrote them\n  fix: publish to another folder with --path, or look at them and say --take-over once to replace them\n`,
    ],
    [
      'the folder of another application',
      async () => {
        await repository.publish(cart, { source: sourceAt('a', { repository: 'git@git.example.com:bank/app.git' }) });
        return repository.publish(cart);
      },
      "error: the folder belongs to the application of git@git.example.com:bank/app.git. [path-taken]\n  cause: this is https://git.example.com/shop/app.git; both would delete the other's services\n  fix: publish to a folder of its own with --path; when the repository of the application has moved, say --take-over once\n",
    ],
    [
      'a cluster that is not there',
      () => repository.publish(cart, { clusters: ['stagin'] }),
      'error: there is no cluster "stagin" in the tree. [unknown-cluster]\n  fix: name one of staging with --cluster\n',
    ],
    [
      'a protected branch',
      () => {
        repository.hook(
          'pre-receive',
          'echo "GitLab: You are not allowed to push code to protected branches on this project." >&2; exit 1',
        );
        return repository.publish(cart);
      },
      'error: the server does not let these credentials push to the branch: GitLab: You are not allowed to push code to protected branches on this project.; pre-receive hook declined. [branch-protected]\n  fix: allow them to push (GitLab: Settings, Repository, Protected branches), or publish with --merge-request\n',
    ],
    [
      "a hook's own message",
      () => {
        repository.hook('pre-receive', 'echo "commits need a ticket" >&2; exit 1');
        return repository.publish(cart);
      },
      'error: a hook of the server refused the push: commits need a ticket; pre-receive hook declined. [hook-refused]\n  fix: do what the hook says, or ask who runs the server\n',
    ],
    [
      'a signature without a key',
      () => repository.publish(cart, { sign: true, signingKey: '/nowhere/key' }),
      "error: the commit cannot be signed: error: Couldn't load public key /nowhere/key: No such file or directory? [signing-failed]\n  fix: name a private key that ssh-keygen reads with --signing-key, or set gpg.format and user.signingkey of git\n",
    ],
  ])('%s', async (_, run, text) => {
    const before = repository.run(['for-each-ref']);
    const outcome = await run();
    expect(said(outcome).replaceAll(repository.folder, 'FOLDER')).toContain(text);
    expect(outcome.kind).toBe('refused');
    if (!_.startsWith('the folder of')) expect(repository.log()[0]).toBe('by hand');
    expect(before).not.toContain('aviary');
  });

  test('an empty repository', async () => {
    repository.remove();
    repository = new TestRepository(null);
    expect(said(await repository.publish(cart)).replaceAll(repository.folder, 'FOLDER')).toBe(
      'error: the repository FOLDER/gitops.git is empty. [repository-empty]\n  fix: make its first commit, or say --create to let the publication make the branch "main"\n',
    );
    expect(await repository.publish(cart, { create: true })).toMatchObject({ kind: 'published' });
    expect(repository.log()).toEqual(['Publish staging: cart']);
  });

  test('a link on the way', async () => {
    const { execFileSync } = require('node:child_process') as typeof import('node:child_process');
    const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: repository.address, input: '/etc' })
      .toString()
      .trim();
    const tree = execFileSync('git', ['mktree'], {
      cwd: repository.address,
      input: `120000 blob ${blob}\tapps\n120000 blob ${blob}\tclusters\n`,
    })
      .toString()
      .trim();
    const commit = repository.run(['commit-tree', tree, '-m', 'links', '-p', 'main']);
    repository.run(['update-ref', 'refs/heads/main', commit]);
    expect(said(await repository.publish(cart, { path: 'apps/shop' }))).toBe(
      'error: apps in the repository is a symbolic link, not a folder. [path-through-link]\n  fix: name a folder with --path\n',
    );
    expect(said(await repository.publish(cart, { takeOver: true }))).toBe(
      'error: clusters in the repository is a symbolic link: what is written below it would be elsewhere. [path-through-link]\n  fix: remove it from the repository, or publish to another folder with --path\n',
    );
  });
});

describe('a merge request', () => {
  const mergeRequest = { branch: 'aviary/staging' };
  beforeEach(() => {
    repository.run(['config', 'receive.advertisePushOptions', 'true']);
    repository.hook('post-receive', `env | grep ^GIT_PUSH_OPTION_ | sort >> ${repository.folder}/options || true`);
  });
  const options = () =>
    (require('node:fs') as typeof import('node:fs')).readFileSync(`${repository.folder}/options`, 'utf8');

  test('is asked for with push options, on a branch of its own', async () => {
    expect(await repository.publish(treeOf({ cart: '1' }), { mergeRequest })).toMatchObject({
      kind: 'published',
      branch: 'aviary/staging',
    });
    expect(repository.log()).toEqual(['by hand']);
    expect(repository.log('aviary/staging')).toEqual(['Publish staging: cart', 'by hand']);
    expect(options()).toBe(
      'GIT_PUSH_OPTION_0=merge_request.create\nGIT_PUSH_OPTION_1=merge_request.target=main\nGIT_PUSH_OPTION_2=merge_request.title=Publish staging: cart\nGIT_PUSH_OPTION_3=merge_request.remove_source_branch\nGIT_PUSH_OPTION_COUNT=4\n',
    );
  });

  test('goes on with its branch, on the newest state of the target', async () => {
    await repository.publish(treeOf({ cart: '1' }), { mergeRequest });
    repository.commit({ 'other.yaml': 'a: 1\n' });
    expect(await repository.publish(treeOf({ cart: '2' }), { mergeRequest, source: sourceAt('b') })).toMatchObject({
      kind: 'published',
    });
    expect(repository.run(['diff', '--name-only', 'main', 'aviary/staging']).split('\n')).toEqual([
      `${folder}/cart.yaml`,
      `${folder}/kustomization.yaml`,
      'index.json',
    ]);
    const tip = repository.run(['rev-parse', 'aviary/staging']);
    expect(await repository.publish(treeOf({ cart: '2' }), { mergeRequest, source: sourceAt('b') })).toMatchObject({
      kind: 'unchanged',
    });
    expect(repository.run(['rev-parse', 'aviary/staging'])).toBe(tip);
  });

  test('is closed when nothing is left of it', async () => {
    await repository.publish(treeOf({ cart: '1' }));
    await repository.publish(treeOf({ cart: '2' }), { mergeRequest, source: sourceAt('b') });
    expect(repository.branches()).toEqual(['aviary/staging', 'main']);
    expect(await repository.publish(treeOf({ cart: '1' }), { mergeRequest, source: sourceAt('c') })).toEqual({
      kind: 'unchanged',
      branch: 'main',
      isClosed: true,
    });
    expect(repository.branches()).toEqual(['main']);
  });

  test('a server without push options gets the branch', async () => {
    repository.run(['config', 'receive.advertisePushOptions', 'false']);
    const notices: string[] = [];
    const outcome = await repository.publish(
      treeOf({ cart: '1' }),
      { mergeRequest },
      { onNotice: (line) => notices.push(line) },
    );
    expect(outcome).toMatchObject({ kind: 'published' });
    expect(notices).toEqual([
      'the server takes no push options: open the merge request of branch "aviary/staging" by hand',
    ]);
  });
});

test('a server that takes branches only still gets the tree', async () => {
  repository.hook('update', 'case "$1" in refs/heads/*) exit 0;; esac; echo "branches only" >&2; exit 1');
  const notices: string[] = [];
  const outcome = await repository.publish(treeOf({ cart: '1' }), {}, { onNotice: (line) => notices.push(line) });
  expect(outcome).toMatchObject({ kind: 'published', attempts: 1 });
  expect(notices).toEqual([
    expect.stringMatching(
      /^the server does not take refs\/aviary\/published\/[0-9a-f]{16}: only its own rules keep an older pipeline from coming last$/,
    ),
  ]);
});

const hasSshKeygen = spawnSync('ssh-keygen', ['-Y', 'sign'], { input: '' }).error === undefined;
const whereSshKeygen = hasSshKeygen ? test : test.skip;

whereSshKeygen('a commit that is signed with an SSH key, as git verifies it (needs ssh-keygen)', async () => {
  const key = join(repository.folder, 'key');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'pipeline', '-f', key]);
  expect(
    await repository.publish(treeOf({ cart: '1' }), { sign: true, signingKey: key }, { onNotice: () => undefined }),
  ).toMatchObject({ kind: 'published', attempts: 1 });
  const signers = join(repository.folder, 'allowed-signers');
  writeFileSync(signers, `aviary@noreply.localhost ${readFileSync(`${key}.pub`, 'utf8')}`);
  const verify = (revision: string) =>
    spawnSync('git', ['-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', revision], {
      cwd: repository.address,
      encoding: 'utf8',
    });
  expect(verify('main')).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^Good "git" signature for aviary@noreply\.localhost with ED25519 key SHA256:/),
  });
  expect(verify('main~1').status).not.toBe(0);
});

describe('who commits', () => {
  test.each<[string, Record<string, string>, string]>([
    ['ourselves', {}, 'Aviary <aviary@noreply.localhost>'],
    ['on a server of GitLab', { CI_SERVER_HOST: 'gitlab.example.com' }, 'Aviary <aviary@noreply.gitlab.example.com>'],
    ['as the variables say', { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.com' }, 'Ann <ann@example.com>'],
    [
      "as git's settings say",
      {
        GIT_CONFIG_COUNT: '2',
        GIT_CONFIG_KEY_0: 'user.name',
        GIT_CONFIG_VALUE_0: 'Bob',
        GIT_CONFIG_KEY_1: 'user.email',
        GIT_CONFIG_VALUE_1: 'bob@example.com',
      },
      'Bob <bob@example.com>',
    ],
  ])('%s', async (_, some, expected) => {
    await repository.publish(treeOf({ cart: '1' }), {}, { env: { ...repository.machine().env, ...some } });
    expect(repository.log('main', '%an <%ae>')[0]).toBe(expected);
  });
});

test('many at once: every one that was reported is there, once, and in one line', async () => {
  repository.hook(
    'pre-receive',
    `n=$(cat ${repository.folder}/n 2>/dev/null || echo 0); echo $((n + 1)) > ${repository.folder}/n; [ $((n % 3)) -ne 2 ] || { echo "every third" >&2; exit 1; }`,
  );
  const services = Array.from({ length: 6 }, (_, index) => `service-${index}`);
  // Each adds its own line to one list and makes the tree of all of it: what it read too early would be lost.
  const outcomes = await Promise.all(
    services.map((service, index) =>
      repository.publish(
        async ({ lock }) => {
          const lines = { ...(JSON.parse(lock ?? '{}') as Record<string, string>), [service]: 'v2' };
          const tree = treeOf(Object.fromEntries(services.map((name) => [name, lines[name] ?? 'v1'])));
          return { ...tree, lock: `${JSON.stringify(lines, null, 2)}\n` };
        },
        {
          attempts: 100,
          source: sourceAt('a', { pipeline: index }),
          setImages: { staging: [service] },
          subject: `Set ${service}`,
        },
        { sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds / 20)), random: Math.random },
      ),
    ),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(services.map(() => 'published'));
  expect(JSON.parse(repository.show('images.lock.json'))).toEqual(
    Object.fromEntries(services.map((name) => [name, 'v2'])),
  );
  for (const name of services) expect(repository.show(`${folder}/${name}.yaml`)).toContain('value: "v2"');
  expect(
    repository
      .log()
      .filter((subject) => subject.startsWith('Set '))
      .sort(),
  ).toEqual(services.map((name) => `Set ${name}`));
  expect(repository.run(['rev-list', '--merges', 'main'])).toBe('');
});

test('what a killed run left goes with the next one', async () => {
  mkdirSync(join(repository.temporary, 'aviary-publish-4194304-abc', 'objects'), { recursive: true });
  expect(await repository.publish(treeOf({ cart: '1' }))).toMatchObject({ kind: 'published' });
});

describe('the git program', () => {
  const machine = (script: string | undefined) => {
    const bin = join(repository.folder, 'bin');
    mkdirSync(bin);
    if (script !== undefined) {
      writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, 'git'), 0o755);
    }
    return { env: { PATH: bin } };
  };
  test.each<[string, string | undefined, string]>([
    [
      'is not there',
      undefined,
      'error: there is no git program on the PATH. [git-missing]\n  fix: install git 2.31 or newer\n',
    ],
    [
      'is too old',
      'echo git version 2.30.9',
      'error: git version 2.30.9 is too old. [git-too-old]\n  fix: install git 2.31 or newer\n',
    ],
    [
      'finds no room on the disk',
      'case "$1" in --version) echo git version 2.40.0;; *) echo "fatal: write error: No space left on device" >&2; exit 128;; esac',
      'error: the disk is full. [disk-full]\n  fix: make room where TMPDIR is, or name another folder with it, and publish again: nothing was pushed\n',
    ],
  ])('%s', async (_, script, text) => {
    expect(said(await repository.publish(treeOf({ cart: '1' }), {}, machine(script)))).toBe(text);
  });
});

describe('over smart HTTP, with a token', () => {
  let server: GitServer;
  beforeEach(async () => {
    server = new GitServer(join(repository.folder, 'server'), { token: 'planted-token' });
    await server.start();
    await run('git', ['fetch', '--quiet', repository.address, 'main:main'], { cwd: server.bare });
  });
  afterEach(() => server.stop());
  const publishThere = (env: Record<string, string>) =>
    repository.publish(
      treeOf({ cart: '1' }),
      { repository: server.url },
      { env: { ...repository.machine().env, ...env } },
    );

  test.each<[string, Record<string, string>]>([
    ['of our own', { AVIARY_GIT_TOKEN: 'planted-token' }],
    ['of the job', { CI_JOB_TOKEN: 'planted-token', CI_SERVER_HOST: '127.0.0.1' }],
  ])('%s', async (_, env) => {
    expect(await publishThere(env)).toMatchObject({ kind: 'published' });
    expect(await run('grep', ['-rl', 'planted-token', server.bare]).catch(() => '')).toBe('');
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'that has expired',
      { AVIARY_GIT_TOKEN: 'planted-and-expired' },
      "error: the server does not take the credentials: Authentication failed for 'SERVER/'. [credentials-refused]\n  fix: renew the token in AVIARY_GIT_TOKEN (it needs write_repository) or the key, and look at its expiry\n",
    ],
    [
      'of the job, for another server',
      { CI_JOB_TOKEN: 'planted-token', CI_SERVER_HOST: 'gitlab.example.com' },
      "error: the server asks for credentials and there are none: could not read Username for 'HOST': terminal prompts disabled. [credentials-missing]\n  fix: set AVIARY_GIT_TOKEN (and AVIARY_GIT_USERNAME where the server wants a certain one), or set a git credential helper up\n",
    ],
  ])('%s', async (_, env, text) => {
    const outcome = said(await publishThere(env));
    expect(outcome.replaceAll(server.url, 'SERVER').replaceAll(new URL(server.url).origin, 'HOST')).toBe(text);
    expect(outcome).not.toContain('planted');
  });
});
