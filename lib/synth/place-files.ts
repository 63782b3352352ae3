import * as path from 'node:path';
import { type Finding, hasError } from '../findings';
import {
  type FileSystem,
  foreignFiles,
  INDEX_FILE,
  indexedFiles,
  type Tree,
  type TreeFile,
  unknownFiles,
} from '../tree';
import type { PlacedUnit } from './build-units';
import * as problems from './findings';
import { cachedFiles, filesOf, type LastRun } from './last-run';
import { objectId } from './object-id';
import type { PackReader } from './pack';
import type { SynthOptions } from './plan';

/** What placing asks for. */
export interface Placing {
  readonly units: readonly PlacedUnit[];
  /** The tree's own index, staged. */
  readonly index: TreeFile;
  readonly tree: Tree;
  readonly last: LastRun;
  readonly reader: PackReader;
  readonly fs: FileSystem;
  readonly outdir: string;
  readonly options: SynthOptions;
}

/**
 * Phase "place": every file of the tree by its path, and what is wrong with that: names that come twice, and, where nothing was wrong
 * until then, files that somebody else has put there.
 * @param findings what is known so far; gets what is found here
 */
export function placeFiles(placing: Placing, findings: Finding[]): ReadonlyMap<string, TreeFile> {
  const { units, index, tree, last, reader, options } = placing;
  const isNamedAnew = units.length !== last.state?.units.length || units.some((unit) => namesOthers(unit, last));
  if (isNamedAnew) findings.push(...duplicates(units, reader));
  const known = knownFiles(placing);
  const files = new Map<string, TreeFile>();
  for (const unit of units) for (const file of unit.files) files.set(file.path, file);
  files.set(INDEX_FILE, index);
  const foreign = unknownFiles(tree, known, files);
  if (!hasError(findings)) findings.push(...foreignFiles(options.outdir, foreign, tree.others, options.force === true));
  return files;
}

/** Whether the unit has other files or objects than in the tree that was written last. */
function namesOthers(unit: PlacedUnit, last: LastRun): boolean {
  const before = last.unit(unit.id);
  if (before?.key === unit.key) return false;
  return (
    before?.objectIds !== unit.objectIds ||
    before.files.length !== unit.files.length ||
    before.files.some(({ path: file }, index) => file !== unit.files[index]!.path)
  );
}

/** Files that a synth wrote: this machine's last one, or the one that the tree's own index tells of. */
function knownFiles({ tree, last, fs, outdir }: Placing): Set<string> {
  const known = new Set<string>([INDEX_FILE]);
  if (last.state) for (const file of cachedFiles(last.state)) known.add(file.path);
  if (tree.files.has(INDEX_FILE)) {
    for (const file of indexedFiles(fs.readFileSync(path.join(outdir, INDEX_FILE), 'utf8'))) known.add(file);
  }
  return known;
}

/** Paths and objects that come twice. Objects are compared by their short ids first and in full where those agree. */
function duplicates(units: readonly PlacedUnit[], reader: PackReader): Finding[] {
  const findings: Finding[] = [];
  const byPath = new Map<string, { unit: PlacedUnit; path: string }>([
    [INDEX_FILE, { unit: { id: 'the index of the tree' } as PlacedUnit, path: INDEX_FILE }],
  ]);
  const byId = new Map<string, PlacedUnit>();
  for (const unit of units) {
    for (const file of unit.files) {
      // Some file systems do not tell upper from lower case.
      const same = byPath.get(file.path.toLowerCase());
      if (same) findings.push(problems.duplicatePath(file.path, same.unit.id, unit.id, unit.cluster));
      else byPath.set(file.path.toLowerCase(), { unit, path: file.path });
    }
    for (const id of unit.objectIds.split(' ')) {
      // Of a unit whose documents have no names.
      if (id === '') continue;
      const same = byId.get(id);
      if (same) findings.push(...sameObjects(same, unit, reader));
      else byId.set(id, unit);
    }
  }
  const seen = new Set<string>();
  return findings.filter(({ message }) => !seen.has(message) && seen.add(message));
}

function sameObjects(first: PlacedUnit, second: PlacedUnit, reader: PackReader): Finding[] {
  const idsOf = (unit: PlacedUnit) =>
    filesOf(unit, reader).flatMap(({ path: file, documents }) =>
      documents.map((object) => ({ id: objectId(object), object, file })),
    );
  const known = new Map<string, string>();
  const findings: Finding[] = [];
  const all = first === second ? idsOf(first) : [...idsOf(first), ...idsOf(second)];
  for (const { id, object, file } of all) {
    if (id === undefined) continue;
    const other = known.get(id);
    if (other === undefined) known.set(id, file);
    else findings.push(problems.duplicateObject(object, other, file, second.cluster));
  }
  return findings;
}
