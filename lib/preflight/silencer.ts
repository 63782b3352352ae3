import { type Finding, nearest } from '../findings';
import { describeEntry, type Entry, type World } from '../world';
import type { Reported } from './order';
import type { Rule } from './rule';
import { ignoreAnnotation, ignorePointer, type ParsedSilence, silencesOf } from './silences';

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

/** Which findings somebody has silenced, and which silences did nothing. */
export class Silencer {
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
