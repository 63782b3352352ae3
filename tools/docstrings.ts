/** A documented member of a class or an interface. */
export interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  /** As it is written, on one line. */
  readonly type: string;
  readonly doc: Docstring;
}

export interface Docstring {
  /** Without tags. */
  readonly text: string;
  /** What stands when nothing is said. */
  readonly default?: string;
  readonly throws?: string;
  readonly see?: string;
  readonly example?: string;
}

export interface Declaration {
  readonly kind: 'class' | 'interface';
  readonly name: string;
  /** What it extends, as it is written. */
  readonly parents: readonly string[];
  readonly doc: Docstring;
  /** Fields of an interface; static methods of a class. */
  readonly members: readonly Member[];
}

const DECLARATION =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export (?:abstract )?(class|interface) (\w+)(?:<[^>]*>)?(?: extends ([\w, .<>'|]+?))?(?: implements [\w, ]+)? \{\n/g;

/**
 * The exported classes and interfaces of a source with their docstrings. It reads code as this project's formatter writes it, not any
 * TypeScript: the compiler has no interface for JavaScript any more.
 */
export function declarationsOf(source: string): Declaration[] {
  return [...source.matchAll(DECLARATION)].map((match): Declaration => {
    const [whole, doc = '', kind, name, parents = ''] = match;
    const start = match.index + whole.length;
    const body = source.slice(start, source.indexOf('\n}\n', start - 1) + 1);
    return {
      kind: kind as Declaration['kind'],
      name: name!,
      parents: parents === '' ? [] : parents.split(/, (?![^<]*>)/),
      doc: docstring(doc),
      members: kind === 'interface' ? fieldsOf(body) : staticsOf(body),
    };
  });
}

/** What stands between the stars, by its tags. */
function docstring(comment: string): Docstring {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const parts: Record<string, string[]> = { text: [] };
  let into = parts.text!;
  for (const line of lines) {
    const [, tag, rest = ''] =
      /^(?:.*\s)?@(default|throws|see|example|internal|param|returns)\b ?(.*)$/.exec(line) ?? [];
    if (tag === undefined) {
      into.push(line);
      continue;
    }
    const before = line.slice(0, line.indexOf(`@${tag}`)).trim();
    if (before !== '') into.push(before);
    into = parts[tag] ??= [];
    into.push(rest);
  }
  const prose = (part: string[] | undefined) => part?.join('\n').trim();
  const { text, example } = parts;
  return {
    text: prose(text)!,
    ...(parts.default && { default: prose(parts.default)!.replace(/\n/g, ' ') }),
    ...(parts.throws && { throws: prose(parts.throws)!.replace(/\n/g, ' ') }),
    ...(parts.see && { see: prose(parts.see)!.replace(/\n/g, ' ') }),
    ...(example && { example: prose(example)! }),
  };
}

/** Fields of an interface, two blanks deep. */
function fieldsOf(body: string): Member[] {
  const pattern =
    /(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)? {2}readonly (\w+)(\?)?: ((?:[^;{]|\{[\s\S]*?\n {2}\}|\{[^\n]*\})+);\n/g;
  return [...body.matchAll(pattern)].map(([, doc = '', name = '', optional, type = '']) => ({
    name,
    isOptional: optional !== undefined,
    type: oneLine(type),
    doc: docstring(doc),
  }));
}

/** Ways to make a value: `static hpa(hpa: string | Named, …): Autoscaler {`. */
function staticsOf(body: string): Member[] {
  const pattern = /(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)? {2}static (\w+)\(([\s\S]*?)\)(?:: [\w<>]+)? \{\n/g;
  return [...body.matchAll(pattern)].map(([, doc = '', name = '', parameters = '']) => ({
    name,
    isOptional: false,
    type: oneLine(`(${parameters.replace(/,\s*$/, '')})`),
    doc: docstring(doc),
  }));
}

function oneLine(type: string): string {
  return type
    .replace(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replace(/\s+/g, ' ')
    .replace(/\( /g, '(')
    .replace(/,? \)/g, ')')
    .replace(/^\| /, '')
    .trim();
}
