import { booleanAt, listAt, rememberedFor, textAt } from '../../kube';
import type { Entry } from '../../world';
import { canary, deployment } from '../case-manifests';
import { requestMetric } from '../istio-metrics';
import { rule } from '../rule';

/** Labels by which the built-in queries choose and judge. */
const needed = ['reporter', 'destination_workload', 'destination_workload_namespace', 'response_code'];

interface Drop {
  readonly pointer: string;
  readonly what: string;
}

/** What a Telemetry takes away from the metrics that Prometheus gets. */
function dropsOf({ object }: Entry): Drop[] {
  return listAt(object, 'spec', 'metrics').flatMap((block, index) => {
    const providers = listAt(block, 'providers').map((provider) => textAt(provider, 'name'));
    if (providers.length > 0 && !providers.includes('prometheus')) return [];
    return listAt(block, 'overrides').flatMap((override, number) => {
      const metric = textAt(override, 'match', 'metric') ?? 'ALL_METRICS';
      const mode = textAt(override, 'match', 'mode') ?? 'CLIENT_AND_SERVER';
      if (!['ALL_METRICS', 'REQUEST_COUNT', 'REQUEST_DURATION'].includes(metric) || mode === 'CLIENT') return [];
      const pointer = `/spec/metrics/${index}/overrides/${number}`;
      if (booleanAt(override, 'disabled')) return [{ pointer, what: `switches ${metric} off` }];
      return needed
        .filter((label) => textAt(override, 'tagOverrides', label, 'operation') === 'REMOVE')
        .map((label) => ({
          pointer: `${pointer}/tagOverrides/${label}`,
          what: `removes the label ${label} of ${metric}`,
        }));
    });
  });
}

const telemetry = (overrides: unknown) => ({
  apiVersion: 'telemetry.istio.io/v1',
  kind: 'Telemetry',
  metadata: { name: 'metrics', namespace: 'istio-system' },
  spec: { metrics: [{ providers: [{ name: 'prometheus' }], overrides }] },
});

export default rule({
  id: 'telemetry-drops-labels',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The built-in queries choose the series of the canary by reporter, destination_workload and destination_workload_namespace, and judge by response_code. A Telemetry that removes one of these labels, or switches the metric off, saves memory in Prometheus, and leaves the query without values.',
  cause: 'the query chooses by a label that no series has any more',
  source: ['fluxcd/flagger v1.44 pkg/metrics/observers/istio.go', 'istio/api 1.31 telemetry/v1alpha1/telemetry.proto'],
  codes: ['TELEMETRY_DROPS_LABELS'],
  each: 'canary',
  shared: () => rememberedFor(dropsOf),
  check(canary, report, world, dropsIn) {
    const metric = requestMetric(canary);
    if (!metric || !canary.target) return;
    for (const entry of world.selecting('Telemetry', canary.target)) {
      for (const { pointer, what } of dropsIn(entry))
        report(entry, {
          pointer,
          about: canary,
          message: `Telemetry "${entry.name}" ${what}, by which the metric "${metric.name}" of Canary "${canary.name}" chooses: it will have no values`,
          fix: `remove this override from Telemetry "${entry.name}", or limit it to mode CLIENT`,
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a label is removed for the whole mesh',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          telemetry([
            { match: { metric: 'REQUEST_COUNT' }, tagOverrides: { destination_workload: { operation: 'REMOVE' } } },
          ]),
        ],
        expect: [
          {
            object: 'Telemetry istio-system/metrics',
            pointer: '/spec/metrics/0/overrides/0/tagOverrides/destination_workload',
            message:
              'Telemetry "metrics" removes the label destination_workload of REQUEST_COUNT, by which the metric "request-success-rate" of Canary "frontend" chooses: it will have no values',
          },
        ],
      },
      {
        name: 'all metrics are switched off',
        manifests: [deployment('frontend'), canary('frontend'), telemetry([{ disabled: true }])],
        expect: [{ object: 'Telemetry istio-system/metrics', pointer: '/spec/metrics/0/overrides/0' }],
      },
    ],
    good: [
      {
        name: 'a label that nobody asks for, and one of the sending side',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          telemetry([
            { tagOverrides: { request_host: { operation: 'REMOVE' } } },
            { match: { mode: 'CLIENT' }, tagOverrides: { response_code: { operation: 'REMOVE' } } },
          ]),
        ],
      },
    ],
  }),
});
