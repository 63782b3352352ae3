import { remembered } from '../kube';

/** What a query template may ask for: Flagger's functions, called without a dot. @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/metric.go TemplateFunctions */
export interface QueryValues {
  readonly name: string;
  readonly namespace: string;
  readonly target: string;
  readonly service: string;
  readonly ingress: string;
  readonly route: string;
  readonly interval: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Functions that a query may call. @see fluxcd/flagger v1.44 pkg/metrics/observers/render.go */
export const queryFunctions = [
  'name',
  'namespace',
  'target',
  'service',
  'ingress',
  'route',
  'interval',
  'variables',
] as const;

/** Functions that Go's text/template has of its own; a query that calls one with arguments is not rendered here. @see Go 1.26 text/template, Functions */
const goFunctions = new Set(
  'and call html index slice js len not or print printf println urlquery eq ge gt le lt ne'.split(' '),
);
const goKeywords = new Set('if else end range with define template block break continue nil true false'.split(' '));

/** A problem with one action of a template, `{{ … }}`. */
export interface TemplateProblem {
  readonly kind: 'unclosed' | 'unknown-function' | 'dot-field' | 'missing-variable';
  /** The action as written, braces included. */
  readonly action: string;
  /** The function, field or variable that is not there. */
  readonly name: string;
  readonly offset: number;
}

/** A query with its placeholders filled in. */
export interface RenderedQuery {
  /** The query as the provider gets it; undefined when Go would refuse it or when an action is more than a plain call. */
  readonly text?: string;
  readonly problems: readonly TemplateProblem[];
}

type PlainFunction = Exclude<keyof QueryValues, 'variables'>;
const plainFunctions: ReadonlySet<string> = new Set(queryFunctions.filter((name) => name !== 'variables'));

const action = /\{\{-?\s*([\s\S]*?)\s*-?\}\}/g;

/**
 * Renders a MetricTemplate's query as Go's text/template does with Flagger's functions, nil data and missingkey=error.
 * Plain calls (`{{ target }}`, `{{ variables.zone }}`, `{{ index variables "zone" }}`) are rendered; control structures are checked for
 * unknown names only, and leave `text` undefined.
 */
export function renderQuery(template: string, values: QueryValues): RenderedQuery {
  const plainPieces = piecesOf(template);
  return plainPieces ? { text: joined(plainPieces, values), problems: noProblems } : renderActions(template, values);
}

const noProblems: readonly TemplateProblem[] = [];

/** Texts and functions in turn, beginning with a text; null when there is anything else than plain calls. */
const piecesOf = remembered((template: string): readonly string[] | null => {
  const pieces = template.split(action);
  const isPlain = pieces.every((piece, index) => (index % 2 === 0 ? !piece.includes('{{') : plainFunctions.has(piece)));
  return isPlain ? pieces : null;
});

function joined(pieces: readonly string[], values: QueryValues): string {
  let text = pieces[0]!;
  for (let index = 1; index < pieces.length; index += 2)
    text += values[pieces[index] as PlainFunction] + pieces[index + 1]!;
  return text;
}

function renderActions(template: string, values: QueryValues): RenderedQuery {
  const problems: TemplateProblem[] = [];
  let plain = true;
  const text = template.replace(action, (whole: string, body: string, offset: number) => {
    if (body === '' || body.startsWith('/*')) return '';
    const found = checkAction(whole, body, offset, values);
    problems.push(...found);
    const value = found.length > 0 ? undefined : valueOfAction(body, values);
    if (value === undefined) plain = false;
    return value ?? '';
  });
  const open = template.replace(action, (match) => ' '.repeat(match.length)).indexOf('{{');
  if (open >= 0) problems.push({ kind: 'unclosed', action: template.slice(open, open + 20), name: '{{', offset: open });
  return plain && problems.length === 0 ? { text, problems } : { problems };
}

function valueOfAction(body: string, values: QueryValues): string | undefined {
  const variable = variableOf(body);
  if (variable !== undefined) return values.variables[variable];
  return plainFunctions.has(body) ? values[body as PlainFunction] : undefined;
}

function variableOf(body: string): string | undefined {
  return /^variables\.(\w+)$/.exec(body)?.[1] ?? /^index\s+variables\s+"([^"]*)"$/.exec(body)?.[1];
}

function checkAction(whole: string, body: string, offset: number, values: QueryValues): TemplateProblem[] {
  const variable = variableOf(body);
  // `index` gives the empty text for an absent key; a field of a map with missingkey=error is an error.
  if (variable !== undefined && body.startsWith('variables.') && !Object.hasOwn(values.variables, variable))
    return [{ kind: 'missing-variable', action: whole, name: variable, offset }];
  const bare = body.replace(/"(?:\\.|[^"\\])*"|`[^`]*`/g, '""');
  const field = /(?:^|[\s(|])\.([A-Za-z_]\w*)/.exec(bare);
  if (field) return [{ kind: 'dot-field', action: whole, name: `.${field[1]}`, offset }];
  for (const [, before, word] of bare.matchAll(/(^|[^\w.$])([A-Za-z_]\w*)/g)) {
    if (before === '$' || word === undefined) continue;
    if (goFunctions.has(word) || goKeywords.has(word) || (queryFunctions as readonly string[]).includes(word)) continue;
    return [{ kind: 'unknown-function', action: whole, name: word, offset }];
  }
  return [];
}
