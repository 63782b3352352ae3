import { type Fields, fieldsAt, isFields, listAt, numberAt, parseGoDuration, textAt } from '../../kube';
import { isBuiltinMetric } from '../facts';
import { type FaultHit, type FaultRow, type FaultSubject, hitIf, isFilledInLater, none, quoted } from './fault';
import { isHttp } from './service';

const METRICS = 'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go';
const HOOKS = 'fluxcd/flagger v1.44 pkg/controller/webhook.go';

/** A hit function over the entries of a list of the analysis. */
const each =
  (list: 'metrics' | 'webhooks', find: (item: Fields, pointer: string) => readonly FaultHit[]) =>
  ({ analysis }: FaultSubject): FaultHit[] =>
    listAt(analysis.raw, list).flatMap((item, index) =>
      isFields(item) ? find(item, `/analysis/${list}/${index}`) : none,
    );

/** Faults of checks and webhooks. */
export const metricRows: readonly FaultRow[] = [
  {
    code: 'metric-no-source',
    severity: 'error',
    cause: 'it is neither built in, nor has it a template or a query: every check fails',
    cure: 'name a template, or one of request-success-rate and request-duration',
    source: `${METRICS} (runMetricChecks)`,
    find: each('metrics', (metric, pointer) => {
      const name = textAt(metric, 'name') ?? '';
      return hitIf(!isBuiltinMetric(name) && !isFields(metric.templateRef) && !textAt(metric, 'query'), () => ({
        pointer,
        says: `the metric ${quoted(name)} has no templateRef, and Flagger has no query of that name`,
      }));
    }),
  },
  {
    code: 'template-named-like-builtin',
    severity: 'warning',
    cause: 'Flagger runs its own query of that name as well',
    cure: 'choose another name',
    source: `${METRICS} (runBuiltinMetricChecks, runMetricChecks)`,
    find: each('metrics', (metric, pointer) => {
      const name = textAt(metric, 'name') ?? '';
      return hitIf(isBuiltinMetric(name) && (isFields(metric.templateRef) || Boolean(textAt(metric, 'query'))), () => ({
        pointer: `${pointer}/name`,
        says: `${quoted(name)} has a built-in name: both queries would run`,
      }));
    }),
  },
  {
    code: 'threshold-missing',
    severity: 'warning',
    cause: 'without a range Flagger compares with 0',
    cure: 'write thresholdRange with min or max',
    source: METRICS,
    find: each('metrics', (metric, pointer) => {
      const range = fieldsAt(metric, 'thresholdRange');
      return hitIf(range.min === undefined && range.max === undefined && metric.threshold === undefined, () => ({
        pointer: `${pointer}/thresholdRange`,
        says: `the metric ${quoted(metric.name)} needs min or max`,
      }));
    }),
  },
  {
    code: 'range-inverted',
    severity: 'error',
    cause: 'no value is between them: every check fails',
    cure: 'swap them',
    source: METRICS,
    find: each('metrics', (metric, pointer) => {
      const [min, max] = [numberAt(metric, 'thresholdRange', 'min'), numberAt(metric, 'thresholdRange', 'max')];
      return hitIf(min !== undefined && max !== undefined && min > max, () => ({
        pointer: `${pointer}/thresholdRange/min`,
        says: `${min} is above max ${max}`,
      }));
    }),
  },
  {
    code: 'success-rate-range',
    severity: 'error',
    cause: 'the success rate is a percentage: above 100 every check fails',
    cure: 'write a percentage such as 99',
    source: METRICS,
    find: each('metrics', (metric, pointer) => {
      const min = numberAt(metric, 'thresholdRange', 'min');
      return hitIf(metric.name === 'request-success-rate' && min !== undefined && min > 100, () => ({
        pointer: `${pointer}/thresholdRange/min`,
        says: `${min} is above 100`,
      }));
    }),
  },
  {
    code: 'success-min-fraction',
    severity: 'warning',
    cause: 'the success rate is a percentage: a fraction lets everything pass',
    cure: 'write a percentage such as 99',
    source: METRICS,
    find: each('metrics', (metric, pointer) => {
      const min = numberAt(metric, 'thresholdRange', 'min') ?? numberAt(metric, 'threshold');
      return hitIf(metric.name === 'request-success-rate' && min !== undefined && min > 0 && min <= 1, () => ({
        pointer: `${pointer}/thresholdRange/min`,
        says: `${min} is a fraction, and the success rate is a percentage`,
        cure: `write ${Math.round((min ?? 0) * 1e8) / 1e6}`,
      }));
    }),
  },
  {
    code: 'duration-seconds',
    severity: 'warning',
    cause: 'Flagger reads whole milliseconds and cuts fractions off',
    cure: 'write milliseconds, such as 500',
    source: METRICS,
    find: each('metrics', (metric, pointer) => {
      const max = numberAt(metric, 'thresholdRange', 'max');
      return hitIf(
        metric.name === 'request-duration' && max !== undefined && (!Number.isInteger(max) || max < 0),
        () => ({
          pointer: `${pointer}/thresholdRange/max`,
          says: `${max} is no whole number of milliseconds`,
        }),
      );
    }),
  },
  {
    code: 'metric-interval-bad',
    severity: 'error',
    cause: 'the store cannot read the window: every check fails',
    cure: 'write a duration such as "1m"',
    source: METRICS,
    find: each('metrics', (metric, pointer) => durationHit(metric.interval, `${pointer}/interval`)),
  },
  {
    code: 'webhook-timeout-bad',
    severity: 'warning',
    cause: 'Flagger cannot read it and fails every call',
    cure: 'write a duration such as "10s"',
    source: `${HOOKS} (CallWebhook)`,
    find: each('webhooks', (hook, pointer) => durationHit(hook.timeout, `${pointer}/timeout`)),
  },
  {
    code: 'webhook-url',
    severity: 'error',
    cause: 'Flagger cannot call it',
    cure: 'write it like "http://flagger-loadtester.test/"',
    source: `${HOOKS} (callWebhook)`,
    find: each('webhooks', (hook, pointer) => {
      const url = textAt(hook, 'url');
      return hitIf(url !== undefined && !isFilledInLater(url) && !isHttp(url), () => ({
        pointer: `${pointer}/url`,
        says: `${quoted(url)} is not an http address`,
      }));
    }),
  },
  {
    code: 'webhook-retries',
    severity: 'error',
    cause: 'it is a number of calls',
    cure: 'write 0 or more',
    source: `${HOOKS} (CallWebhook)`,
    find: each('webhooks', (hook, pointer) => {
      const retries = numberAt(hook, 'retries');
      return hitIf(retries !== undefined && retries < 0, () => ({
        pointer: `${pointer}/retries`,
        says: `${retries} is below 0`,
      }));
    }),
  },
];

/** The definition's pattern is not anchored: `1mm` passes it. What does not pass is another row's. */
function durationHit(value: unknown, pointer: string): readonly FaultHit[] {
  if (typeof value !== 'string' || !/^[0-9]+(m|s)/.test(value)) return none;
  const parsed = parseGoDuration(value);
  return parsed.ok ? none : [{ pointer, says: `${quoted(value)} is not a duration: it ${parsed.error}` }];
}
