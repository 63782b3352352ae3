import { Lexer } from 'yaml';

/** Each repair reads the text again: so many characters in all. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

/** What the lexer puts between the pieces of the text: start of a document, end of a flow collection, start of a plain or block scalar. */
const marks = new Set(['\u0002', '\u0018', '\u001f']);
const SCALAR = '\u001f';

/**
 * The text with the further lines of its quoted scalars indented as YAML asks for; undefined where a quote has no end, or
 * where that is too much work. Kubernetes, kubectl and kustomize do not look at the indentation inside of quotes, and
 * folding takes it away: the values are the same, and so are the numbers of the lines.
 * @see go.yaml.in/yaml v2 scannerc.go (yaml_parser_scan_flow_scalar)
 */
export function indentQuotedLines(text: string): string | undefined {
  let repaired = text;
  for (let left = MOST_CHARACTERS; left > 0; left -= repaired.length) {
    const start = firstUnclosed(repaired);
    if (start === undefined) return repaired;
    const end = closingQuote(repaired, start);
    // At the start of a line these would be the border of a document.
    if (end === undefined || /\n(---|\.\.\.)/.test(repaired.slice(start, end))) return undefined;
    const indentation = ' '.repeat(start - repaired.lastIndexOf('\n', start));
    const lines = repaired.slice(start, end).replace(/\n(?!\r?\n)/g, `\n${indentation}`);
    repaired = repaired.slice(0, start) + lines + repaired.slice(end);
  }
  return undefined;
}

/** Where the first quote opens that the lexer sees end without another one. */
function firstUnclosed(text: string): number | undefined {
  let offset = 0;
  let before = '';
  for (const piece of new Lexer().lex(text)) {
    const isQuoted = before !== SCALAR && (piece.startsWith('"') || piece.startsWith("'"));
    if (isQuoted && closingQuote(piece, 0) !== piece.length - 1) return offset;
    if (!marks.has(piece)) offset += piece.length;
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
