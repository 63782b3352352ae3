import { canary, deployment, metricTemplate } from '../case-manifests';
import { parsePromql } from '../promql';
import { rule } from '../rule';

const query = (reporter: string) => `sum(rate(istio_requests_total{reporter="${reporter}"}[{{ interval }}]))`;
const metrics = [{ name: 'rate', interval: '1m', templateRef: { name: 'rate' }, thresholdRange: { min: 1 } }];

export default rule({
  id: 'source-reporter-with-mirror',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'While traffic is mirrored, the proxy of the caller throws the answers of the canary away and does not report them as requests of the caller. A query with reporter="source" does not see what the canary did with its copies.',
  cause: 'the answer to a mirrored request is thrown away by the source, and only the destination counts it',
  source: ['istio/istio 1.31 (metric label reporter)', 'fluxcd/flagger v1.44 pkg/router/istio.go'],
  codes: ['SOURCE_REPORTER_WITH_MIRROR'],
  each: 'canary',
  check(canary, report) {
    if (!canary.analysis.mirror || canary.skipAnalysis) return;
    for (const metric of canary.metrics) {
      const text = metric.rendered?.text;
      if (text === undefined || metric.providerType !== 'prometheus') continue;
      const isSource = parsePromql(text).selectors.some(({ matchers }) =>
        matchers.some(({ label, op, value }) => label === 'reporter' && op === '=' && value === 'source'),
      );
      if (!isSource) continue;
      report(canary, {
        pointer: metric.pointer,
        message: `Canary "${canary.name}" mirrors its traffic, and the query of the metric "${metric.name}" counts reporter="source": it does not see the mirrored requests`,
        fix: `write reporter="destination" in ${metric.template ? `MetricTemplate "${metric.template.name}"` : `the query of "${metric.name}"`}, or remove analysis.mirror`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a template that counts at the source',
        manifests: [
          deployment('cart'),
          metricTemplate('rate', query('source')),
          canary('cart', { analysis: { mirror: true, metrics } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0',
            message:
              'Canary "cart" mirrors its traffic, and the query of the metric "rate" counts reporter="source": it does not see the mirrored requests',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the destination counts',
        manifests: [
          deployment('cart'),
          metricTemplate('rate', query('destination')),
          canary('cart', { analysis: { mirror: true, metrics } }),
        ],
      },
      {
        name: 'nothing is mirrored',
        manifests: [
          deployment('cart'),
          metricTemplate('rate', query('source')),
          canary('cart', { analysis: { metrics } }),
        ],
      },
    ],
  }),
});
