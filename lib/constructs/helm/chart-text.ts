import { Yaml } from 'cdk8s';
import { INCLUDE_KEY, MANAGED_BY, type TemplateObject } from './chart-template';
import { Action, Hole, isEmptyForHelm, reference, scalarExpression, type TemplateNode } from './template-node';

/** Text of Go's templates that stands for itself. */
const literal = (text: string): string => text.replaceAll('{{', '{{ "{{" }}');

/** One object as a template's text. */
export function templateText({ node, condition }: TemplateObject): string {
  const marks = new Marks(node);
  const text = literal(Yaml.stringify(marks.plain)).replace(/\n$/, '');
  const lines = text.split('\n').flatMap((line) => marks.fill(line));
  const body = lines.join('\n');
  return condition ? `{{- if ${reference(condition.path)} }}\n${body}\n{{- end }}` : body;
}

/**
 * Whether one of the readers of YAML takes an unquoted text for something else: Go's takes `0o14` for a number, and ends lines
 * at U+0085 and U+2028.
 */
const isMisread = (text: string): boolean =>
  UNPRINTABLE.test(text) || (!text.includes('\n') && /^[-+.]?\d|^[-+]?\.?(?:inf|nan)/i.test(text));
const UNPRINTABLE = /(?![\n\t])\p{C}|\p{Zl}|\p{Zp}/u;

/** In the escapes that YAML's readers share. */
const quoted = (text: string): string =>
  literal(JSON.stringify(text).replaceAll(/\p{C}|\p{Zl}|\p{Zp}/gu, (character) => escaped(character.codePointAt(0)!)));

const escaped = (code: number): string =>
  code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;

/** Stands for holes and actions while the YAML is written. */
class Marks {
  readonly plain: unknown;
  private readonly marked: (Hole | Action)[] = [];
  private readonly word: string;
  private readonly line: RegExp;
  private readonly inLine: RegExp;
  private readonly include = new RegExp(`^(\\s*)${INCLUDE_KEY}: (.*)$`);

  constructor(node: TemplateNode) {
    this.word = freeWord(node);
    this.inLine = new RegExp(`${this.word}(\\d+)x`, 'g');
    this.line = new RegExp(`^(\\s*(?:- )*)(.+): ${this.word}(\\d+)x$`);
    this.plain = this.mark(node, false);
  }

  private mark(node: TemplateNode, isItem: boolean): unknown {
    if (node instanceof Hole || node instanceof Action) return this.markOf(node);
    if (typeof node === 'string' && isMisread(node)) return this.markOf(new Action(quoted(node)));
    if (Array.isArray(node)) return node.map((item) => this.mark(item, true));
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node);
    // An item of a list must not begin with a key that may be missing.
    const first = entries.findIndex(([, value]) => !(value instanceof Hole && value.isOptional));
    const ordered = isItem && first > 0 ? [...entries.splice(first, 1), ...entries] : entries;
    return Object.fromEntries(
      ordered.map(([key, value]) => [
        isMisread(key) ? this.markOf(new Action(quoted(key))) : key,
        this.mark(value, false),
      ]),
    );
  }

  private markOf(node: Hole | Action): string {
    return `${this.word}${this.marked.push(node) - 1}x`;
  }

  /** The lines in the place of one. */
  fill(text: string): string[] {
    // Keys, and items of lists: they stand where they are.
    const line = text.replaceAll(this.inLine, (mark, index: string) => {
      const node = this.marked[Number(index)];
      return node instanceof Action ? node.text : mark;
    });
    const include = this.include.exec(line);
    if (include) return [`${include[1]}${include[2]}`];
    const [, prefix = '', key = '', index] = this.line.exec(line) ?? [];
    const marked = index === undefined ? undefined : this.marked[Number(index)];
    if (!(marked instanceof Hole)) return [line];
    const indent = ' '.repeat(prefix.length);
    const { value, isOptional } = marked;
    const at = reference(value.path);
    const usesWith = isOptional && ![...value.byVariant.values()].some(isEmptyForHelm);
    const subject = usesWith ? '.' : at;
    const isBlock = value.type === 'list' || value.type === 'map' || value.type === 'any';
    const written = isBlock
      ? [`${prefix}${key}:`, `${indent}  {{- toYaml ${subject} | nindent ${prefix.length + 2} }}`]
      : [`${prefix}${key}: {{ ${scalarExpression(value, subject)} }}`];
    if (!isOptional) return written;
    const open = usesWith ? `with ${at}` : `if not (kindIs "invalid" ${at})`;
    return [`${indent}{{- ${open} }}`, ...written, `${indent}{{- end }}`];
  }
}

/** A word that stands nowhere in the text. */
function freeWord(node: TemplateNode): string {
  const text = JSON.stringify(node);
  for (let number = 0; ; number++) {
    const word = `AviaryMark${number === 0 ? '' : number}n`;
    if (!text.includes(word)) return word;
  }
}

/** `_helpers.tpl`: the image reference and the labels that all objects have. */
export function helpersText(
  service: string,
  labels: Readonly<Record<string, string>>,
  usesImage: boolean,
): string | undefined {
  const parts: string[] = [];
  if (usesImage)
    parts.push(
      '{{/* The image: repository, and tag, digest or both. */}}',
      `{{- define "${service}.image" -}}`,
      '{{ .Values.image.repository }}{{ with .Values.image.tag }}:{{ . }}{{ end }}{{ with .Values.image.digest }}@{{ . }}{{ end }}',
      '{{- end }}',
      '',
    );
  if (Object.keys(labels).length > 0) {
    const { [MANAGED_BY]: managedBy, ...own } = labels;
    parts.push(
      '{{/* Labels of every object. */}}',
      `{{- define "${service}.labels" -}}`,
      ...literal(Yaml.stringify(own)).trimEnd().split('\n'),
      ...(managedBy === undefined ? [] : [`${MANAGED_BY}: {{ .Release.Service }}`]),
      '{{- end }}',
      '',
    );
  }
  return parts.length === 0 ? undefined : parts.join('\n');
}
