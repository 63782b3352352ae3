import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { Build, Disk, Overlay } from '../manifests';

const TIMEOUT_MILLISECONDS = 60_000;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** The disk as far as manifests are read from it. */
export const disk: Disk = {
  kindOf(path) {
    try {
      const stats = statSync(path);
      return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : undefined;
    } catch {
      // Nothing that could be looked into, for whatever reason: kustomize will say so.
      return undefined;
    }
  },
  read: (path) => readFileSync(path),
  realPath(path) {
    try {
      return realpathSync(path);
    } catch {
      // Nothing there: the path belongs to another repository, or the root lies elsewhere.
      return undefined;
    }
  },
};

type Environment = Readonly<Record<string, string | undefined>>;

/** kustomize, or the one inside kubectl, as found on the PATH; undefined without both. */
export function findKustomize(env: Environment): Build | undefined {
  const commands: [string, string[]][] = [
    ['kustomize', ['build']],
    ['kubectl', ['kustomize']],
  ];
  const command = commands.find(([name]) => isOnPath(name, env));
  if (!command) return undefined;
  const [name, args] = command;
  const run = (folder: string): ReturnType<Build> => {
    try {
      // As Flux builds: bases may lie beside the root. The proxy that nobody serves is a second lock against the network.
      const text = execFileSync(name, [...args, '--load-restrictor=LoadRestrictionsNone', folder], {
        encoding: 'utf8',
        timeout: TIMEOUT_MILLISECONDS,
        maxBuffer: MAX_OUTPUT_BYTES,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: env.PATH,
          HOME: env.HOME,
          TMPDIR: env.TMPDIR,
          GIT_ALLOW_PROTOCOL: 'file',
          HTTP_PROXY: 'http://127.0.0.1:9',
          HTTPS_PROXY: 'http://127.0.0.1:9',
        },
      });
      return { text };
    } catch (error) {
      return { error: errorText(name, error) };
    }
  };
  return (what) => (typeof what === 'string' ? run(what) : runOverlay(what, run));
}

/** Builds a kustomization that stands in no file, in a folder that is gone afterwards. */
function runOverlay({ fields, resources, components }: Overlay, run: (folder: string) => ReturnType<Build>) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-kustomize-')));
  // kustomize takes no absolute paths.
  const from = (path: string) => relative(folder, path).split(sep).join('/');
  try {
    const kustomization = {
      ...fields,
      resources: resources.map(from),
      ...(components.length > 0 ? { components: components.map(from) } : {}),
    };
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    const built = run(folder);
    // The same words at every run.
    return 'error' in built ? { error: built.error.replaceAll(folder, '.').replaceAll(/(\.\.\/)+/g, '/') } : built;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether a program of that name is found on the PATH. */
export function isOnPath(name: string, { PATH = '' }: Environment): boolean {
  return PATH.split(':').some((folder) => folder !== '' && disk.kindOf(join(folder, name)) === 'file');
}

/** What the program says, whole, without what its log puts around it: the same at every run. */
export function errorText(name: string, error: unknown): string {
  const { code, stderr = '' } = error as { readonly code?: string; readonly stderr?: string };
  if (code === 'ETIMEDOUT') return `${name} did not end within ${TIMEOUT_MILLISECONDS / 1000} s`;
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^# ?Warning/i.test(line));
  const first = Math.max(
    lines.findIndex((line) => /^error/i.test(line)),
    0,
  );
  const said = lines.slice(first).join('\n');
  // kubectl of version 1.32 and later logs: `E0101 … "command failed" err="…"`, or `err=<` and lines up to ` >`.
  const logged =
    /\serr=<\n([\s\S]*?)\n >/.exec(said)?.[1] ??
    /\serr="((?:[^"\\]|\\.)*)"/
      .exec(said)?.[1]
      ?.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
  const sentence = (logged ?? said.replace(/^error: */i, ''))
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .replaceAll('map[string]interface {}(nil): ', '');
  return sentence || (error instanceof Error ? error.message : String(error));
}
