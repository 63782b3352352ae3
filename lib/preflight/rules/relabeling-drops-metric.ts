import { providerOf } from '../../flagger';
import { at, isFields, labelSelectorOf, listAt, matchesLabels, textAt, textsAt } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { parsePromql } from '../promql';
import { rule } from '../rule';
import { monitorReaches } from '../service-monitors';

const envoy = (metricRelabelings: readonly object[]) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  metadata: { name: 'envoy', namespace: 'monitoring' },
  spec: {
    namespaceSelector: { any: true },
    selector: { matchExpressions: [{ key: 'istio-prometheus-ignore', operator: 'DoesNotExist' }] },
    podMetricsEndpoints: [{ path: '/stats/prometheus', metricRelabelings }],
  },
});
const own = (metricRelabelings: readonly object[]) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  metadata: { name: 'cart', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'cart' } }, podMetricsEndpoints: [{ port: 'http', metricRelabelings }] },
});
const asked = [deployment('cart'), canary('cart')];

export default rule({
  id: 'relabeling-drops-metric',
  severity: 'warning',
  effect: 'fails',
  since: '0.3.0',
  why: 'metricRelabelings change series after the scrape: an action keep leaves only what its expression matches, drop and labeldrop take away metrics and labels. Where they take what a query of the analysis asks for, it has no values, although the proxies count every request.',
  cause: 'what a relabeling takes away cannot be asked for',
  source: [
    'prometheus.io/docs/prometheus/latest/configuration/configuration (relabel_config: expressions are anchored)',
    'prometheus-operator/prometheus-operator 0.86 Documentation/api-reference (RelabelConfig)',
    'fluxcd/flagger issue 1365',
  ],
  codes: [],
  each: 'canary',
  shared(world) {
    const endpoints = endpointsOf(world);
    return endpoints.length === 0 ? undefined : endpoints;
  },
  check(canary, report, _world, endpoints) {
    for (const series of askedSeries(canary)) {
      const found = endpoints
        .filter((endpoint) => reads(endpoint, series, canary))
        .flatMap((endpoint) => takenBy(endpoint, series))[0];
      if (!found) continue;
      report(found.entry, {
        about: canary,
        once: true,
        pointer: found.pointer,
        message: `${found.entry.kind} "${found.entry.name}" ${found.says}, which the metric "${series.by}" of Canary "${canary.name}" asks for`,
        fix: found.fix,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'only some metrics of Envoy are kept',
        manifests: [
          ...asked,
          envoy([{ action: 'keep', sourceLabels: ['__name__'], regex: 'istio_tcp_.*|envoy_cluster_.*' }]),
        ],
        expect: [
          {
            object: 'PodMonitor monitoring/envoy',
            pointer: '/spec/podMetricsEndpoints/0/metricRelabelings/0',
            message:
              'PodMonitor "envoy" keeps only istio_tcp_.*|envoy_cluster_.* and so not istio_requests_total, which the metric "request-success-rate" of Canary "cart" asks for',
          },
        ],
      },
      {
        name: 'a label is dropped',
        manifests: [...asked, envoy([{ action: 'labeldrop', regex: 'destination_.*|source_.*' }])],
        expect: [
          {
            object: 'PodMonitor monitoring/envoy',
            message:
              'PodMonitor "envoy" drops the label destination_workload_namespace of istio_requests_total, which the metric "request-success-rate" of Canary "cart" asks for',
          },
        ],
      },
      {
        name: "the application's own metric is dropped",
        manifests: [
          deployment('cart'),
          metricTemplate(
            'errors',
            'sum(rate(cart_errors_total{pod=~"{{ target }}-[a-z0-9]+-[a-z0-9]+"}[{{ interval }}]))',
          ),
          canary('cart', {
            analysis: {
              metrics: [
                { name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } },
              ],
            },
          }),
          own([{ action: 'drop', sourceLabels: ['__name__'], regex: 'go_.*|cart_.*' }]),
        ],
        expect: [{ object: 'PodMonitor shop/cart' }],
      },
    ],
    good: [
      {
        name: 'what is asked for is kept',
        manifests: [...asked, envoy([{ action: 'keep', sourceLabels: ['__name__'], regex: 'istio_.*' }])],
      },
      {
        name: 'a monitor of something else',
        manifests: [...asked, own([{ action: 'keep', sourceLabels: ['__name__'], regex: 'go_.*' }])],
      },
    ],
  }),
});

/** What one query asks for. */
interface Series {
  readonly metric: string;
  readonly labels: readonly string[];
  /** Name of the Canary's metric. */
  readonly by: string;
}

function askedSeries(canary: CanaryView): Series[] {
  const { builtin } = providerOf(canary.metricsProvider);
  return canary.metrics.flatMap(({ name, rendered, builtin: isBuiltin, providerType, kind }) => {
    if (isBuiltin && builtin && kind === 'builtin')
      return parsePromql(
        (name === 'request-duration' ? builtin.duration : builtin.successRate)
          .replace(/\{\{[^}]*\}\}/g, 'x')
          .replace(/\[x\]/g, '[1m]'),
      ).selectors.flatMap(seriesOf(name));
    if (providerType !== 'prometheus' || rendered?.text === undefined) return [];
    return parsePromql(rendered.text).selectors.flatMap(seriesOf(name));
  });
}

const seriesOf =
  (by: string) =>
  ({ metric, matchers }: ReturnType<typeof parsePromql>['selectors'][number]): Series[] =>
    metric === undefined ? [] : [{ metric, by, labels: matchers.map(({ label }) => label) }];

interface Endpoint {
  readonly entry: Entry;
  readonly pointer: string;
  readonly relabelings: readonly unknown[];
  /** Whether it reads the counters of Envoy. */
  readonly isEnvoy: boolean;
}

function endpointsOf(world: World): Endpoint[] {
  const lists = { PodMonitor: 'podMetricsEndpoints', ServiceMonitor: 'endpoints' } as const;
  return Object.entries(lists).flatMap(([kind, list]) =>
    world.ofKind(kind).flatMap((entry) =>
      listAt(entry.object, 'spec', list).flatMap((endpoint, index) => {
        const relabelings = listAt(endpoint, 'metricRelabelings');
        const isEnvoy =
          textAt(endpoint, 'path') === '/stats/prometheus' || /envoy/.test(textAt(endpoint, 'port') ?? '');
        const pointer = `/spec/${list}/${index}/metricRelabelings`;
        return relabelings.length === 0 ? [] : [{ entry, pointer, relabelings, isEnvoy }];
      }),
    ),
  );
}

/** Whether the endpoint is the one by which the series comes: that of Envoy for Istio's, one of the target's own pods otherwise. */
function reads(
  { entry, isEnvoy }: Endpoint,
  { metric }: Series,
  { target, namespace, canaryName }: CanaryView,
): boolean {
  if (metric.startsWith('istio_')) return isEnvoy;
  if (isEnvoy || !target) return false;
  if (!monitorReaches(entry, namespace)) return false;
  const selector = labelSelectorOf(at(entry.object, 'spec', 'selector'));
  if (entry.kind === 'PodMonitor')
    return Object.keys(selector.matchLabels ?? {}).length > 0 && matchesLabels(selector, target.podLabels);
  return Object.values(selector.matchLabels ?? {}).includes(canaryName);
}

interface Taken {
  readonly entry: Entry;
  readonly pointer: string;
  readonly says: string;
  readonly fix: string;
}

/** The first relabeling that takes the metric or a label of it away. */
function takenBy({ entry, pointer, relabelings }: Endpoint, { metric, labels }: Series): Taken[] {
  for (const [index, relabeling] of relabelings.entries()) {
    if (!isFields(relabeling)) continue;
    const action = (textAt(relabeling, 'action') ?? 'replace').toLowerCase();
    const regex = textAt(relabeling, 'regex') ?? '(.*)';
    const matches = anchored(regex);
    if (!matches) continue;
    const at = { entry, pointer: `${pointer}/${index}` };
    const isOfName = textsAt(relabeling, 'sourceLabels').join() === '__name__';
    if (action === 'drop' && isOfName && matches(metric))
      return [
        {
          ...at,
          says: `drops ${metric} (${regex})`,
          fix: `take ${metric} out of the expression, or remove the relabeling`,
        },
      ];
    if (action === 'keep' && isOfName && !matches(metric))
      return [
        {
          ...at,
          says: `keeps only ${regex} and so not ${metric}`,
          fix: `add ${metric} to the expression: ${regex}|${metric}`,
        },
      ];
    const label = labels.find((name) =>
      action === 'labeldrop' ? matches(name) : action === 'labelkeep' && !matches(name),
    );
    if (label !== undefined)
      return [
        {
          ...at,
          says: `drops the label ${label} of ${metric}`,
          fix: `let the expression ${action === 'labeldrop' ? 'not match' : 'match'} ${label}`,
        },
      ];
  }
  return [];
}

/** Prometheus anchors expressions; one that only RE2 knows is not judged. */
function anchored(regex: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = new RegExp(`^(?:${regex})$`);
    return (text) => compiled.test(text);
  } catch {
    return undefined;
  }
}
