import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GitServer } from '../../e2e/lib/git-server';
import { run } from '../../e2e/lib/tools';

/**
 * Many publishers at once, each with another service of one repository and one list of images: the schedule in which a publisher that
 * writes what it read too early loses what the others wrote. A server over smart HTTP that is slow and asks for a token, a hook that refuses every
 * third push, publishers that are killed, and somebody who commits by hand.
 */
const usage = 'Usage: npm run bench:publish -- [--publishers 20] [--killed 6] [--seed 1] [--delay 40]\n';

const { values } = parseArgs({
  options: {
    publishers: { type: 'string', default: '20' },
    killed: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    delay: { type: 'string', default: '40' },
    help: { type: 'boolean', default: false },
  },
});

const TOKEN = 'planted-token-0123456789abcdef';
const root = resolve(process.env.AVIARY_ROOT ?? process.cwd());

/** Mulberry32: the same seed kills the same publishers after the same time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Publisher {
  readonly service: string;
  readonly digest: string;
  readonly killAfter?: number;
  /** Killed as soon as the server has its push in hand. */
  readonly killInPush?: boolean;
}

interface Ended extends Publisher {
  readonly code: number | null;
  readonly output: string;
  readonly milliseconds: number;
  /** What it reported. */
  readonly commit?: string;
  readonly wasInPush: boolean;
}

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [count, killed, seed, delayMilliseconds] = [values.publishers, values.killed, values.seed, values.delay].map(
    Number,
  ) as [number, number, number, number];
  const random = randomOf(seed);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-bench-publish-')));
  const git = new GitServer(join(folder, 'server'), { token: TOKEN, delayMilliseconds });
  const watcher = new ProcessWatcher();
  try {
    const names = Array.from({ length: count }, (_, index) => `service-${index}`);
    application(folder, names);
    await git.start();
    const handFiles = { 'README.md': 'by hand\n', 'clusters/staging/own.yaml': 'kind: ConfigMap\n' };
    for (const [path, text] of Object.entries(handFiles)) write(join(folder, 'first', path), text);
    await git.push(join(folder, 'first'), 'by hand');
    const env = environment(folder, git.url);
    // The tree as it stands before: every service with the catalog's own image.
    const first = await publisher(folder, env, ['publish'], { service: 'all', digest: '' });
    if (first.code !== 0) throw new Error(first.output);
    hook(git.bare, folder);
    const publishers = names.map(
      (service, index): Publisher => ({
        service,
        digest: digestOf(service),
        // Every other one in the midst of its push, the others whenever it comes.
        ...(index < killed && (index % 2 === 0 ? { killInPush: true } : { killAfter: 300 + random() * 30_000 })),
      }),
    );
    watcher.start();
    const started = Date.now();
    const byHand = handWriter(folder, git.bare, 5);
    const ended = await Promise.all(
      publishers.map((one, index) =>
        publisher(
          folder,
          env,
          [
            'images',
            'set',
            '--cluster',
            'staging',
            '--attempts',
            '200',
            '--pipeline',
            String(1000 + index),
            `${one.service}=registry.example.com/shop/${one.service}:v2@${one.digest}`,
          ],
          one,
        ),
      ),
    );
    const handCommits = await byHand;
    const seconds = (Date.now() - started) / 1000;
    watcher.stop();
    // Another run finds no lock, and clears what the killed ones left.
    const last = await publisher(folder, env, ['images', 'status', '--format', 'json'], { service: 'all', digest: '' });
    const again = await publisher(folder, env, ['publish', '--attempts', '20', '--pipeline', '2000'], {
      service: 'all',
      digest: '',
    });
    const problems = [
      ...(await check(git.bare, ended, handFiles, handCommits)),
      ...(last.code === 0 && again.code === 0 ? [] : [`the run after it failed: ${last.output}${again.output}`]),
      ...leftovers(folder),
      ...(await tokens(git.bare, folder, [first, ...ended, last, again], watcher)),
    ];
    report(ended, {
      seconds,
      handCommits: handCommits.length,
      pushes: Number(readFileSync(join(folder, 'pushes'), 'utf8')),
      seen: watcher.seen,
      arrived: await arrivals(git.bare, ended),
    });
    for (const problem of problems) process.stdout.write(`WRONG: ${problem}\n`);
    process.stdout.write(problems.length === 0 ? 'all holds\n' : `${problems.length} wrong\n`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    watcher.stop();
    await git.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

function application(folder: string, names: readonly string[]): void {
  const catalog = {
    platform: {
      namespace: 'shop',
      registry: 'registry.example.com/shop',
      gitops: { url: 'https://git.example.com/gitops.git' },
    },
    clusters: [{ name: 'staging', domain: 'example.com', flux: { mode: 'gotk' } }],
    services: names.map((name) => ({ name, image: { tag: 'v1' }, ports: [{ port: 80, protocol: 'http' }] })),
  };
  write(join(folder, 'app', 'services.json'), JSON.stringify(catalog, null, 2));
  mkdirSync(join(folder, 'tmp'));
}

function environment(folder: string, url: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: join(folder, 'tmp'),
    TMPDIR: join(folder, 'tmp'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    AVIARY_GITOPS_REPO: url,
    AVIARY_GIT_TOKEN: TOKEN,
    AVIARY_THREADS: '1',
  };
}

/** Refuses every third push, and counts them all; tells whose commit it has in hand, and lets the killer come in between. */
function hook(bare: string, folder: string): void {
  const counter = join(folder, 'pushes');
  writeFileSync(counter, '0');
  const file = join(bare, 'hooks', 'pre-receive');
  writeFileSync(
    file,
    `#!/bin/sh
exec 9>"${counter}.lock"
flock 9
n=$(($(cat "${counter}") + 1))
echo $n > "${counter}"
[ $((n % 3)) -ne 0 ] || { echo "every third push is refused" >&2; exit 1; }
while read -r _ new ref; do
  case "$ref" in refs/heads/*) service=$(git log -1 --format=%s "$new" | sed -n 's/^Set staging: //p');; esac
done
if [ -n "$service" ] && [ -e "${folder}/kill-${pushed('$service')}" ]; then
  touch "${folder}/${pushed('$service')}"
  sleep 0.5
fi
`,
  );
  chmodSync(file, 0o755);
}

/** The file that is there while the server has the push of a service in hand. */
const pushed = (service: string): string => `in-push-${service}`;

function publisher(folder: string, env: NodeJS.ProcessEnv, args: readonly string[], one: Publisher): Promise<Ended> {
  const started = Date.now();
  const child = spawn(process.execPath, [join(root, 'bin', 'aviary.js'), ...args], { cwd: join(folder, 'app'), env });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const timer = one.killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), one.killAfter);
  let wasInPush = false;
  if (one.killInPush) write(join(folder, `kill-${pushed(one.service)}`), '');
  const watch = one.killInPush
    ? setInterval(() => {
        if (!existsSync(join(folder, pushed(one.service)))) return;
        wasInPush = true;
        child.kill('SIGKILL');
      }, 5)
    : undefined;
  return new Promise((done) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      clearInterval(watch);
      const commit = /published .* as ([0-9a-f]{40})/.exec(output)?.[1];
      const milliseconds = Date.now() - started;
      done({ ...one, code, output, milliseconds, wasInPush, ...(commit !== undefined && { commit }) });
    });
  });
}

/** Somebody who commits to files of their own meanwhile, and is told no like everybody else. */
async function handWriter(folder: string, bare: string, times: number): Promise<string[]> {
  const work = join(folder, 'by-hand');
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=hand', '-c', 'user.email=hand@example.com', ...args], { cwd: work });
  mkdirSync(work);
  await run('git', ['clone', '--quiet', bare, work]);
  const done: string[] = [];
  for (let index = 0; index < times; index++) {
    for (let attempt = 0; attempt < 60; attempt++) {
      await git('fetch', '--quiet', 'origin', 'main');
      await git('reset', '--quiet', '--hard', 'origin/main');
      write(join(work, 'hand', `${index}.txt`), `${index}\n`);
      await git('add', '--all');
      await git('commit', '--quiet', '--message', `by hand ${index}`);
      const isPushed = await git('push', '--quiet', 'origin', 'HEAD:main').then(
        () => true,
        () => false,
      );
      if (isPushed) {
        done.push(`hand/${index}.txt`);
        break;
      }
    }
  }
  return done;
}

async function check(
  bare: string,
  ended: readonly Ended[],
  handFiles: Readonly<Record<string, string>>,
  hand: readonly string[],
): Promise<string[]> {
  const git = async (...args: string[]) => (await run('git', args, { cwd: bare })).trim();
  const problems: string[] = [];
  const commits = new Set((await git('rev-list', 'main')).split('\n'));
  const subjects = (await git('log', '--format=%s', 'main')).split('\n');
  if ((await git('rev-list', '--merges', 'main')) !== '') problems.push('the history is not linear');
  const lock = JSON.parse(await git('show', 'main:images.lock.json')) as {
    clusters: Record<string, Record<string, { digest: string }>>;
  };
  for (const { service, digest, code, commit, killAfter, killInPush, output } of ended) {
    const times = subjects.filter((subject) => subject === `Set staging: ${service}`).length;
    if (times > 1) problems.push(`${service} was published ${times} times`);
    if (killAfter === undefined && !killInPush && code !== 0)
      problems.push(`${service} ended with ${code}: ${output.slice(-400)}`);
    if (commit !== undefined && !commits.has(commit))
      problems.push(`${service} reported ${commit}, which is not in the branch`);
    const isThere = lock.clusters.staging?.[service]?.digest === digest;
    if (commit !== undefined && !isThere) problems.push(`${service} was reported, and its image is not in the list`);
    if (isThere !== times > 0) problems.push(`${service}: the list and the history say different things`);
    const manifest = await git('show', `main:clusters/staging/apps/wave-0/${service}.yaml`);
    if (manifest.includes(digest) !== isThere) problems.push(`${service}: the list and the tree say different things`);
  }
  for (const [path, text] of Object.entries(handFiles))
    if (`${await git('show', `main:${path}`)}\n` !== text)
      problems.push(`${path}, which is somebody else's, has changed`);
  for (const path of hand)
    await git('show', `main:${path}`).catch(() => problems.push(`${path}, committed by hand, is lost`));
  const locks = (await run('find', [bare, '-name', '*.lock'])).trim();
  if (locks !== '') problems.push(`locks are left: ${locks}`);
  await git('fsck', '--no-dangling').catch((error: Error) => problems.push(`git fsck: ${error.message}`));
  return problems;
}

/** How many that were killed in their push are in the branch. */
async function arrivals(bare: string, ended: readonly Ended[]): Promise<number> {
  const subjects = new Set((await run('git', ['log', '--format=%s', 'main'], { cwd: bare })).split('\n'));
  return ended.filter(({ service, wasInPush }) => wasInPush && subjects.has(`Set staging: ${service}`)).length;
}

function leftovers(folder: string): string[] {
  const left = readdirSync(join(folder, 'tmp')).filter((name) => name.startsWith('aviary-publish-'));
  return left.length > 0 ? [`folders of killed publishers are left after the next run: ${left.join(', ')}`] : [];
}

/** The planted token: in no output, object, ref, log, setting, and in no process's arguments. */
async function tokens(
  bare: string,
  folder: string,
  ended: readonly Ended[],
  watcher: ProcessWatcher,
): Promise<string[]> {
  const problems: string[] = [];
  if (ended.some(({ output }) => output.includes(TOKEN))) problems.push('the token is in an output');
  if (watcher.found.length > 0) problems.push(`the token is in the arguments of ${watcher.found.join('; ')}`);
  const contents = await run('git', ['log', '--all', '--patch', '--format=%B%an%ae%cn%ce'], { cwd: bare });
  if (contents.includes(TOKEN)) problems.push('the token is in a commit');
  const inFiles = await run('grep', ['-rlF', TOKEN, bare, join(folder, 'tmp')]).catch(() => '');
  if (inFiles.trim() !== '') problems.push(`the token is in files: ${inFiles.trim()}`);
  return problems;
}

/** Looks at the arguments of all processes, as `ps` shows them to everybody. */
class ProcessWatcher {
  readonly found: string[] = [];
  seen = 0;
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    this.timer = setInterval(() => this.look(), 20);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        const line = readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
        if (line.includes('git')) this.seen++;
        if (line.includes(TOKEN)) this.found.push(line.replaceAll('\0', ' ').slice(0, 80));
      } catch {
        // Gone meanwhile.
      }
    }
  }
}

function report(
  ended: readonly Ended[],
  about: { seconds: number; handCommits: number; pushes: number; seen: number; arrived: number },
): void {
  const reported = ended.filter(({ commit }) => commit !== undefined);
  const times = reported.map(({ milliseconds }) => milliseconds / 1000).sort((a, b) => a - b);
  const lines = (pattern: RegExp): number =>
    ended.reduce((sum, { output }) => sum + (output.match(pattern)?.length ?? 0), 0);
  const at = (share: number): string =>
    (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1);
  process.stdout.write(
    [
      `${ended.length} publishers at once, ${ended.filter(({ killAfter, killInPush }) => killAfter !== undefined || killInPush).length} to be killed: ${reported.length} reported, ${ended.filter(({ code }) => code === null).length} killed before`,
      `${ended.filter(({ wasInPush }) => wasInPush).length} killed while the server had their push in hand, of which ${about.arrived} arrived all the same`,
      `${about.pushes} pushes reached the server, every third refused; ${lines(/somebody else pushed first/g)} lost to somebody faster, ${lines(/a hook of the server refused/g)} refused by the hook, ${lines(/the server failed/g)} other`,
      `${about.handCommits} commits by hand in between`,
      `${about.seconds.toFixed(1)} s in all; a publication took ${at(0)} s at least, ${at(0.5)} s in the middle, ${at(1)} s at most`,
      `${about.seen} looks at arguments of git processes`,
      '',
    ].join('\n'),
  );
}

main().then((code) => {
  process.exitCode = code;
});
