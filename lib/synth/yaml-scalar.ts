/**
 * How a string is written so that every reader has it back: Go's (kubectl, kustomize, Flux), and those of YAML 1.1 and 1.2.
 * Where they all agree, the bytes are those of the `yaml` library with the options of cdk8s (`lineWidth: 0`).
 * @see yaml 2.9.1, dist/stringify/stringifyString.js
 * @see go.yaml.in/yaml/v2 and v3, resolve.go and readerc.go; YAML 1.1, Appendix on types; YAML 1.2.2, 10.3 (core schema)
 */

/** Thrown for what cannot be written. */
export class Refused extends Error {}

/** Plain whatever stands around it: the great majority of names, images, hosts and paths. */
const SURELY_PLAIN = /^[a-zA-Z_/](?:[\w./@+=$~()-]|:(?![\s]|$))*$/;
/** The first character of what a reader may take for null, boolean, number, time or a merge. */
const MAYBE_TYPED = /^[-+.~\deEyYnNtTfFoO=<]/;
/** What any of the readers takes for something else than a text. */
const TYPED: readonly RegExp[] = [
  /^(?:~|[Nn]ull|NULL)?$/,
  /^(?:Y|y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
  /^(?:N|n|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
  // The merge key, and the default value of YAML 1.1.
  /^(?:<<|=)$/,
  // Go takes prefixes in either case, and underscores anywhere. @see go.yaml.in/yaml/v3, resolve.go: strconv.ParseInt(plain, 0, 64)
  /^[-+]?0[bB][0-1_]+$/,
  /^[-+]?[0-9][0-9_]*$/,
  /^[-+]?0[oO][0-7_]+$/,
  /^[-+]?0[xX][0-9a-fA-F_]+$/,
  /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
  /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
  /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[tT \t].*)?$/,
];
/** What a reader refuses, drops or takes for a line break; in double quotes it can be escaped. Halves of characters cannot. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NEEDS_ESCAPES = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\u{D800}-\u{DFFF}]/u;
/** Of these, what JSON leaves as it is. */
const NOT_ESCAPED_BY_JSON = /[\u2028\u2029\ufeff]/g;
const HALF_CHARACTER = /\p{Surrogate}/u;
/**
 * What kustomize cannot hand on, however it is written: its build goes through JSON that it reads as YAML.
 * @see sigs.k8s.io/yaml v1.6, JSONToYAML; go.yaml.in/yaml/v2, readerc.go: "control characters are not allowed"
 */
const LOST_BY_KUSTOMIZE = /[\x7f-\x9f\ufffe\uffff]/;
/** What a plain scalar may not look like: indicators, blanks and comments in the wrong place. */
const NOT_PLAIN = /^[\n\t ,[\]{}#&*!|>'"%@`]|^[?-]$|^[?-][ \t]|[\n:][ \t]|[ \t]\n|\n#|[\t ]#|[\n\t :]$/;
/** A block cannot end in a line of blanks, nor begin with a tab or with nothing but blanks: readers disagree, or refuse it. */
const NO_BLOCK = /\n[\t ]+$|^[\n ]*\t|^[\n ]* [\n ]*$/;
const DOCUMENT_MARKER = /^(%|---|\.\.\.)/m;
/**
 * In JSON, as Go writes it: a reader looks for the colon in the first 1024 characters, and kustomize knows no other form.
 * @see YAML 1.1, 9.3.3; go.yaml.in/yaml/v2, scannerc.go yaml_simple_key_is_valid
 */
const MAX_KEY_LENGTH = 1000;
/** Remembered scalars: names and images come again and again. Emptied when full, so that memory stays bounded. */
const MAX_REMEMBERED = 20_000;
const remembered = new Map<string, string>();

/** Why a text can be written in no way, if so. */
export function whyUnwritable(text: string): string | undefined {
  if (HALF_CHARACTER.test(text))
    return 'a text with half of a character (a lone surrogate), which Unicode does not have';
  const lost = LOST_BY_KUSTOMIZE.exec(text)?.[0];
  if (lost === undefined) {
    return /[\u2028\u2029]/.test(text) && text.includes('\n')
      ? 'a text of several lines with U+2028 or U+2029, at which kustomize breaks the lines anew'
      : undefined;
  }
  const code = `U+${lost.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  return `a text with the character ${code}, which kustomize ${lost === '\u0085' ? 'makes a blank' : 'refuses'}`;
}

/** Why a key can be written in no way, if so. */
export function whyNoKey(key: string): string | undefined {
  if (key === '<<') return 'below a key "<<", which kustomize leaves out with all below it';
  if (key.length > MAX_KEY_LENGTH / 6 && JSON.stringify(key).replace(/[<>&]/g, '\\u003c').length > MAX_KEY_LENGTH)
    return `below a key of ${key.length} characters, which kustomize refuses`;
  return whyUnwritable(key);
}

/** A string as a value. `indent` is that of its continuation lines, never empty. */
export function stringValue(value: string, indent: string, atRoot = false): string {
  if (atRoot) return escaped(value);
  return value.includes('\n') ? multiLine(value, indent) : singleLine(value);
}

/** A string as a key of a map. A key at the root of the document may not look like the end of it. */
export function stringKey(key: string, atRoot: boolean): string {
  if (key === '<<' || key.length > MAX_KEY_LENGTH / 6) {
    const reason = whyNoKey(key);
    if (reason !== undefined) throw new Refused(reason);
  }
  if (key.includes('\n')) return escaped(key);
  if (atRoot && DOCUMENT_MARKER.test(key) && !NEEDS_ESCAPES.test(key) && !NOT_PLAIN.test(key)) return quoted(key);
  return singleLine(key);
}

function singleLine(value: string): string {
  let text = remembered.get(value);
  if (text === undefined) {
    text = toSingleLine(value);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(value, text);
  }
  return text;
}

function toSingleLine(value: string): string {
  if (!MAYBE_TYPED.test(value) && SURELY_PLAIN.test(value)) return value;
  if (NEEDS_ESCAPES.test(value)) return escaped(value);
  if (NOT_PLAIN.test(value) || value === '') return quoted(value);
  return MAYBE_TYPED.test(value) && isTyped(value) ? quoted(value) : value;
}

/** Go looks at numbers without their underscores, wherever they stand. @see go.yaml.in/yaml/v2, resolve.go */
function isTyped(value: string): boolean {
  if (TYPED.some((type) => type.test(value))) return true;
  return value.includes('_') && isTyped(value.replaceAll('_', ''));
}

/** Double quotes, or single ones where that spares escapes. */
function quoted(value: string): string {
  return value.includes('"') && !value.includes("'") ? `'${value}'` : escaped(value);
}

function multiLine(value: string, indent: string): string {
  return NEEDS_ESCAPES.test(value) || NO_BLOCK.test(value) ? escaped(value) : block(value, indent);
}

/** A literal block, with the header that keeps blanks at its begin and its end. */
function block(value: string, indent: string): string {
  const body = value.replace(/[\n\t ]+$/, '');
  let end = value.slice(body.length);
  const firstNewline = end.indexOf('\n');
  const chomp = firstNewline === -1 ? '-' : body === '' || firstNewline !== end.length - 1 ? '+' : '';
  if (end.endsWith('\n')) end = end.slice(0, -1);
  end = end.replace(/(^|(?<!\n))\n+(?!\n|$)/g, `$&${indent}`);
  const blanks = /^[ \n]*/.exec(body)![0];
  const start = blanks.slice(0, blanks.lastIndexOf('\n') + 1);
  // The first line is indented, so its indentation has to be said.
  const indentation = blanks.includes(' ') ? '2' : '';
  const indented = (text: string): string => text.replace(/\n+/g, `$&${indent}`);
  return `|${indentation}${chomp}\n${indent}${indented(start)}${indented(body.slice(start.length))}${end}`;
}

/** YAML's own short escapes for what JSON writes as `\uXXXX`. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '0000': '\\0',
  '0007': '\\a',
  '000b': '\\v',
  '001b': '\\e',
  '00a0': '\\_',
  '2028': '\\L',
  '2029': '\\P',
};

/** In double quotes, on one line: where a text is folded over several, readers disagree. */
function escaped(value: string): string {
  const reason = whyUnwritable(value);
  if (reason !== undefined) throw new Refused(reason);
  const json = JSON.stringify(value).replace(
    NOT_ESCAPED_BY_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (!json.includes('\\u')) return json;
  // A backslash that is escaped itself begins no escape.
  return json.replace(/\\(?:u([0-9a-f]{4})|.)/g, (as, code?: string) =>
    code === undefined ? as : (SHORT_ESCAPES[code] ?? (code.startsWith('00') ? `\\x${code.slice(2)}` : as)),
  );
}
