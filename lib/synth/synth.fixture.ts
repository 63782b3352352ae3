import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ApiObject } from 'cdk8s';
import type { Unit } from '../charts';
import { ManifestFile } from '../constructs';
import { type FileSystem, realFileSystem, scanTree } from '../tree';
import { type SynthOptions, type SynthResult, synthesize } from './synthesize';

export interface ToyInput {
  readonly path: string;
  /** Names of ConfigMaps. */
  readonly names: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly release?: string;
}

/** A unit with one file of ConfigMaps. */
export function toyUnit(id: string, input: ToyInput, cluster = 'test'): Unit {
  return {
    id,
    cluster,
    input,
    build(app) {
      const chart = new ManifestFile(app, 'chart', { path: input.path, namespace: 'shop' });
      if (input.release) chart.node.addMetadata('aviary:release', { name: id, digest: input.release });
      input.names.forEach((name, index) => {
        new ApiObject(chart, `${index}`, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name },
          data: input.data ?? { k: 'v' },
        });
      });
    },
  };
}

/** `toyUnit` for each entry: `{a: 'value'}` is unit `a` with file `a.yaml`. */
export function toyUnits(values: Readonly<Record<string, string>>): Unit[] {
  return Object.entries(values).map(([id, value]) =>
    toyUnit(id, { path: `${id}.yaml`, names: [id.replaceAll('/', '-')], data: { value } }),
  );
}

/** A folder that is gone after the test; in memory where there is such a place, as hundreds of synths wear a disk. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'aviary-synth-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** All files of a tree with their texts; undefined when there is no tree. */
export function readTree(outdir: string): Record<string, string> | undefined {
  const tree = scanTree(realFileSystem, outdir);
  if (!tree.exists) return undefined;
  return Object.fromEntries(
    [...tree.files].sort().map((file) => [file, readFileSync(path.join(outdir, file), 'utf8')]),
  );
}

/** Synthesizes with a cache beside the output folder. */
export function synthIn(
  folder: string,
  units: readonly Unit[],
  options: Partial<SynthOptions> = {},
): Promise<SynthResult> {
  return synthesize(
    { units },
    { outdir: path.join(folder, 'dist'), cacheDir: path.join(folder, 'cache'), codeDigest: 'code', ...options },
  );
}

/** Thrown by every call after the process was killed: cleaning up does not happen either. */
export class Killed extends Error {}

/** Calls that change something on the disk. */
const CHANGES = new Set([
  'linkSync',
  'mkdirSync',
  'openSync',
  'renameSync',
  'rmdirSync',
  'rmSync',
  'unlinkSync',
  'writeFileSync',
  'writeSync',
]);

/** The disk of a process that is killed right before its nth change. `changes` counts them. */
export function mortalFileSystem(changesToLive: number): FileSystem & { readonly changes: number } {
  let changes = 0;
  return intercept(
    (name) => {
      if (CHANGES.has(name) && changes++ >= changesToLive) throw new Killed();
      if (changes > changesToLive) throw new Killed();
    },
    () => changes,
  );
}

/** A disk on which the nth call of the named ones fails, once or from then on. */
export function failingFileSystem(
  names: readonly string[],
  nth: number,
  code: string,
  isLasting: boolean,
): FileSystem & { readonly changes: number } {
  let calls = 0;
  return intercept(
    (name) => {
      if (!names.includes(name)) return;
      calls++;
      if (calls === nth || (isLasting && calls > nth)) throw Object.assign(new Error(`${code}: ${name}`), { code });
    },
    () => calls,
  );
}

function intercept(before: (name: string) => void, changes: () => number): FileSystem & { readonly changes: number } {
  return new Proxy(realFileSystem, {
    get(target, name: string) {
      if (name === 'changes') return changes();
      const call = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        before(name);
        return call(...args);
      };
    },
  }) as FileSystem & { readonly changes: number };
}
