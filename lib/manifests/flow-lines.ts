import { Lexer } from 'yaml';

/** Each repair reads the text again: so many characters in all. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** What the lexer puts between the pieces of the text. */
const DOCUMENT = '\u0002';
/** Before a plain or block scalar. */
const SCALAR = '\u001f';
/** A line that is not indented ends the brackets that are open. */
const BRACKETS_END = '\u0018';

/** The start of a document, or the end of one: in brackets and quotes too. */
const border = /^(---|\.\.\.)/m;

/**
 * The text with the lines in quotes and brackets indented as YAML asks for; undefined where a quote has no end, or where
 * that is too much work. Kubernetes, kubectl and kustomize do not look at the indentation there, and it is no part of a
 * value: the values are the same, and so are the numbers of the lines.
 * @see go.yaml.in/yaml v2 scannerc.go (yaml_parser_unroll_indent, yaml_parser_scan_flow_scalar)
 */
export function indentFlowLines(text: string): string | undefined {
  let deepest = 1;
  for (const [start] of text.matchAll(/^[ -]+/gm)) deepest = Math.max(deepest, start.length + 1);
  let repaired = text;
  for (let left = MOST_CHARACTERS; left > 0; left -= repaired.length) {
    const fault = firstFault(repaired);
    if (!fault) return repaired;
    const { start, isQuote } = fault;
    const end = isQuote ? closingQuote(repaired, start) : start + 3;
    if (end === undefined) return undefined;
    const lines = repaired.slice(start, end);
    // The first line of a quote stays; brackets go wrong at the beginning of one.
    if (border.test(isQuote ? lines.slice(lines.indexOf('\n') + 1) : lines)) return undefined;
    const indentation = isQuote ? ' '.repeat(start - repaired.lastIndexOf('\n', start)) : ' '.repeat(deepest);
    const indented = isQuote ? lines.replace(/\n(?!\r?\n)/g, `\n${indentation}`) : indentation + lines;
    repaired = repaired.slice(0, start) + indented + repaired.slice(end);
  }
  return undefined;
}

/** Where the first quote opens that the lexer sees end without another one. */
export function firstOpenQuote(text: string): number | undefined {
  const fault = firstFault(text);
  return fault?.isQuote ? fault.start : undefined;
}

/** The first quote that the lexer sees end without another one, or line that it takes for the end of the brackets. */
function firstFault(text: string): { readonly start: number; readonly isQuote: boolean } | undefined {
  let start = 0;
  let before = '';
  for (const piece of new Lexer().lex(text)) {
    if (piece === BRACKETS_END) return { start, isQuote: false };
    const isQuote = before !== SCALAR && (piece.startsWith('"') || piece.startsWith("'"));
    if (isQuote && closingQuote(piece, 0) !== piece.length - 1) return { start, isQuote };
    if (piece !== DOCUMENT && piece !== SCALAR) start += piece.length;
    before = piece;
  }
  return undefined;
}

/** Where the quote that opens at `start` closes. */
function closingQuote(text: string, start: number): number | undefined {
  const quote = text[start];
  for (let index = start + 1; index < text.length; index++) {
    if (quote === '"' && text[index] === '\\') index++;
    else if (text[index] === quote) {
      if (quote === '"' || text[index + 1] !== quote) return index;
      index++;
    }
  }
  return undefined;
}
