import type { Edit } from './edit';

/** `error` stops a synth and makes the exit code 1; `warning` and `info` are printed. */
export type Severity = 'error' | 'warning' | 'info';

/** Where a finding is. Every part is optional: a finding about a whole catalog has only a file. */
export interface Place {
  /** Path as the user gave it, relative to the working directory where it lies below it. */
  readonly file?: string;
  /** From 1. Computed only when there is something to report. */
  readonly line?: number;
  /** From 1, in UTF-16 code units. */
  readonly column?: number;
  /** JSON pointer (RFC 6901) into the file, `''` for its root. */
  readonly pointer?: string;
  /** `Kind namespace/name` of a Kubernetes object. */
  readonly object?: string;
  /** The cluster whose tree the object belongs to; several, separated by a comma, where the same holds in them. */
  readonly cluster?: string;
}

/**
 * One thing that is wrong, for a person who wants to mend it.
 * `code`, `place` and `severity` are the contract; the sentences may improve.
 */
export interface Finding {
  /** Kebab case, stable, documented: names what goes wrong, not the cure. */
  readonly code: string;
  readonly severity: Severity;
  readonly place: Place;
  /** One sentence: which thing, what is wrong, the value that was seen (never a secret's). */
  readonly message: string;
  /** Why it is wrong, in one or two sentences. */
  readonly cause?: string;
  /** The nearest valid name, where there is one. */
  readonly nearest?: string;
  /** An instruction that can be carried out without reading on. */
  readonly fix?: string;
  /** Page that tells more, relative to the repository: `docs/rules/ingress-bypasses-vs.md`. */
  readonly docs?: string;
  /** The source around the place holds a secret: no format shows that line, not for another finding either. @default false */
  readonly isSecret?: boolean;
  /** Findings of which this one is an echo, as `code@object`: show the root first. */
  readonly because?: readonly string[];
  /** Changes of the file at the place that cure it, where the cure needs no judgement: `aviary preflight --fix` makes them. */
  readonly edits?: readonly Edit[];
}

/** Whether one of them stops a run. */
export const hasError = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error');
