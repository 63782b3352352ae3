import { queryFunctions } from '../../flagger';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'template-render-error',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: "A query is a template of Go. Flagger's values are functions, called without a dot: name, namespace, target, service, ingress, route, interval, variables. Another function, a field with a dot ({{ .Name }}, from the first alpha) or a variable that templateVariables lacks cannot be rendered: each check fails and the rollout is rolled back. In an inline query the error is ignored, and the provider gets the braces.",
  cause:
    'Flagger knows only the functions name, namespace, target, service, ingress, route, interval and variables, without a dot',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/render.go',
    'fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/metric.go (TemplateFunctions)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go',
  ],
  codes: ['TEMPLATE_RENDER_ERROR', 'TEMPLATE_OLD_VARS', 'INLINE_QUERY_RENDER_ERROR'],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      const problem = metric.rendered?.problems[0];
      if (!problem) continue;
      const variable = problem.kind === 'missing-variable';
      // A template of many Canaries is wrong once; a variable is missing in each of them.
      const owner = metric.template && !variable ? metric.template : canary.entry;
      const bare = problem.name.replace(/^\./, '').toLowerCase();
      const near = (queryFunctions as readonly string[]).includes(bare) ? bare : undefined;
      const where = metric.template ? `MetricTemplate "${metric.template.name}"` : `the query of "${metric.name}"`;
      report(owner, {
        pointer: owner !== canary.entry ? '/spec/query' : metric.template ? metric.pointer : `${metric.pointer}/query`,
        about: canary,
        once: owner !== canary.entry,
        message: variable
          ? `${where} asks for ${problem.action}, and the metric "${metric.name}" of Canary "${canary.name}" has no templateVariables of the name "${problem.name}"`
          : problem.kind === 'unclosed'
            ? `${where} has {{ without }} at "${problem.action}"`
            : `${where} has ${problem.action}, and Flagger has no ${problem.kind === 'dot-field' ? 'field' : 'function'} "${problem.name}"`,
        ...(near === undefined || variable
          ? {}
          : { nearest: near, edits: [{ value: metric.query?.replaceAll(problem.action, `{{ ${near} }}`) }] }),
        fix: variable
          ? `add templateVariables: {${problem.name}: …} to the metric "${metric.name}"`
          : problem.kind === 'unclosed'
            ? 'close the braces with }}'
            : near !== undefined
              ? `write {{ ${near} }}`
              : `write one of ${queryFunctions.map((name) => `{{ ${name} }}`).join(', ')}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a field with a dot',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors{app="{{ .Target }}"})'),
          canary('cart', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message: 'MetricTemplate "errors" has {{ .Target }}, and Flagger has no field ".Target"',
          },
        ],
      },
      {
        name: 'a variable that the metric does not have',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors{zone="{{ variables.zone }}"})'),
          canary('cart', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            message:
              'MetricTemplate "errors" asks for {{ variables.zone }}, and the metric "errors" of Canary "cart" has no templateVariables of the name "zone"',
          },
        ],
      },
      {
        name: 'an unknown function in an inline query',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { metrics: [{ name: 'errors', query: 'sum(errors{app="{{ workload }}"})' }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0/query',
            message: 'the query of "errors" has {{ workload }}, and Flagger has no function "workload"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'functions and a variable that is there',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(rate(errors{app="{{ target }}",zone="{{ variables.zone }}"}[{{ interval }}]))'),
          canary('cart', {
            analysis: {
              metrics: [
                { name: 'errors', interval: '1m', templateRef: { name: 'errors' }, templateVariables: { zone: 'a' } },
              ],
            },
          }),
        ],
      },
    ],
  }),
});
