import type { Place } from '../findings';
import type { Reported } from './order';
import type { Rule } from './rule';

/** A report as plain data, as a cache holds it. */
export interface StoredReport extends Omit<Reported, 'rule' | 'place'> {
  /** Id of the rule. */
  readonly rule: string;
}

/** Reports of an earlier run, and what became of the objects since. */
export interface KeptReports {
  readonly reports: readonly StoredReport[];
  /** Whether the findings about an object of the manifest have to be found anew: the others are kept. */
  isStale(file: string): boolean;
  /** Where the report is shown now. */
  place(report: StoredReport): Place;
}

/** A report as a later run may keep it. */
export function stored({ rule, object, file, group, groupFile, order, words }: Reported): StoredReport {
  return { rule: rule.id, object, file, group, groupFile, order, words };
}

/** What an earlier run found about objects that are as they were, and this one about the others, in no order. */
export function merged(kept: KeptReports, found: readonly Reported[], rules: readonly Rule[]): Reported[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const all: Reported[] = [];
  for (const report of kept.reports) {
    const rule = byId.get(report.rule);
    if (rule && !kept.isStale(report.groupFile)) all.push({ ...report, rule, place: () => kept.place(report) });
  }
  all.push(...found.filter(({ groupFile }) => kept.isStale(groupFile)));
  return all;
}
