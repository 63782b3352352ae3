/**
 * How a string is written in YAML 1.1 by the `yaml` library with the options of cdk8s (`lineWidth: 0`): the same bytes,
 * without its documents and nodes. Every branch has its origin there, so its order matters.
 * @see yaml 2.9.1, dist/stringify/stringifyString.js
 */

/** Plain whatever stands around it: the great majority of names, images, hosts and paths. */
const SURELY_PLAIN = /^[a-zA-Z_/](?:[\w./@+=$~()-]|:(?![\s]|$))*$/;
/** The first character of what YAML 1.1 may read as null, boolean, number or time. */
const MAYBE_TYPED = /^[-+.~\deEyYnNtTfFoO]/;
/** All tags of the YAML 1.1 schema that a plain scalar would get. */
const TYPED: readonly RegExp[] = [
  /^(?:~|[Nn]ull|NULL)?$/,
  /^(?:Y|y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
  /^(?:N|n|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
  /^[-+]?0b[0-1_]+$/,
  /^[-+]?[0-9][0-9_]*$/,
  /^[-+]?0x[0-9a-fA-F_]+$/,
  /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
  /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
  /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:t|T|[ \t]+)[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:[ \t]*(?:Z|[-+][012]?[0-9](?::[0-9]{2})?))?)?$/,
];
/** Control characters and lone surrogates: only double quotes can hold them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NEEDS_ESCAPES = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u{D800}-\u{DFFF}]/u;
/** What a plain scalar may not look like: indicators, blanks and comments in the wrong place. */
const NOT_PLAIN = /^[\n\t ,[\]{}#&*!|>'"%@`]|^[?-]$|^[?-][ \t]|[\n:][ \t]|[ \t]\n|\n#|[\t ]#|[\n\t :]$/;
const DOCUMENT_MARKER = /^(%|---|\.\.\.)/m;
/** The shortest double-quoted text, as JSON, that is spread over lines. */
const MIN_MULTI_LINE_LENGTH = 40;
/** Remembered scalars: names and images come again and again. Emptied when full, so that memory stays bounded. */
const MAX_REMEMBERED = 20_000;
const remembered = new Map<string, string>();

/** A string as a value. `indent` is that of its continuation lines, never empty: a scalar alone is no manifest. */
export function stringValue(value: string, indent: string): string {
  return value.includes('\n') ? multiLine(value, indent) : singleLine(value);
}

/** A string as a key of a map. A key at the root of the document may not look like the end of it. */
export function stringKey(key: string, atRoot: boolean): string {
  if (key.includes('\n')) return escaped(key, undefined);
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
  // The merge key is written as it is, quoted nowhere.
  if (value === '<<') return value;
  if (NEEDS_ESCAPES.test(value)) return escaped(value, undefined);
  if (NOT_PLAIN.test(value) || value === '') return quoted(value);
  return MAYBE_TYPED.test(value) && TYPED.some((test) => test.test(value)) ? quoted(value) : value;
}

/** Double quotes, or single ones where that spares escapes. */
function quoted(value: string): string {
  return value.includes('"') && !value.includes("'") ? `'${value}'` : escaped(value, undefined);
}

function multiLine(value: string, indent: string): string {
  return NEEDS_ESCAPES.test(value) ? escaped(value, indent) : block(value, indent);
}

/** A literal block, with the header that keeps blanks at its begin and its end. */
function block(value: string, indent: string): string {
  // A block cannot end in a line of blanks.
  if (/\n[\t ]+$/.test(value)) return quotedLines(value, indent);
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

function quotedLines(value: string, indent: string): string {
  const single = value.includes('"') && !value.includes("'") && !/[ \t]\n|\n[ \t]/.test(value);
  return single ? `'${value.replace(/\n+/g, `$&\n${indent}`)}'` : escaped(value, indent);
}

/** YAML's own short escapes for what JSON writes as `\uXXXX`. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '0000': '\\0',
  '0007': '\\a',
  '000b': '\\v',
  '001b': '\\e',
  '0085': '\\N',
  '00a0': '\\_',
  '2028': '\\L',
  '2029': '\\P',
};

/** In double quotes; over several lines with an `indent`, on one line without. */
function escaped(value: string, indent: string | undefined): string {
  const json = JSON.stringify(value);
  if (!json.includes('\\')) return json;
  const multiLines = indent !== undefined && json.length >= MIN_MULTI_LINE_LENGTH;
  let text = '';
  let start = 0;
  for (let i = 0; i < json.length; i++) {
    // A blank before a line break would be folded away.
    if (json[i] === ' ' && json.startsWith('\\n', i + 1)) {
      text += `${json.slice(start, i)}\\ `;
      i += 1;
      start = i;
    }
    if (json[i] !== '\\') continue;
    const kind = json[i + 1];
    if (kind === 'u') {
      const code = json.slice(i + 2, i + 6);
      text +=
        json.slice(start, i) + (SHORT_ESCAPES[code] ?? (code.startsWith('00') ? `\\x${code.slice(2)}` : `\\u${code}`));
      i += 5;
      start = i + 1;
    } else if (kind === 'n' && multiLines && json[i + 2] !== '"') {
      // Folding eats the first line break.
      text += `${json.slice(start, i)}\n\n`;
      while (json.startsWith('\\n', i + 2) && json[i + 4] !== '"') {
        text += '\n';
        i += 2;
      }
      text += indent;
      if (json[i + 2] === ' ') text += '\\';
      i += 1;
      start = i + 1;
    } else {
      i += 1;
    }
  }
  return text + json.slice(start);
}
