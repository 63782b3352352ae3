import type { Finding } from '../findings';
import type { World } from '../world';
import { Asking, type ObjectEdit } from './asking';
import { type KeptReports, merged, type StoredReport, stored } from './kept-reports';
import { type Reported, toFindings } from './order';
import type { Rule } from './rule';
import { rules as allRules } from './rules.generated';
import { type CatalogSilence, Silencer } from './silencer';

/** What is looked for, and what is known from before. */
export interface PreflightOptions {
  /** @default all */
  readonly rules?: readonly Rule[];
  /** Silences from the catalog; those of annotations are read from the objects. */
  readonly ignores?: readonly CatalogSilence[];
  /** Reports of an earlier run that still hold; the world then is a part of the whole one. */
  readonly kept?: KeptReports;
  /** How many subjects all rules look at before the next ones. @default 32 */
  readonly turn?: number | undefined;
  /** Milliseconds, for the profile of the rules; without it nothing is measured. */
  readonly clock?: (() => number) | undefined;
}

/** What the rules have found. */
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

/** Runs every rule on the world of one cluster. Throws only when a rule has a bug. */
export function runPreflight(world: World, options: PreflightOptions = {}): PreflightResult {
  const { rules = allRules, ignores = [], kept: earlier, turn, clock } = options;
  const asked = new Asking(world, { turn, clock });
  asked.all(rules);
  const position = new Map(rules.map((rule, index) => [rule, index]));
  // Reports about one object all come from one run and one turn: the order of the rules is what is left to mend.
  const reported = (earlier ? merged(earlier, asked.reported, rules) : asked.reported).sort(
    (a, b) => position.get(a.rule)! - position.get(b.rule)!,
  );
  const silencer = new Silencer(world, rules, ignores);
  const kept: Reported[] = [];
  const silenced: Reported[] = [];
  for (const one of reported) (silencer.isSilenced(one) ? silenced : kept).push(one);
  const cures = new Map<Finding, readonly ObjectEdit[]>();
  const findings = toFindings(kept, (finding, one) => {
    const cure = asked.cures.get(one);
    if (cure) cures.set(finding, cure);
  });
  return {
    findings: [...findings, ...silencer.complaints()],
    cures,
    silenced: toFindings(silenced),
    reports: reported.map(stored),
    hasAnnotations: silencer.hasAnnotations,
    timings: asked.timings(),
  };
}
