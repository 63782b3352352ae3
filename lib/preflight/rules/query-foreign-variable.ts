import { canary, deployment, metricTemplate } from '../case-manifests';
import { ownerOf } from '../queries';
import { rule } from '../rule';

const metrics = [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }];
const judged = (query: string) => [
  deployment('cart'),
  metricTemplate('errors', query),
  canary('cart', { analysis: { metrics } }),
];

/** Stores of whose queries a dashboard fills in `$name`. */
const dashboards: ReadonlySet<string> = new Set(['prometheus', 'datadog', 'influxdb', 'graphite']);

export default rule({
  id: 'query-foreign-variable',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: "A query that was copied out of a dashboard has the dashboard's variables in it: $namespace, $workload, $__rate_interval. Nobody fills them in for Flagger: in a label they are compared as a text that no series has, between brackets they are no duration. Flagger's own are {{ namespace }}, {{ target }}, {{ service }}, {{ interval }} and those of templateVariables.",
  cause: 'a dashboard fills in $ variables, Flagger does not',
  source: ['fluxcd/flagger v1.44 pkg/metrics/observers/render.go', 'fluxcd/flagger issue 752'],
  codes: [],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      if (metric.query === undefined || !dashboards.has(metric.providerType)) continue;
      const variable = /\$[A-Za-z_]\w*/.exec(metric.query)?.[0];
      if (variable === undefined) continue;
      report(metric.template ?? canary.entry, {
        pointer: metric.template ? '/spec/query' : `${metric.pointer}/query`,
        about: canary,
        once: metric.template !== undefined,
        message: `the query of ${ownerOf(metric)} has ${variable}, a variable of a dashboard that nobody fills in`,
        fix: `write ${ownNames.find(([theirs]) => theirs.test(variable))?.[1] ?? 'a variable of Flagger, or one of templateVariables ({{ variables.name }}),'} in place of ${variable}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'labels of a dashboard',
        manifests: judged('sum(rate(errors_total{namespace="$namespace",pod=~"$workload.*"}[1m]))'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message:
              'the query of MetricTemplate "errors" has $namespace, a variable of a dashboard that nobody fills in',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the end of an expression',
        manifests: judged('sum(rate(errors_total{app=~"^{{ target }}$",code=~"5..$"}[{{ interval }}]))'),
      },
    ],
  }),
});

const ownNames: readonly (readonly [RegExp, string])[] = [
  [/interval|range/i, '{{ interval }}'],
  [/namespace/i, '{{ namespace }}'],
  [/service/i, '{{ service }}-canary'],
  [/workload|deployment|app|target|pod/i, '{{ target }}'],
];
