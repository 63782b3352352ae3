import {
  type BuiltinMetric,
  defaults,
  isBuiltinMetric,
  type QueryValues,
  type RenderedQuery,
  renderQuery,
} from '../flagger';
import { type Fields, isFields, numberAt, parseGoDuration, textAt, textMapAt } from '../kube';
import type { Entry } from './entry';

/** A metric of an analysis, as Flagger resolves it. */
export interface MetricView {
  readonly raw: Fields;
  readonly name: string;
  /** Pointer into the Canary: `/spec/analysis/metrics/0`. */
  readonly pointer: string;
  /** Whose query is asked. `none`: neither template nor query, and no built-in of this name. */
  readonly kind: 'builtin' | 'template' | 'inline' | 'none';
  /** Set for a built-in query, and for a template or inline query that carries a built-in's name (Flagger then asks both). */
  readonly builtin: BuiltinMetric | undefined;
  /** As Flagger renders it: `1m` when absent, but empty for a template. */
  readonly interval: string;
  /** Undefined when Go cannot read the interval. */
  readonly intervalSeconds: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly hasRange: boolean;
  /** The deprecated `threshold`. */
  readonly threshold: number | undefined;
  readonly templateRef: { readonly namespace: string; readonly name: string } | undefined;
  /** The MetricTemplate, when the world has it. */
  readonly template: Entry | undefined;
  /** `prometheus` for built-in and inline queries. */
  readonly providerType: string;
  /** The template's or inline query's text. */
  readonly query: string | undefined;
  readonly rendered: RenderedQuery | undefined;
  readonly variables: Readonly<Record<string, string>>;
}

/** What a metric is read by. */
export interface MetricSources {
  /** Of the Canary. */
  readonly namespace: string;
  /** An object as somebody wrote it. */
  given(kind: string, namespace: string, name: string): Entry | undefined;
  /** What the placeholders of a query stand for. */
  queryValues(name: string, interval: string, variables: Readonly<Record<string, string>>): QueryValues;
}

/** Reads a metric of the Canary's analysis. */
export function readMetric(raw: Fields, pointer: string, { namespace, given, queryValues }: MetricSources): MetricView {
  const name = textAt(raw, 'name') ?? '';
  const templateName = textAt(raw, 'templateRef', 'name');
  const templateRef =
    templateName === undefined
      ? undefined
      : { name: templateName, namespace: textAt(raw, 'templateRef', 'namespace') || namespace };
  const template = templateRef && given('MetricTemplate', templateRef.namespace, templateRef.name);
  const inline = textAt(raw, 'query');
  const kind = templateRef ? 'template' : inline ? 'inline' : isBuiltinMetric(name) ? 'builtin' : 'none';
  const interval = textAt(raw, 'interval') || (kind === 'template' ? '' : defaults.metricInterval);
  const duration = parseGoDuration(interval);
  const query = kind === 'template' ? textAt(template?.object, 'spec', 'query') : inline;
  const variables = textMapAt(raw, 'templateVariables');
  // All fields in each: views of one shape are read faster than those of a hundred.
  return {
    raw,
    name,
    pointer,
    kind,
    builtin: isBuiltinMetric(name) ? name : undefined,
    interval,
    intervalSeconds: duration.ok ? duration.value / 1000 : undefined,
    min: numberAt(raw, 'thresholdRange', 'min'),
    max: numberAt(raw, 'thresholdRange', 'max'),
    threshold: numberAt(raw, 'threshold'),
    hasRange: isFields(raw.thresholdRange),
    templateRef,
    template,
    providerType: textAt(template?.object, 'spec', 'provider', 'type') || 'prometheus',
    query,
    rendered: query === undefined ? undefined : renderQuery(query, queryValues(name, interval, variables)),
    variables,
  };
}
