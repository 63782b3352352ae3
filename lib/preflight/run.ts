import { type Finding, nearest } from '../findings';
import { describeEntry, type Entry, type World } from '../world';
import { type Reported, toFindings } from './order';
import type { Report, Rule, Subject } from './rule';
import { rules as allRules } from './rules.generated';
import { ignorePointer, silencesOf } from './silences';

export interface PreflightOptions {
  /** @default all */
  readonly rules?: readonly Rule[];
  /** Silences from the catalog; those of annotations are read from the objects. */
  readonly ignores?: readonly CatalogSilence[];
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

export interface PreflightResult {
  /** Roots before their echoes, errors before warnings, otherwise in source order. */
  readonly findings: readonly Finding[];
  /** Findings that were left out because somebody gave a reason. */
  readonly silenced: readonly Finding[];
  /** Slowest first; empty without a clock. */
  readonly timings: readonly { readonly rule: string; readonly milliseconds: number }[];
}

/** Runs every rule on the world of one cluster. Throws only when a rule has a bug. */
export function runPreflight(world: World, options: PreflightOptions = {}): PreflightResult {
  const { rules = allRules, ignores = [], clock } = options;
  const reported: Reported[] = [];
  const timings: { rule: string; milliseconds: number }[] = [];
  for (const rule of rules) {
    const start = clock?.() ?? 0;
    runRule(rule, world, reported);
    if (clock) timings.push({ rule: rule.id, milliseconds: clock() - start });
  }
  const silencer = new Silencer(world, rules, ignores);
  const kept: Reported[] = [];
  const silenced: Reported[] = [];
  for (const one of reported) (silencer.isSilenced(one) ? silenced : kept).push(one);
  return {
    findings: [...toFindings(kept), ...silencer.complaints()],
    silenced: toFindings(silenced),
    timings: timings.sort((a, b) => b.milliseconds - a.milliseconds),
  };
}

function runRule(rule: Rule, world: World, reported: Reported[]): void {
  const report = (subject: Subject, words: Report) => {
    const entry = 'entry' in subject ? subject.entry : subject;
    reported.push({ rule, entry: entry.madeBy ?? entry, isMade: entry.madeBy !== undefined, words });
  };
  try {
    rule.check(world, report);
  } catch (error) {
    throw new Error(`rule ${rule.id} met a bug of its own: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Which findings somebody has silenced, and which silences did nothing. */
class Silencer {
  private readonly used = new Set<string>();
  private readonly world: World;
  private readonly codes: readonly string[];
  private readonly ignores: readonly CatalogSilence[];
  private readonly fromCatalog = new Map<string, CatalogSilence>();
  private readonly usedFromCatalog = new Set<CatalogSilence>();

  constructor(world: World, rules: readonly Rule[], ignores: readonly CatalogSilence[]) {
    this.world = world;
    this.codes = rules.map(({ id }) => id);
    this.ignores = ignores;
    for (const silence of ignores)
      for (const object of silence.objects) this.fromCatalog.set(`${silence.code}@${object}`, silence);
  }

  /** By the object at which the finding is, or by the Canary that it is about. */
  isSilenced({ rule, entry, words }: Reported): boolean {
    return [entry, ...(words.about ? [words.about.entry] : [])].some((owner) => {
      const key = `${rule.id}@${describeEntry(owner)}`;
      const byCatalog = this.fromCatalog.get(key);
      if (byCatalog) this.usedFromCatalog.add(byCatalog);
      const isSilent = silencesOf(owner).some((silence) => silence.ok && silence.code === rule.id);
      if (isSilent) this.used.add(key);
      return isSilent || byCatalog !== undefined;
    });
  }

  complaints(): Finding[] {
    const found: Finding[] = [];
    for (const entry of this.world.entries())
      for (const silence of silencesOf(entry))
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
