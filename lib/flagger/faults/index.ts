import { type Fields, fieldsAt, textAt } from '../../kube';
import { readAnalysis } from '../analysis';
import { providerOf } from '../providers';
import { analysisRows } from './analysis';
import { definitionRows } from './definition';
import type { Fault, FaultRow, FaultSubject } from './fault';
import { metricRows } from './metrics';
import { providerRows } from './provider';
import { serviceRows } from './service';

export { specSchemas } from './definition';
export type { Fault, FaultHit, FaultRow, FaultSubject } from './fault';
export { isHttp, longestName } from './service';

/** The load tester hands its command to a shell: nothing in it may mean anything there. */
export const shellSafe = /^[\w ./?=&%~:@+,*-]*$/;

/**
 * What can be wrong with one Canary by itself, in the order in which it is told. A row is read by the construct, which throws, by
 * the catalog's check and by rules over other people's manifests.
 */
export const faultRows: readonly FaultRow[] = [
  ...definitionRows,
  ...serviceRows,
  ...analysisRows,
  ...providerRows,
  ...metricRows,
];

/** The row of a code. */
export function faultRow(code: string): FaultRow {
  const row = faultRows.find((one) => one.code === code);
  if (!row) throw new Error(`no fault has the code "${code}"`);
  return row;
}

/** What a Canary is for the table. */
export function faultSubject(
  spec: Fields,
  /** What the installation of Flagger takes where the Canary says nothing; undefined: not known. */
  installed?: string,
): FaultSubject {
  const value = textAt(spec, 'provider') || installed;
  return {
    name: textAt(spec, 'targetRef', 'name') ?? '',
    spec,
    service: fieldsAt(spec, 'service'),
    provider: value === undefined ? undefined : providerOf(value),
    providerValue: value ?? '',
    analysis: readAnalysis(spec, value ?? 'istio'),
  };
}

/** Every fault of a `spec`, once a place: what the definition refuses is not judged further there. */
export function canaryFaults(spec: Fields, installed?: string): Fault[] {
  const subject = faultSubject(spec, installed);
  const faults: Fault[] = [];
  const places = new Set<string>();
  for (const { code, severity, cause, cure, find } of faultRows)
    for (const hit of find(subject)) {
      if (places.has(hit.pointer)) continue;
      places.add(hit.pointer);
      faults.push({ code, severity, cause, cure, ...hit });
    }
  return faults;
}

/** A pointer as people write a property: `/analysis/webhooks/0/url` is `analysis.webhooks[0].url`. */
export function propertyOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step, index) =>
      /^\d+$/.test(step) ? `[${step}]` : /^\w+$/.test(step) ? `${index === 0 ? '' : '.'}${step}` : `["${step}"]`,
    )
    .join('');
}
