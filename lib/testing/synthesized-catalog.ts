import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseServiceFile } from '../charts';
import type { Finding } from '../findings';
import { synthCatalog as synthesize } from '../synth';
import { realFileSystem, scanTree } from '../tree';

/** What a catalog gives: all of it in memory. */
export interface SynthesizedCatalog {
  /** The catalog's file. */
  readonly file: string;
  readonly findings: readonly Finding[];
  /** Text by path below the output folder; empty when an error stopped the run. */
  readonly files: ReadonlyMap<string, string>;
  /**
   * The manifest of a service, for a snapshot: `expect(tree.service('cart', 'production')).toMatchSnapshot()`.
   * @param cluster may be left out where the catalog has one
   * @throws Error where there is no such service, or more than one cluster and none named
   */
  service(name: string, cluster?: string): string;
}

/**
 * Synthesizes a catalog as `aviary synth` does, without main.ts, and writes nothing into the project.
 * @example
 * const tree = await synthCatalog('services.json');
 * expect(tree).toPassPreflight();
 * expect(tree.service('cart')).toMatchSnapshot();
 */
export async function synthCatalog(file: string): Promise<SynthesizedCatalog> {
  const folder = mkdtempSync(path.join(tmpdir(), 'aviary-testing-'));
  try {
    const outdir = path.join(folder, 'dist');
    const { findings } = await synthesize({ catalog: file, outdir });
    const names = [...scanTree(realFileSystem, outdir).files].sort();
    const files = new Map(names.map((name) => [name, readFileSync(path.join(outdir, name), 'utf8')]));
    return { file, findings, files, service: (name, cluster) => serviceManifest(files, name, cluster) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function serviceManifest(files: ReadonlyMap<string, string>, name: string, cluster: string | undefined): string {
  const places = [...files.keys()].flatMap((file) => {
    const place = parseServiceFile(file);
    return place ? [{ file, ...place }] : [];
  });
  const found = places.filter((place) => place.service === name && (cluster ?? place.cluster) === place.cluster);
  const [first] = found;
  if (!first) {
    const names = [...new Set(places.map(({ service }) => service))].sort().join(', ');
    const where = cluster === undefined ? '' : ` in cluster "${cluster}"`;
    throw new Error(`there is no service "${name}"${where}; there are ${names === '' ? 'none' : names}`);
  }
  if (found.length > 1)
    throw new Error(`"${name}" runs in ${found.map((place) => place.cluster).join(' and ')}: name the cluster`);
  return files.get(first.file)!;
}
