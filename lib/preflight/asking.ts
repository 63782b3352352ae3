import type { Entry, World } from '../world';
import { type Reported, reportedAt } from './order';
import type { FieldEdit, Report, ReportFinding, Rule, RuleOf, Subject } from './rule';
import { type SubjectKind, subjectKinds, subjectsOf } from './subjects';

/** A change that a cure makes to a field of an object. */
export interface ObjectEdit {
  readonly entry: Entry;
  readonly pointer: string;
  /** Undefined removes the field. */
  readonly value: unknown;
}

/** How rules are asked. */
export interface AskingOptions {
  /** How many subjects all rules look at before the next ones. @default 32 */
  readonly turn?: number | undefined;
  /** Milliseconds, for the profile of the rules; without it nothing is measured. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Asking all rules about a few subjects before the next few keeps these in the processor's cache: of ten thousand Canaries,
 * each rule would bring every one in anew. Measured: with more of them their data does not stay there.
 */
const TURN = 32;

/** Asks rules about the subjects of a world, a few at a time, and keeps what they report. */
export class Asking {
  readonly reported: Reported[] = [];
  /** The changes that would cure what is reported, where the rule knows. */
  readonly cures = new Map<Reported, readonly ObjectEdit[]>();
  private readonly said = new Set<string>();
  private readonly milliseconds = new Map<string, number>();
  private readonly turn: number;
  private readonly clock: AskingOptions['clock'];

  constructor(
    private readonly world: World,
    { turn = TURN, clock }: AskingOptions = {},
  ) {
    this.turn = turn;
    this.clock = clock;
  }

  /** Asks each rule about each of its subjects, once. @throws Error that names the rule which has a bug */
  all(rules: readonly Rule[]): void {
    for (const kind of subjectKinds) this.about(kind, rules);
  }

  /** What each rule took, slowest first; empty without a clock. */
  timings(): { readonly rule: string; readonly milliseconds: number }[] {
    return [...this.milliseconds]
      .map(([rule, milliseconds]) => ({ rule, milliseconds }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }

  private about<K extends SubjectKind>(kind: K, rules: readonly Rule[]): void {
    const asked: { rule: RuleOf<K>; shared: unknown; report: ReportFinding }[] = [];
    for (const rule of rules) {
      if (!isOf(rule, kind)) continue;
      const shared = rule.shared ? this.run(rule.id, () => rule.shared?.(this.world)) : nothingShared;
      if (shared !== undefined) asked.push({ rule, shared, report: this.reporter(rule as Rule) });
    }
    if (asked.length === 0) return;
    const subjects = subjectsOf[kind](this.world);
    for (let start = 0; start < subjects.length; start += this.turn) {
      const some = subjects.slice(start, start + this.turn);
      for (const { rule, shared, report } of asked)
        this.run(rule.id, () => {
          for (const subject of some) rule.check(subject, report, this.world, shared as NonNullable<unknown>);
        });
    }
  }

  private run<T>(rule: string, work: () => T): T {
    const start = this.clock?.() ?? 0;
    try {
      return work();
    } catch (error) {
      const words = error instanceof Error ? error.message : error;
      throw new Error(`internal error in rule ${rule}: ${words}`, { cause: error });
    } finally {
      if (this.clock) this.milliseconds.set(rule, (this.milliseconds.get(rule) ?? 0) + this.clock() - start);
    }
  }

  private reporter(rule: Rule): ReportFinding {
    return (subject: Subject, words: Report) => {
      const entry = entryOf(subject);
      const one = reportedAt(rule, entry, softened(rule, entry, words, this.world));
      if (words.once) {
        const what = `${rule.id} ${one.object} ${one.words.pointer}`;
        if (this.said.has(what)) return;
        this.said.add(what);
      }
      this.reported.push(one);
      // A cure goes to what somebody wrote; one for what Flagger makes must say so itself.
      if (words.edits && !entry.madeBy) this.cures.set(one, words.edits.map(objectEdit(entry, words.pointer)));
    };
  }
}

const nothingShared = {};

const isOf = <K extends SubjectKind>(rule: Rule, kind: K): rule is Rule & RuleOf<K> => rule.each === kind;

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
