import type { Entry } from '../world';

/** A rule that is silenced for one object, with the reason. */
export interface Silence {
  readonly code: string;
  readonly reason: string;
  /** `Kind namespace/name`. */
  readonly object: string;
}

/** The annotation that silences rules for the object that carries it: `code=reason; other-code=reason`. */
export const ignoreAnnotation = 'aviary.dev/ignore';

/** One part of the annotation: a silence, or why it is none. */
export type ParsedSilence =
  | { readonly ok: true; readonly code: string; readonly reason: string }
  | { readonly ok: false; readonly text: string; readonly error: string };

/** Reads the annotation's value. */
export function parseIgnore(value: string): ParsedSilence[] {
  return value
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((text) => {
      const equals = text.indexOf('=');
      const code = (equals < 0 ? text : text.slice(0, equals)).trim();
      const reason = equals < 0 ? '' : text.slice(equals + 1).trim();
      if (reason === '') return { ok: false, text, error: 'has no reason' };
      if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(code)) return { ok: false, text, error: 'does not start with a code' };
      return { ok: true, code, reason };
    });
}

/** Where the annotation is, as a JSON pointer. */
export const ignorePointer = `/metadata/annotations/${ignoreAnnotation.replace('/', '~1')}`;

/** What an object's annotation says. */
export function silencesOf(entry: Entry): ParsedSilence[] {
  const value = entry.annotations[ignoreAnnotation];
  return value === undefined ? [] : parseIgnore(value);
}
