import type { Finding } from '../finding';

/** A code in words. */
export interface Meaning {
  /** One clause: the cause. */
  readonly short: string;
  /** Whole sentences: what happens, and why. */
  readonly full: string;
}

/** What a format may know besides the findings. */
export interface FormatOptions {
  /** ANSI colours, for a terminal. @default false */
  readonly color?: boolean;
  /** The text of a file, if at hand: then the text format shows the line with a caret. */
  readonly source?: (file: string) => string | undefined;
  /** Version of Aviary, for formats that name their tool. @default '0.0.0' */
  readonly version?: string;
  /** What a code means: for formats that describe their rules. */
  readonly meaning?: (code: string) => Meaning | undefined;
  /** Where `docs` of a finding is found on the web; without it the path is printed as it is. */
  readonly docsUrl?: string;
  /** In the text format: more than three findings that say the same of other objects become one. @default false */
  readonly folds?: boolean;
}

/** How many findings there are, by severity. */
export interface Summary {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

/** Counts the findings by severity. */
export function summarize(findings: readonly Finding[]): Summary {
  const count = (severity: Finding['severity']) => findings.filter((finding) => finding.severity === severity).length;
  return { errors: count('error'), warnings: count('warning'), infos: count('info') };
}

/** `2 errors, 1 warning`; `no findings`. */
export function summaryText({ errors, warnings, infos }: Summary): string {
  const parts = [count(errors, 'error'), count(warnings, 'warning'), count(infos, 'note')].filter(
    (part) => part !== '',
  );
  return parts.length > 0 ? parts.join(', ') : 'no findings';
}

const count = (number: number, noun: string): string =>
  number === 0 ? '' : `${number} ${noun}${number === 1 ? '' : 's'}`;

/** The whole finding in prose: message, nearest name, cause, fix; each part a sentence that says which it is. */
export function sentences(finding: Finding): string {
  const { message, nearest, cause, fix } = finding;
  return [
    fullSentence(message),
    ...(nearest === undefined ? [] : [`Did you mean "${nearest}"?`]),
    ...(cause ? [sentence(`Cause: ${cause}`)] : []),
    ...(fix ? [sentence(`Fix: ${fix}`)] : []),
  ].join(' ');
}

/** The text with a full stop at its end. */
export const sentence = (text: string): string => (/[.!?:]$/.test(text) ? text : `${text}.`);

/** The same with a capital letter at its begin, where it begins with a word. */
export const fullSentence = (text: string): string =>
  sentence(/^[a-z]+(?=[ ,])/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text);

/** What does not change when lines move: the identity of a finding between two runs. */
export function identity({ code, place, message }: Finding): string {
  return [code, place.file, place.cluster, place.object, place.pointer, message]
    .map((part) => part ?? '')
    .join('\u0000');
}

/** Where the page of a code is: below the address where there is one, else in the package. */
export function docsLink(docs: string, docsUrl: string | undefined): string {
  return docsUrl === undefined ? docs : `${docsUrl.replace(/\/$/, '')}/${docs}`;
}
