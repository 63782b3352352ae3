import type { MetricView } from '../../world';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

interface Unread {
  readonly message: string;
  readonly fix: string;
  readonly severity?: 'warning';
}

const judged = (type: string, query: string) => [
  deployment('cart'),
  metricTemplate('errors', query, { provider: { type, secretRef: { name: 'store' } } }),
  canary('cart', {
    analysis: {
      metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }],
    },
  }),
];

export default rule({
  id: 'store-answer-unread',
  severity: 'error',
  effect: 'fails',
  since: '0.2.0',
  why: 'Flagger has a parser of its own for each metric store, and each reads one field of the answer. A query whose answer has another form gives "no values found" at every check, although the store shows a value.',
  cause: "Flagger's parser for this store reads one field of the answer",
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/providers/newrelic.go (results[0].result)',
    'fluxcd/flagger v1.44 pkg/metrics/providers/cloudwatch.go (the query is a list of MetricDataQuery in JSON)',
    'fluxcd/flagger v1.44 pkg/metrics/providers/influxdb.go, graphite.go, datadog.go',
    'fluxcd/flagger issue 1584',
  ],
  codes: [],
  each: 'canary',
  check(one, report) {
    for (const metric of one.metrics) {
      const found = metric.template && readers[metric.providerType]?.(metric.rendered?.text ?? metric.query ?? '');
      if (!found || !metric.template) continue;
      report(metric.template, {
        pointer: '/spec/query',
        about: one,
        once: true,
        ...(found.severity ? { severity: found.severity } : {}),
        message: `the query of MetricTemplate "${metric.template.name}" ${found.message}`,
        fix: found.fix,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a plain aggregate of New Relic',
        manifests: judged('newrelic', "SELECT sum(amount) FROM Transaction WHERE appName = '{{ target }}'"),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message:
              'the query of MetricTemplate "errors" gives a field "sum", and Flagger reads "result": each check finds no values',
          },
        ],
      },
      {
        name: 'CloudWatch in words',
        manifests: judged('cloudwatch', 'SELECT AVG(x) FROM y'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            message:
              'the query of MetricTemplate "errors" is no JSON, and Flagger reads a list of MetricDataQuery from it: each check fails',
          },
        ],
      },
      {
        name: 'a time series of New Relic',
        manifests: judged('newrelic', 'SELECT sum(x) * 1 FROM Transaction TIMESERIES'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            message:
              'the query of MetricTemplate "errors" has TIMESERIES, whose answer has no results[0].result: each check finds no values',
          },
        ],
      },
    ],
    good: [
      { name: 'a computed value', manifests: judged('newrelic', 'SELECT sum(amount) * 1 FROM Transaction') },
      {
        name: 'filter(…) divided',
        manifests: judged(
          'newrelic',
          "SELECT filter(count(*), WHERE code >= '500') / count(*) * 100 FROM Transaction WHERE x = '{{ target }}'",
        ),
      },
      {
        name: 'JSON for CloudWatch',
        manifests: judged('cloudwatch', '[{"Id": "e1", "Expression": "m1 / m2", "ReturnData": true}]'),
      },
    ],
  }),
});

const readers: Readonly<Record<MetricView['providerType'], (query: string) => Unread | undefined>> = {
  newrelic(query) {
    const selected = /^\s*(?:FROM\b.*?\s)?SELECT\s+(.*?)(?:\s+FROM\b|\s+WHERE\b|$)/is.exec(query)?.[1]?.trim() ?? '';
    for (const word of ['TIMESERIES', 'FACET'])
      if (new RegExp(`\\b${word}\\b`, 'i').test(query))
        return {
          message: `has ${word}, whose answer has no results[0].result: each check finds no values`,
          fix: `remove ${word}: one value is judged`,
        };
    const plain = /^(\w+)\s*\(\s*(?:[^()]|\([^()]*\))*\)\s*(?:as\s+\S.*)?$/i.exec(selected);
    if (!plain) return undefined;
    return {
      message: `gives a field "${plain[1]!.toLowerCase()}", and Flagger reads "result": each check finds no values`,
      fix: `compute with it, which names the field result: SELECT ${selected.replace(/\s+as\s+.*$/i, '')} * 1 FROM …`,
    };
  },
  cloudwatch(query) {
    try {
      const value: unknown = JSON.parse(query);
      if (Array.isArray(value)) return undefined;
    } catch {
      // Said below.
    }
    return {
      message: 'is no JSON, and Flagger reads a list of MetricDataQuery from it: each check fails',
      fix: 'write a JSON list: [{"Id": "e1", "Expression": "…", "Label": "…"}, …] with one entry that returns data',
    };
  },
  influxdb(query) {
    if (!/^\s*from\s*\(/.test(query))
      return {
        message: 'is no Flux query, and Flagger asks InfluxDB 2 in Flux: each check fails',
        fix: 'begin with from(bucket: "…") |> range(start: -{{ interval }})',
      };
    return undefined;
  },
  graphite(query) {
    if (/^\s*target=/.test(query) || /[?&]target=/.test(query)) return undefined;
    return {
      severity: 'warning',
      message: 'names no target, and Flagger sends it as the parameters of /render: the answer is empty',
      fix: 'begin with target=…, and give the window: &from=-{{ interval }}',
    };
  },
};
