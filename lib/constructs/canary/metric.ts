import type * as flagger from '../../../imports/flagger.app';
import type { IMetricTemplate, MetricStore } from './metric-template';
import type { Plain } from './overlay';

/** Window and variables of a check. */
export interface MetricOptions {
  /** Window of the query, a Go duration. @default that of the rollout */
  readonly interval?: string;
  /** Fill in `{{ variables.x }}` of the query. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The values that pass a check. */
export interface RangeOptions extends MetricOptions {
  /** Least good value. */
  readonly min?: number;
  /** Largest good value. */
  readonly max?: number;
}

interface Deprecated {
  /** Deprecated by Flagger, which compares with it where there is no range. */
  readonly threshold?: number;
}

/** What a check asks. */
export type MetricSource =
  /** What the mesh counts: Flagger's own query where it finds something, else a template of this package. */
  | { readonly kind: 'measured'; readonly what: 'success-rate' | 'duration' }
  | { readonly kind: 'built-in' }
  | { readonly kind: 'template'; readonly template: { readonly name: string; readonly namespace?: string } }
  | { readonly kind: 'prometheus'; readonly query: string; readonly address?: string; readonly store?: MetricStore }
  | { readonly kind: 'inline'; readonly query: string }
  | { readonly kind: 'manifest'; readonly entry: Plain<flagger.CanarySpecAnalysisMetrics> };

/** One check of an analysis, in the order in which Flagger runs them. */
export class Metric {
  /** Percent of requests that must not fail; for gRPC by `grpc_response_status`. */
  static successRate(minPercent: number, options: MetricOptions = {}): Metric {
    return new Metric(undefined, { kind: 'measured', what: 'success-rate' }, { ...options, min: minPercent });
  }
  /** 99th percentile of the duration, in whole milliseconds. */
  static duration(maxMilliseconds: number, options: MetricOptions = {}): Metric {
    return new Metric(undefined, { kind: 'measured', what: 'duration' }, { ...options, max: maxMilliseconds });
  }
  /** One of Flagger's own queries as it is, whoever counts. */
  static builtIn(name: 'request-success-rate' | 'request-duration', range: RangeOptions & Deprecated): Metric {
    return new Metric(name, { kind: 'built-in' }, range);
  }
  /** A MetricTemplate, made here or elsewhere. `name` appears in Flagger's messages. @default the template's name */
  static template(
    template: IMetricTemplate | { readonly name: string; readonly namespace?: string },
    range: RangeOptions & Deprecated & { readonly name?: string },
  ): Metric {
    const { name, namespace } = template;
    return new Metric(range.name ?? name, { kind: 'template', template: { name, namespace } }, range);
  }
  /** A query of your own for Prometheus: becomes a MetricTemplate beside the Canary. */
  static prometheus(name: string, query: string, range: RangeOptions & { readonly address?: string }): Metric {
    return new Metric(name, { kind: 'prometheus', query, address: range.address }, range);
  }
  /** A query of your own for any store: becomes a MetricTemplate beside the Canary. */
  static query(name: string, query: string, range: RangeOptions & { readonly store: MetricStore }): Metric {
    return new Metric(name, { kind: 'prometheus', query, store: range.store }, range);
  }
  /** PromQL inside the Canary, which Flagger has deprecated: asked of its own Prometheus. */
  static inline(name: string, query: string, range: RangeOptions & Deprecated): Metric {
    return new Metric(name, { kind: 'inline', query }, range);
  }
  /** A check as it stands in a manifest, for what the others cannot say: a range without bounds, a query beside a template. */
  static of(entry: Plain<flagger.CanarySpecAnalysisMetrics>): Metric {
    return new Metric(entry.name, { kind: 'manifest', entry }, {});
  }

  private constructor(
    /** Undefined where it follows from who counts. */
    readonly name: string | undefined,
    readonly source: MetricSource,
    readonly range: RangeOptions & Deprecated,
  ) {}
}
