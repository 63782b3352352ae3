import * as path from 'node:path';
import { type Edit, editJson, type Finding, isTouching } from '../findings';
import { diskReason, errorCode, type FileSystem, realFileSystem } from '../tree';
import { readCatalogFile } from './catalog-file';
import { type CatalogSource, readCatalogSource } from './catalog-source';
import { readImageLock } from './image-lock-file';
import { type CatalogPreflight, type PreflightCatalogOptions, preflightSource } from './preflight-catalog';

/** How far the cures of a catalog may go. */
export interface FixCatalogOptions {
  /** The catalog's name in findings. @default its path */
  readonly file?: string;
  /** What somebody adds to the catalog's tree. @default nothing */
  readonly extension?: PreflightCatalogOptions['extension'];
  /** Path of the file that says which images run. @default images.lock.json beside the catalog, where there is one */
  readonly images?: string;
  /** Milliseconds, for the profile of the rules. */
  readonly clock?: () => number;
  /** @default the disk */
  readonly fs?: FileSystem;
}

/** A cure that was not made. */
export interface RefusedFix {
  readonly finding: Finding;
  /** What stands in its way. */
  readonly reason: string;
}

/** A catalog with the cures made, as a text or as it was read. */
export interface FixedText<T = string> {
  /** With every cure that holds. */
  readonly text: T;
  readonly fixed: readonly Finding[];
  readonly refused: readonly RefusedFix[];
  /** What is found in the new text. */
  readonly checked: CatalogPreflight;
}

/** What came of the cures: the files that changed, what was mended, what was not, and why. */
export interface FixedCatalog extends Omit<FixedText, 'text'> {
  readonly files: readonly FixedFile[];
}

/** A file of a catalog that cures have changed. */
export interface FixedFile {
  readonly file: string;
  readonly before: string;
  readonly text: string;
}

/**
 * Makes the cures that need no judgement in the catalog's files, and keeps every other character. A file is replaced
 * in one step, and only by a text that has been checked: a cure that brings an error, or does not cure, is not made.
 */
export function fixCatalog(file: string, options: FixCatalogOptions = {}): FixedCatalog {
  const { file: name = file, fs = realFileSystem, clock } = options;
  const nothing = (checked: CatalogPreflight): FixedCatalog => ({ files: [], fixed: [], refused: [], checked });
  const before = readCatalogSource(fs, file, name);
  if (!('fingerprint' in before)) return nothing({ findings: before, timings: [] });
  const { lock, findings: unreadable } = readImageLock(fs, file, options.images);
  if (unreadable.length > 0) return nothing({ findings: unreadable, timings: [] });
  const checkOptions = { withEdits: true, extension: options.extension, ...(clock ? { clock } : {}) };
  const folder = path.dirname(file);
  const check = (source: CatalogSource) => preflightSource(source, checkOptions, lock, { fs, folder });
  const { text: after, ...result } = fixText<CatalogSource>(before, check, {
    edit: (source, edits) => source.edited(edits),
    keyOf: ({ fingerprint }) => fingerprint,
  });
  const files = [...after.texts].flatMap(([shown, text]): FixedFile[] => {
    const was = before.texts.get(shown)!;
    return was === text ? [] : [{ file: shown, before: was, text }];
  });
  const problem = replaceFiles(fs, files, (shown) => path.join(folder, path.relative(path.dirname(name), shown)));
  if (problem === undefined) return { ...result, files };
  const finding: Finding = {
    code: 'catalog-not-writable',
    severity: 'error',
    place: { file: problem.file },
    message: `the cures cannot be written: ${problem.reason}`,
    cause: problem.isPartial
      ? 'The files before it are mended already: each is sound for itself.'
      : 'Nothing was changed: the file is replaced as a whole or not at all.',
    fix: 'see to it, then run the command again',
  };
  const { findings, timings, texts } = check(before);
  return nothing({ findings: [finding, ...findings], timings, ...(texts && { texts }) });
}

/** File after file; the first that cannot be replaced ends it. */
function replaceFiles(
  fs: FileSystem,
  files: readonly FixedFile[],
  pathOf: (file: string) => string,
): { readonly file: string; readonly reason: string; readonly isPartial: boolean } | undefined {
  for (const [index, { file, before, text }] of files.entries()) {
    const reason = replaceFile(fs, pathOf(file), before, text);
    if (reason !== undefined) return { file, reason, isPartial: index > 0 };
  }
  return undefined;
}

/** What all findings with the same changes have in common. */
interface Fix {
  readonly edits: readonly Edit[];
  readonly findings: readonly Finding[];
}

interface Attempt<T> {
  readonly text: T;
  readonly checked: CatalogPreflight;
}

/** More rounds than one cure needs to show the next; two cures that undo each other end here. */
const MAX_ROUNDS = 10;

/** How a catalog that is no text is changed and told apart. */
interface Handling<T> {
  edit(text: T, edits: readonly Edit[]): T;
  keyOf(text: T): string;
}

const ofText: Handling<string> = { edit: editJson, keyOf: (text) => text };

/** Cures a catalog in memory, round by round: a mended field can show what was wrong behind it. */
export function fixText<T = string>(
  before: T,
  check: (text: T) => CatalogPreflight,
  { edit, keyOf }: Handling<T> = ofText as unknown as Handling<T>,
): FixedText<T> {
  const fixed: Finding[] = [];
  const refused = new Map<string, RefusedFix[]>();
  let now: Attempt<T> = { text: before, checked: check(before) };
  const seen = new Set([keyOf(before)]);

  /** All of them at once; when that does not hold, half by half, down to the ones that are to blame. */
  const attempt = (fixes: readonly Fix[]): void => {
    const [text, refusal] = tried(() =>
      edit(
        now.text,
        fixes.flatMap(({ edits }) => edits),
      ),
    );
    const after = text === undefined ? now : { text, checked: check(text) };
    const reason = refusal ?? (seen.has(keyOf(after.text)) ? 'another cure would undo it' : whyNot(now, after, fixes));
    if (reason === undefined) {
      seen.add(keyOf(after.text));
      now = after;
      fixed.push(...fixes.flatMap(({ findings }) => findings));
    } else if (fixes.length === 1 && fixes[0]) {
      const { edits, findings } = fixes[0];
      refused.set(
        JSON.stringify(edits),
        findings.map((finding) => ({ finding, reason })),
      );
    } else {
      const half = Math.ceil(fixes.length / 2);
      attempt(fixes.slice(0, half));
      // The first half may have moved or cured what the second is about.
      const rest = fixes.slice(half).map(({ edits }) => JSON.stringify(edits));
      const still = fixesOf(now.checked.findings).filter(({ edits }) => rest.includes(JSON.stringify(edits)));
      if (still.length > 0) attempt(still);
    }
  };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const fixes = fixesOf(now.checked.findings).filter(({ edits }) => !refused.has(JSON.stringify(edits)));
    const chosen = withoutMeetings(fixes);
    if (chosen.length === 0) break;
    attempt(chosen);
  }
  return { text: now.text, fixed, refused: [...refused.values()].flat(), checked: now.checked };
}

/** What an edit gives, or why it cannot be made: YAML has places that cannot be changed by themselves. */
function tried<T>(edit: () => T): readonly [T] | readonly [undefined, string] {
  try {
    return [edit()];
  } catch (error) {
    return [undefined, (error as Error).message];
  }
}

function fixesOf(findings: readonly Finding[]): Fix[] {
  const fixes = new Map<string, { edits: readonly Edit[]; findings: Finding[] }>();
  for (const finding of findings) {
    if (!finding.edits || finding.edits.length === 0) continue;
    const id = JSON.stringify(finding.edits);
    const known = fixes.get(id);
    if (known) known.findings.push(finding);
    else fixes.set(id, { edits: finding.edits, findings: [finding] });
  }
  return [...fixes.values()];
}

/** Of cures that meet at one place the first one; the others are asked again when it is made. */
function withoutMeetings(fixes: readonly Fix[]): Fix[] {
  const chosen: Fix[] = [];
  // All others meet only what is in the same service, the same cluster.
  const taken = new Map<string, Edit[]>();
  for (const fix of fixes) {
    if (fix.edits.some(({ pointer }) => pointer.split('/').length < 4)) {
      // So high up that it meets nearly everything: alone.
      if (chosen.length === 0) return [fix];
      continue;
    }
    const meets = fix.edits.some((edit) => (taken.get(areaOf(edit)) ?? []).some((other) => isTouching(edit, other)));
    if (meets) continue;
    chosen.push(fix);
    for (const edit of fix.edits) taken.set(areaOf(edit), [...(taken.get(areaOf(edit)) ?? []), edit]);
  }
  return chosen;
}

const areaOf = ({ pointer }: Edit): string => pointer.split('/').slice(0, 3).join('/');

/** Why a text may not take the place of the one before; undefined when it may. */
function whyNot(
  before: Pick<Attempt<unknown>, 'checked'>,
  after: Pick<Attempt<unknown>, 'checked'>,
  fixes: readonly Fix[],
): string | undefined {
  // Loaded here: a synth in which nothing changed needs none of it.
  const { depthOfCode } = require('../catalog') as typeof import('../catalog');
  const had = counted(before.checked.findings);
  const has = counted(after.checked.findings);
  // What only a catalog that is sound so far can show is not the cure's fault.
  const depth = Math.min(2, ...before.checked.findings.filter(isError).map(({ code }) => depthOfCode(code)));
  const news = after.checked.findings.find(
    (finding) =>
      isError(finding) && depthOfCode(finding.code) <= depth && has.get(idOf(finding))! > (had.get(idOf(finding)) ?? 0),
  );
  if (news) return `then ${news.message} [${news.code}]`;
  const stays = fixes
    .flatMap(({ findings }) => findings)
    .find((finding) => (has.get(idOf(finding)) ?? 0) >= had.get(idOf(finding))!);
  return stays && `it does not cure ${stays.code}`;
}

const isError = ({ severity }: Finding): boolean => severity === 'error';

/** A finding before and after a change: its sentence tells values, which may have changed. */
function idOf({ code, place }: Finding): string {
  return [code, place.file, place.pointer, place.object, place.cluster].join('\u0000');
}

function counted(findings: readonly Finding[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const finding of findings) counts.set(idOf(finding), (counts.get(idOf(finding)) ?? 0) + 1);
  return counts;
}

/** Replaces a file in one step; why not, otherwise. Whoever reads it sees the old text or the new one. */
function replaceFile(fs: FileSystem, file: string, before: string, text: string): string | undefined {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.aviary-fix`);
  try {
    if (readCatalogFile(fs, file) !== before) return 'the file has changed meanwhile';
    const { mode } = fs.lstatSync(file);
    try {
      fs.writeFileSync(temporary, text, { flag: 'wx', mode: mode & 0o777 });
    } catch (error) {
      if (errorCode(error) === 'EEXIST')
        return `${temporary} is in the way: another run is at work, or was stopped; remove it then`;
      throw error;
    }
    fs.renameSync(temporary, file);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    fs.rmSync(temporary, { force: true });
    return diskReason(error) ?? (error as Error).message;
  }
}
