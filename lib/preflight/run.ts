import { type Finding, nearest } from '../findings';
import { describeEntry, type Entry, type World } from '../world';
import { type KeptReports, merged, type StoredReport, stored } from './kept-reports';
import { type Reported, reportedAt, toFindings } from './order';
import type { FieldEdit, Report, Rule, Subject } from './rule';
import { rules as allRules, canaryRules } from './rules.generated';
import { ignoreAnnotation, ignorePointer, type ParsedSilence, silencesOf } from './silences';

export interface PreflightOptions {
  /** @default all */
  readonly rules?: readonly Rule[];
  /** Silences from the catalog; those of annotations are read from the objects. */
  readonly ignores?: readonly CatalogSilence[];
  /** Reports of an earlier run that still hold; the world then is a part of the whole one. */
  readonly kept?: KeptReports;
  /** How many Canaries are looked at in one turn. @default 32 */
  readonly turn?: number;
  /** Milliseconds, for the profile of the rules; without it nothing is measured. */
  readonly clock?: () => number;
}

/** A silence that the catalog writes for a service: it holds for every object of it. */
export interface CatalogSilence {
  readonly code: string;
  readonly reason: string;
  /** Whose silence it is, for people: `service "cart"`. */
  readonly owner: string;
  /** `Kind namespace/name`. */
  readonly objects: readonly string[];
  /** Where it is written. */
  readonly place: Finding['place'];
}

/** A change that a cure makes to a field of an object. */
export interface ObjectEdit {
  readonly entry: Entry;
  readonly pointer: string;
  /** Undefined removes the field. */
  readonly value: unknown;
}

export interface PreflightResult {
  /** Roots before their echoes, errors before warnings, otherwise in source order. */
  readonly findings: readonly Finding[];
  /** What would cure a finding, for those whose rule knows. */
  readonly cures: ReadonlyMap<Finding, readonly ObjectEdit[]>;
  /** Findings that were left out because somebody gave a reason. */
  readonly silenced: readonly Finding[];
  /** All that rules reported, silenced or not: what a later run may keep. */
  readonly reports: readonly StoredReport[];
  /** Whether objects silence rules by annotation. */
  readonly hasAnnotations: boolean;
  /** Slowest first; empty without a clock. */
  readonly timings: readonly { readonly rule: string; readonly milliseconds: number }[];
}

/** Measured: with more of them their data does not stay in the processor's cache. */
const TURN = 32;

/** Runs every rule on the world of one cluster. Throws only when a rule has a bug. */
export function runPreflight(world: World, options: PreflightOptions = {}): PreflightResult {
  const { rules = allRules, ignores = [], kept: earlier, turn = TURN, clock } = options;
  const found: Reported[] = [];
  const edits = new Map<Reported, readonly ObjectEdit[]>();
  const said = new Set<string>();
  const milliseconds = new Map<Rule, number>();
  const ask = (rule: Rule) => {
    const start = clock?.() ?? 0;
    runRule(rule, world, found, edits, said);
    if (clock) milliseconds.set(rule, (milliseconds.get(rule) ?? 0) + clock() - start);
  };
  for (const rule of rules) if (!canaryRules.has(rule)) ask(rule);
  const canaries = world.canaries();
  for (let start = 0; start < canaries.length; start += turn) {
    const some = canaries.slice(start, start + turn);
    for (const rule of rules) {
      if (!canaryRules.has(rule)) continue;
      world.takeTurn(some);
      ask(rule);
    }
  }
  // A rule that had nothing to look at has left its turn.
  world.takeTurn(undefined);
  const timings = [...milliseconds].map(([rule, spent]) => ({ rule: rule.id, milliseconds: spent }));
  const position = new Map(rules.map((rule, index) => [rule, index]));
  // Reports about one object all come from one run and one turn: the order of the rules is what is left to mend.
  const reported = (earlier ? merged(earlier, found, rules) : found).sort(
    (a, b) => position.get(a.rule)! - position.get(b.rule)!,
  );
  const silencer = new Silencer(world, rules, ignores);
  const kept: Reported[] = [];
  const silenced: Reported[] = [];
  for (const one of reported) (silencer.isSilenced(one) ? silenced : kept).push(one);
  const cures = new Map<Finding, readonly ObjectEdit[]>();
  const findings = toFindings(kept, (finding, one) => {
    const cure = edits.get(one);
    if (cure) cures.set(finding, cure);
  });
  return {
    findings: [...findings, ...silencer.complaints()],
    cures,
    silenced: toFindings(silenced),
    reports: reported.map(stored),
    hasAnnotations: silencer.hasAnnotations,
    timings: timings.sort((a, b) => b.milliseconds - a.milliseconds),
  };
}

function runRule(
  rule: Rule,
  world: World,
  reported: Reported[],
  edits: Map<Reported, readonly ObjectEdit[]>,
  said: Set<string>,
): void {
  const report = (subject: Subject, words: Report) => {
    const entry = entryOf(subject);
    const one = reportedAt(rule, entry, softened(rule, entry, words, world));
    if (words.once) {
      const what = `${rule.id} ${one.object} ${one.words.pointer}`;
      if (said.has(what)) return;
      said.add(what);
    }
    reported.push(one);
    // A cure goes to what somebody wrote; one for what Flagger makes must say so itself.
    if (words.edits && !entry.madeBy) edits.set(one, words.edits.map(objectEdit(entry, words.pointer)));
  };
  try {
    rule.check(world, report);
  } catch (error) {
    throw new Error(`internal error in rule ${rule.id}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** The words with the severity that an assumption allows. */
function softened(rule: Rule, entry: Entry, words: Report, world: World): Report {
  if (!rule.restsOn || (words.severity ?? rule.severity) !== 'error') return words;
  const about = words.about?.entry ?? entry;
  const isPlaceAssumed =
    rule.restsOn.includes('namespace') &&
    (world.facts.isPartial === true || (about.isNamespaceAssumed && !world.facts.defaultNamespace));
  const canary = about.kind === 'Canary' ? world.canary(about.namespace, about.name) : undefined;
  // Of two Canaries of one name, alternatives of one folder as a rule, nobody knows for which the rest is meant.
  const isProviderAssumed =
    rule.restsOn.includes('provider') &&
    (canary?.provider.certainty === 'assumed' || world.duplicates().some(({ first }) => first === canary?.entry));
  return isPlaceAssumed || isProviderAssumed ? { ...words, severity: 'warning' } : words;
}

const entryOf = (subject: Subject): Entry => ('entry' in subject ? subject.entry : subject);

const objectEdit =
  (entry: Entry, reportedAt = '') =>
  ({ subject, pointer, value }: FieldEdit): ObjectEdit => ({
    entry: subject ? entryOf(subject) : entry,
    pointer: pointer ?? (subject ? '' : reportedAt),
    value,
  });

/** Which findings somebody has silenced, and which silences did nothing. */
class Silencer {
  private readonly used = new Set<string>();
  private readonly codes: readonly string[];
  private readonly ignores: readonly CatalogSilence[];
  private readonly fromCatalog = new Map<string, CatalogSilence>();
  private readonly usedFromCatalog = new Set<CatalogSilence>();
  /** What annotations say, by object. */
  private readonly annotations: readonly { readonly entry: Entry; readonly silences: readonly ParsedSilence[] }[];
  private readonly fromAnnotations = new Set<string>();

  constructor(world: World, rules: readonly Rule[], ignores: readonly CatalogSilence[]) {
    this.codes = rules.map(({ id }) => id);
    this.ignores = ignores;
    for (const silence of ignores)
      for (const object of silence.objects) this.fromCatalog.set(`${silence.code}@${object}`, silence);
    this.annotations = world
      .entries()
      .filter((entry) => entry.annotations[ignoreAnnotation] !== undefined)
      .map((entry) => ({ entry, silences: silencesOf(entry) }));
    for (const { entry, silences } of this.annotations)
      for (const silence of silences)
        if (silence.ok) this.fromAnnotations.add(`${silence.code}@${describeEntry(entry)}`);
  }

  get hasAnnotations(): boolean {
    return this.annotations.length > 0;
  }

  /** By the object at which the finding is, or by the Canary that it is about. */
  isSilenced({ rule, object, group }: Reported): boolean {
    let isSilenced = false;
    for (const owner of new Set([object, group])) {
      const key = `${rule.id}@${owner}`;
      const byCatalog = this.fromCatalog.get(key);
      if (byCatalog) this.usedFromCatalog.add(byCatalog);
      const byAnnotation = this.fromAnnotations.has(key);
      if (byAnnotation) this.used.add(key);
      isSilenced ||= byAnnotation || byCatalog !== undefined;
    }
    return isSilenced;
  }

  complaints(): Finding[] {
    const found: Finding[] = [];
    for (const { entry, silences } of this.annotations)
      for (const silence of silences)
        if (!silence.ok) found.push(malformed(entry, silence.text, silence.error));
        else if (!this.used.has(`${silence.code}@${describeEntry(entry)}`))
          found.push(unused(entry.place(ignorePointer), silence.code, describeEntry(entry), this.codes));
    for (const silence of this.ignores)
      if (!this.usedFromCatalog.has(silence))
        found.push(unused(silence.place, silence.code, silence.owner, this.codes));
    return found;
  }
}

function malformed(entry: Entry, text: string, error: string): Finding {
  return {
    code: 'ignore-malformed',
    severity: 'error',
    place: entry.place(ignorePointer),
    message: `"${text}" in the annotation aviary.dev/ignore ${error}`,
    cause: 'a rule is silenced for a reason that the next reader can judge',
    fix: 'write code=reason, several separated by ";"',
    docs: 'docs/rules/ignore-malformed.md',
  };
}

function unused(place: Finding['place'], code: string, object: string, codes: readonly string[]): Finding {
  const isKnown = codes.includes(code);
  const near = isKnown ? undefined : nearest(code, codes);
  return {
    code: 'ignore-unused',
    severity: 'warning',
    place,
    message: isKnown
      ? `the silence of "${code}" for ${object} silences nothing`
      : `the silence of "${code}" for ${object} names no rule`,
    ...(near === undefined ? {} : { nearest: near }),
    cause: 'a silence that is no longer needed would hide the same mistake when it comes back',
    fix: isKnown || near === undefined ? `remove "${code}" from the silences of ${object}` : `write "${near}"`,
    docs: 'docs/rules/ignore-unused.md',
  };
}
