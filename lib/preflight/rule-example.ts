import { type Finding, fromPointer, toPointer, YamlSource } from '../findings';
import type { KubeObject } from '../kube';
import { isFields } from '../kube';
import type { ObjectEdit } from './asking';
import { caseWorld, objectsOf } from './case-world';
import type { BadCase, Case, CaseManifests, Rule } from './rule';
import { runPreflight } from './run';

/** What a rule reports, with the same input mended where that can be shown. */
export interface Example {
  readonly one: BadCase;
  readonly findings: readonly Finding[];
  /** A unified diff, without the names of files; undefined where the cure is not to be seen in a few lines. */
  readonly diff?: string;
  /** What the diff leads to: the input with the fix carried out, or the case nearest to it that is sound. */
  readonly leadsTo?: 'mended' | 'sound';
}

/** More changed lines than this show no cure: the two inputs are different stories. */
const MOST_CHANGED_LINES = 14;
const MARK = '<-- here';

/**
 * The case of a rule that shows most: one with its cure, if there is one. The cure is what the case says, what the rule would
 * change by itself, or the nearest sound case: the rule is silent about each of them.
 */
export function exampleOf(rule: Rule): Example | undefined {
  const examples = rule.cases.bad.map((one) => ({ one, ...mended(rule, one) }));
  const shown = examples.find(({ text }) => text !== undefined);
  if (shown)
    return {
      one: shown.one,
      findings: shown.findings,
      diff: unified(caseYaml(shown.one), shown.text!),
      leadsTo: 'mended',
    };
  const near = nearest(rule);
  if (near)
    return {
      one: near.bad,
      findings: findingsOf(rule, near.bad),
      diff: unified(near.before, near.after),
      leadsTo: 'sound',
    };
  const [first] = examples;
  return first && { one: first.one, findings: first.findings };
}

/** The YAML of a case; the lines that the findings name are marked. */
export function caseYaml({ manifests, files = {} }: Case, findings: readonly Finding[] = []): string {
  const main = textOf(manifests);
  const others = Object.entries(files).map(([file, content]) => `# ${file}\n${textOf(content)}`);
  const text = [...(main === '' ? [] : [main]), ...others].join('\n---\n');
  return findings.length === 0 ? text : marked(text, findings);
}

function findingsOf(rule: Rule, one: Case): readonly Finding[] {
  return runPreflight(caseWorld(one), { rules: [rule] }).findings;
}

function mended(rule: Rule, one: BadCase): { readonly findings: readonly Finding[]; readonly text?: string } {
  const { findings, cures } = runPreflight(caseWorld(one), { rules: [rule] });
  if (one.mended !== undefined) return { findings, text: caseYaml({ ...one, manifests: one.mended }) };
  if (findings.length === 0 || findings.some((finding) => !cures.has(finding))) return { findings };
  const edits = [...cures.values()].flat();
  const cured = withEdits(one, edits);
  const isCured = one.files === undefined && findingsOf(rule, cured).length === 0;
  return isCured ? { findings, text: caseYaml(cured) } : { findings };
}

/** The case with the changes made to its objects; those of its files are left as they are. */
export function withEdits<T extends Case>(one: T, edits: readonly ObjectEdit[]): T {
  return { ...one, manifests: objectsOf(one.manifests).map((object) => edited(object, edits)) };
}

function edited(object: KubeObject, edits: readonly ObjectEdit[]): KubeObject {
  const mine = edits.filter(({ entry }) => nameOf(entry.object) === nameOf(object));
  if (mine.length === 0) return object;
  const copy = structuredClone(object);
  for (const { pointer, value } of mine) setAt(copy, fromPointer(pointer), value);
  return copy;
}

function setAt(parent: unknown, [name, ...below]: readonly string[], value: unknown): void {
  if (name === undefined || typeof parent !== 'object' || parent === null) return;
  const fields = parent as Record<string, unknown>;
  if (below.length > 0) {
    fields[name] ??= {};
    setAt(fields[name], below, value);
  } else if (value !== undefined) fields[name] = value;
  else if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete fields[name];
}

interface Near {
  readonly bad: BadCase;
  readonly before: string;
  readonly after: string;
  readonly changed: number;
}

/** The sound case that differs from an unsound one in the fewest lines, with the same Canaries and facts. */
function nearest(rule: Rule): Near | undefined {
  const goods = rule.cases.good.map((one) => ({ one, text: caseYaml(one), canaries: canariesOf(one) }));
  let best: Near | undefined;
  for (const bad of rule.cases.bad) {
    const before = caseYaml(bad);
    const canaries = canariesOf(bad);
    for (const { one, text: after, canaries: others } of goods) {
      if (canaries !== others || JSON.stringify(one.facts) !== JSON.stringify(bad.facts)) continue;
      const changed = changedLines(before, after);
      if (changed > 0 && changed <= MOST_CHANGED_LINES && changed < (best?.changed ?? Number.POSITIVE_INFINITY))
        best = { bad, before, after, changed };
    }
  }
  return best;
}

function canariesOf(one: Case): string {
  const all = [one.manifests, ...Object.values(one.files ?? {})].flatMap(objectsOf);
  return all
    .filter(({ kind }) => kind === 'Canary')
    .map(nameOf)
    .sort()
    .join();
}

function changedLines(before: string, after: string): number {
  const { diffLines } = require('diff') as typeof import('diff');
  return diffLines(before, after).reduce((sum, { added, removed, count }) => sum + (added || removed ? count : 0), 0);
}

function unified(before: string, after: string): string {
  const { createTwoFilesPatch } = require('diff') as typeof import('diff');
  const patch = createTwoFilesPatch('', '', `${before}\n`, `${after}\n`, undefined, undefined, { context: 2 });
  // The names of files and the numbers of lines say nothing about an example.
  const lines = patch.split('\n').filter((line) => !/^(Index:|===|--- |\+\+\+ )/.test(line));
  return lines
    .map((line) => (line.startsWith('@@') ? '@@' : line))
    .join('\n')
    .replace(/^@@\n/, '')
    .trimEnd();
}

function textOf(manifests: CaseManifests): string {
  const { stringify } = require('yaml') as typeof import('yaml');
  const parts = typeof manifests === 'string' ? [manifests] : manifests;
  return parts.map((part) => (typeof part === 'string' ? part : stringify(part)).trim()).join('\n---\n');
}

/** A comment behind the line of every field that a finding names; of the object's kind, where it names no field. */
function marked(text: string, findings: readonly Finding[]): string {
  const { parseAllDocuments } = require('yaml') as typeof import('yaml');
  const documents = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  const source = new YamlSource(text);
  const lines = text.split('\n');
  for (const { place } of findings) {
    const document = documents.findIndex((one) => isFields(one) && nameOf(one as KubeObject) === place.object);
    if (document < 0) continue;
    const { line } = source.locate(document, existing(documents[document], place.pointer ?? ''), 'key');
    const before = lines[line - 1];
    if (before !== undefined && !before.endsWith(MARK))
      lines[line - 1] = `${before}${before.includes(' # ') ? ' ' : '  # '}${MARK}`;
  }
  return lines.join('\n');
}

/** The pointer, or that of the nearest parent that is there; the kind of the object for the whole of it. */
function existing(object: unknown, pointer: string): string {
  const path: string[] = [];
  let value = object;
  for (const name of fromPointer(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) break;
    value = (value as Record<string, unknown>)[name];
    path.push(name);
  }
  return path.length === 0 ? '/kind' : toPointer(path);
}

/** As findings name it. */
function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata?.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata?.name}`;
}
