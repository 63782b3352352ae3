import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ExitCode, UsageError } from './exit-code';
import type { Io } from './io';
import type { SynthCommandOptions } from './synth-options';

/** What our own launcher tells of our own code: the project's app has another. */
const OF_LAUNCHER = ['AVIARY_CODE_DIGEST', 'AVIARY_BUNDLE', 'AVIARY_ROOT', 'AVIARY_WORKER', 'AVIARY_CACHE_DIR'];

/** Whether the folder is a project with an app of its own, and this the installed package. */
export function hasOtherApp({ env, cwd }: Pick<Io, 'env' | 'cwd'>): boolean {
  const { AVIARY_ROOT: root } = env;
  return root !== undefined && resolve(root) !== resolve(cwd) && existsSync(join(cwd, 'cdk8s.yaml'));
}

/**
 * The command of a project's own cdk8s app, where this is the installed package: its code is not in our bundle, and its charts belong to
 * the tree. Undefined in a checkout, and in a folder without an app.
 * @throws UsageError where cdk8s.yaml names no app
 */
export function otherApp(io: Pick<Io, 'env' | 'cwd'>): string | undefined {
  if (!hasOtherApp(io)) return undefined;
  const { load } = require('js-yaml') as typeof import('js-yaml');
  const app = (load(readFileSync(join(io.cwd, 'cdk8s.yaml'), 'utf8')) as { readonly app?: unknown } | undefined)?.app;
  if (typeof app === 'string') return app;
  throw new UsageError(
    'cdk8s.yaml names no app, and its charts would be missing in the tree: add "app", or name --catalog and --out for the tree of a catalog alone',
  );
}

/** Starts it as the cdk8s CLI does, and tells it by AVIARY_RUN what the command line says. */
export async function runOtherApp(
  app: string,
  { force, cache, base, quiet, timing }: SynthCommandOptions,
  io: Io,
): Promise<ExitCode> {
  const { baseTree } = require('./base-tree') as typeof import('./base-tree');
  const tree = base === undefined ? undefined : await baseTree(base, 'dist', io);
  try {
    const env: Record<string, string | undefined> = { ...io.env };
    for (const name of OF_LAUNCHER) delete env[name];
    env.AVIARY_RUN = JSON.stringify({ force, cache, quiet, timing, ...(tree && { base: tree.folder }) });
    const child = spawn(app, { shell: true, cwd: io.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => io.stdout.write(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => io.stderr.write(text));
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0 ? ExitCode.ok : ExitCode.findings;
  } finally {
    tree?.remove();
  }
}
