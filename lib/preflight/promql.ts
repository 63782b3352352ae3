import type { LRParser } from '@lezer/lr';

type Tree = ReturnType<LRParser['parse']>;
type SyntaxNode = Tree['topNode'];

/** What Prometheus answers an expression with. */
export type PromqlType = 'vector' | 'matrix' | 'scalar' | 'string';

/** `metric{label="value"}[range]` in an expression. */
export interface PromqlSelector {
  /** Undefined when only `__name__` or other labels select. */
  readonly metric?: string;
  readonly matchers: readonly { readonly label: string; readonly op: string; readonly value: string }[];
  /** The text between the brackets. */
  readonly range?: string;
  /** The function or aggregation directly around it: `rate`, `sum`. */
  readonly wrappedIn?: string;
}

/** An expression as Prometheus' own grammar reads it. */
export interface Promql {
  readonly text: string;
  /** Offset of the first mistake; undefined when the expression is sound. */
  readonly errorOffset?: number;
  /** Undefined when the expression is unsound. */
  readonly type?: PromqlType;
  readonly selectors: readonly PromqlSelector[];
  /** Labels by which the series of the answer can differ: none where there is one series at most, undefined where they are not known. */
  readonly differingLabels?: readonly string[];
}

/** Quoted texts. The grammar does not look into them: expressions that differ in nothing else are parsed once. */
const quoted = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/g;
const shapes = new Map<string, Promql>();

/** More shapes than this are not kept: a catalog has a handful. */
const MAX_KEPT = 100;

/** The sound shapes that this process has parsed, as plain data for a later one: the grammar takes longer to load and to warm up than a small world to check. */
export const parsedShapes = (): readonly Promql[] =>
  [...shapes.values()].filter(({ errorOffset }) => errorOffset === undefined).slice(0, MAX_KEPT);

/** Shapes that the same code has parsed before. */
export function recallShapes(parsed: readonly Promql[]): void {
  for (const one of parsed) shapes.set(one.text, one);
}

/** Several rules in turn ask for the queries of some Canaries. */
const latest = new Map<string, Promql>();
const MAX_LATEST = 256;

/** Parses an expression. Never throws. */
export function parsePromql(text: string): Promql {
  const known = latest.get(text);
  if (known) return known;
  const parsed = parseByShape(text);
  if (latest.size === MAX_LATEST) latest.clear();
  latest.set(text, parsed);
  return parsed;
}

function parseByShape(text: string): Promql {
  // A comment may hold a quote that opens nothing.
  if (text.includes('#')) return parse(text);
  const { shape, texts } = shapeOf(text);
  let parsed = shapes.get(shape);
  if (!parsed) {
    parsed = parse(shape);
    shapes.set(shape, parsed);
  }
  if (parsed.errorOffset !== undefined) return parse(text);
  const selectors = parsed.selectors.map((selector) => ({
    ...selector,
    matchers: selector.matchers.map((matcher) => ({ ...matcher, value: texts[Number(matcher.value)] ?? '' })),
  }));
  return { ...parsed, text, selectors };
}

/** The expression with numbers in place of its quoted texts, and these. */
function shapeOf(text: string): { readonly shape: string; readonly texts: readonly string[] } {
  const pieces = text.split('"');
  const texts: string[] = [];
  if (pieces.length % 2 === 1 && !/['`\\]/.test(text)) {
    let shape = pieces[0]!;
    for (let index = 1; index < pieces.length; index += 2) {
      if (pieces[index]!.includes('\n')) break;
      shape += `"${texts.push(pieces[index]!) - 1}"${pieces[index + 1]!}`;
    }
    if (2 * texts.length + 1 === pieces.length) return { shape, texts };
    texts.length = 0;
  }
  return { shape: text.replace(quoted, (whole) => `"${texts.push(whole.slice(1, -1)) - 1}"`), texts };
}

function parse(text: string): Promql {
  // Loaded at the first question: most worlds have no query of their own.
  const { parser } = require('@prometheus-io/lezer-promql') as { parser: LRParser };
  const tree = parser.parse(text);
  let errorOffset: number | undefined;
  const selectors: PromqlSelector[] = [];
  tree.iterate({
    enter(node) {
      if (node.type.isError) errorOffset ??= node.from;
      if (node.name === 'VectorSelector') selectors.push(readSelector(node.node, text));
    },
  });
  const root = tree.topNode.firstChild;
  if (!root) errorOffset ??= 0;
  const isSound = root && errorOffset === undefined;
  const type = isSound ? typeOf(root, text) : undefined;
  const differingLabels = isSound ? labelsOf(root, text) : undefined;
  return {
    text,
    ...(errorOffset === undefined ? {} : { errorOffset }),
    ...(type === undefined ? {} : { type }),
    selectors,
    ...(differingLabels === undefined ? {} : { differingLabels }),
  };
}

/** @see prometheus/prometheus v3.7 promql/parser/value.go, functions.go (ReturnType) */
const scalarFunctions = new Set(['scalar', 'time', 'pi']);

function typeOf(node: SyntaxNode, text: string): PromqlType | undefined {
  switch (node.name) {
    case 'MatrixSelector':
    case 'SubqueryExpr':
      return 'matrix';
    case 'NumberDurationLiteral':
    case 'NumberLiteral':
      return 'scalar';
    case 'StringLiteral':
      return 'string';
    case 'ParenExpr':
    case 'UnaryExpr':
    case 'StepInvariantExpr':
    case 'OffsetExpr': {
      const inner = lastExpression(node);
      return inner ? typeOf(inner, text) : undefined;
    }
    case 'BinaryExpr': {
      const sides = [node.firstChild, node.lastChild].map((side) => side && typeOf(side, text));
      return sides.every((side) => side === 'scalar') ? 'scalar' : 'vector';
    }
    case 'FunctionCall':
      return scalarFunctions.has(nameOfCall(node, text)) ? 'scalar' : 'vector';
    default:
      return 'vector';
  }
}

/** The expression inside parentheses, behind a sign, or before a modifier. */
function lastExpression(node: SyntaxNode): SyntaxNode | null {
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (/(Expr|Selector|Call|Literal)$/.test(child.name)) return child;
  return null;
}

function nameOfCall(node: SyntaxNode, text: string): string {
  const name = node.getChild('FunctionIdentifier') ?? node.getChild('AggregateOp');
  return name ? text.slice(name.from, name.to).toLowerCase() : '';
}

function readSelector(node: SyntaxNode, text: string): PromqlSelector {
  const identifier = node.getChild('Identifier');
  const matchers = (node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []).map((matcher) => {
    const part = (name: string) => {
      const found = matcher.getChild(name);
      return found ? text.slice(found.from, found.to) : '';
    };
    return { label: part('LabelName'), op: part('MatchOp'), value: part('StringLiteral').slice(1, -1) };
  });
  const matrix = node.parent?.name === 'MatrixSelector' ? node.parent : undefined;
  const duration = matrix?.getChild('DurationExpr');
  const body = (matrix ?? node).parent;
  const call = body?.name === 'FunctionCallBody' ? body.parent : null;
  return {
    ...(identifier ? { metric: text.slice(identifier.from, identifier.to) } : {}),
    matchers,
    ...(duration ? { range: text.slice(duration.from, duration.to) } : {}),
    ...(call ? { wrappedIn: nameOfCall(call, text) } : {}),
  };
}

/** Aggregations that keep the labels of their series. */
const keepingAggregations = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio', 'count_values']);
/** Functions whose answer has no labels. */
const unlabelledFunctions = new Set(['vector', 'scalar', 'time', 'pi', 'absent', 'absent_over_time']);

/** @see Promql.differingLabels */
function labelsOf(node: SyntaxNode, text: string): readonly string[] | undefined {
  switch (node.name) {
    case 'AggregateExpr':
      return labelsOfAggregate(node, text);
    case 'FunctionCall':
      return labelsOfCall(node, text);
    case 'BinaryExpr':
      return labelsOfBinary(node, text);
    case 'ParenExpr':
    case 'UnaryExpr':
    case 'StepInvariantExpr':
    case 'OffsetExpr':
    case 'SubqueryExpr': {
      const inner = lastExpression(node);
      return inner ? labelsOf(inner, text) : undefined;
    }
    default:
      return node.name.endsWith('Literal') ? [] : undefined;
  }
}

function labelsOfAggregate(node: SyntaxNode, text: string): readonly string[] | undefined {
  if (keepingAggregations.has(nameOfCall(node, text))) return undefined;
  const modifier = node.getChild('AggregateModifier');
  if (!modifier) return [];
  if (!modifier.getChild('By')) return undefined;
  const labels: string[] = [];
  for (let label = modifier.getChild('GroupingLabels')?.firstChild; label; label = label.nextSibling) {
    // A quoted name is not read.
    if (label.name !== 'LabelName') return undefined;
    labels.push(text.slice(label.from, label.to));
  }
  return labels;
}

function labelsOfCall(node: SyntaxNode, text: string): readonly string[] | undefined {
  const name = nameOfCall(node, text);
  if (unlabelledFunctions.has(name)) return [];
  const body = node.getChild('FunctionCallBody');
  for (let argument = body?.firstChild; argument; argument = argument.nextSibling) {
    if (argument.name.endsWith('Literal')) continue;
    const labels = labelsOf(argument, text);
    // The buckets become one value; another label can be put on any number of series alike.
    if (name === 'histogram_quantile') return labels?.filter((label) => label !== 'le');
    return labels;
  }
  return [];
}

function labelsOfBinary(node: SyntaxNode, text: string): readonly string[] | undefined {
  const left = node.firstChild && labelsOf(node.firstChild, text);
  const right = node.lastChild && labelsOf(node.lastChild, text);
  if (node.getChild('And') || node.getChild('Unless')) return left ?? undefined;
  if (node.getChild('Or')) return left?.length === 0 && right?.length === 0 ? [] : undefined;
  const [scalarLeft, scalarRight] = [node.firstChild, node.lastChild].map(
    (side) => side !== null && typeOf(side, text) === 'scalar',
  );
  if (scalarLeft) return right ?? undefined;
  if (scalarRight) return left ?? undefined;
  // One series without labels meets at most one of the other side, unless the clause lets it meet many.
  const clause = node.getChild('MatchingModifierClause');
  if (!clause && (left?.length === 0 || right?.length === 0)) return [];
  return left && right ? [...new Set([...left, ...right])] : undefined;
}
