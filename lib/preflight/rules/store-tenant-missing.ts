import { fieldsAt, isFields, listAt, textAt } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment, flaggerRelease, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

const TENANT = /^x-scope-orgid$|^thanos-tenant$/i;

const metrics = [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }];
const template = (headers?: object) =>
  metricTemplate('errors', 'sum(rate(errors_total{pod=~"{{ target }}-[0-9a-z]+-[0-9a-z]+"}[{{ interval }}]))', {
    provider: {
      type: 'prometheus',
      address: 'http://mimir-gateway.mimir:80/prometheus',
      ...(headers ? { headers } : {}),
    },
  });
const prometheus = (remoteWrite: readonly object[]) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'Prometheus',
  metadata: { name: 'k8s', namespace: 'monitoring' },
  spec: { remoteWrite },
});
const written = prometheus([{ url: 'http://mimir-gateway.mimir/api/v1/push', headers: { 'X-Scope-OrgID': 'shop' } }]);

export default rule({
  id: 'store-tenant-missing',
  severity: 'warning',
  effect: 'fails',
  since: '0.3.0',
  why: 'Mimir, Cortex and Thanos keep the series of each tenant apart: what is written with a tenant in the header is found only by who asks with the same header. Without it a query is refused (no org id), or asks another tenant and has no values. A MetricTemplate takes headers; the metrics server of Flagger itself, and so the built-in metrics, can send none.',
  cause: 'the series are written for a tenant, and the query names none',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go (headers)',
    'grafana.com/docs/mimir (authentication and authorization: X-Scope-OrgID)',
    'fluxcd/flagger issue 1720',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    const tenants = writtenTenants(world);
    if (tenants.length === 0) return;
    for (const { at, address, about, hasHeader, pointer } of askedStores(world)) {
      const store = tenants.find(({ host }) => isSameStore(host, hostOf(address)));
      if (!store || hasHeader) continue;
      report(at, {
        about,
        pointer,
        once: true,
        message: `${at.kind} "${at.name}" asks ${address} without a tenant, and ${store.by} writes there with ${store.header}: ${store.tenant}`,
        fix:
          at.kind === 'MetricTemplate'
            ? `write headers: {${store.header}: [${store.tenant}]} in spec.provider of MetricTemplate "${at.name}"`
            : `use MetricTemplates with headers: {${store.header}: [${store.tenant}]} in place of the built-in metrics, or an address that sets the header`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a MetricTemplate without the header',
        manifests: [deployment('cart'), written, template(), canary('cart', { analysis: { metrics } })],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/provider',
            message:
              'MetricTemplate "errors" asks http://mimir-gateway.mimir:80/prometheus without a tenant, and Prometheus "k8s" writes there with X-Scope-OrgID: shop',
          },
        ],
      },
      {
        name: "the built-in metrics ask Flagger's own server",
        manifests: [
          deployment('cart'),
          written,
          flaggerRelease({ metricsServer: 'http://mimir-query-frontend.mimir:8080/prometheus' }),
          canary('cart'),
        ],
        expect: [{ object: 'HelmRelease flagger-system/flagger' }],
      },
    ],
    good: [
      {
        name: 'the same tenant',
        manifests: [
          deployment('cart'),
          written,
          template({ 'X-Scope-OrgID': ['shop'] }),
          canary('cart', { analysis: { metrics } }),
        ],
      },
      {
        name: 'nobody writes for a tenant',
        manifests: [
          deployment('cart'),
          prometheus([{ url: 'http://mimir-gateway.mimir/api/v1/push' }]),
          template(),
          canary('cart', { analysis: { metrics } }),
        ],
      },
    ],
  }),
});

interface WrittenTenant {
  readonly host: string;
  readonly header: string;
  readonly tenant: string;
  /** Who writes. */
  readonly by: string;
}

function writtenTenants(world: World): WrittenTenant[] {
  const lists = [
    ...['Prometheus', 'PrometheusAgent'].flatMap((kind) =>
      world
        .writtenOfKind(kind)
        .map((entry) => ({ by: `${kind} "${entry.name}"`, list: listAt(entry.object, 'spec', 'remoteWrite') })),
    ),
    ...world.helmReleases().flatMap(({ entry, values }) => [
      { by: `${entry.kind} "${entry.name}"`, list: listAt(values, 'prometheus', 'prometheusSpec', 'remoteWrite') },
      { by: `${entry.kind} "${entry.name}"`, list: listAt(values, 'server', 'remoteWrite') },
    ]),
  ];
  return lists.flatMap(({ by, list }) =>
    list
      .filter(isFields)
      .flatMap((target) =>
        Object.entries(fieldsAt(target, 'headers')).flatMap(([header, tenant]) =>
          TENANT.test(header)
            ? [{ host: hostOf(textAt(target, 'url') ?? ''), header, tenant: String(tenant), by }]
            : [],
        ),
      ),
  );
}

interface AskedStore {
  readonly at: Entry;
  readonly pointer: string;
  readonly address: string;
  readonly about: CanaryView;
  readonly hasHeader: boolean;
}

function askedStores(world: World): AskedStore[] {
  const { flagger } = world;
  return world.canaries().flatMap((about) => [
    ...(flagger.entry && about.builtinMetrics.length > 0
      ? [
          {
            at: flagger.entry,
            pointer: flagger.valuesPointer === undefined ? '' : `${flagger.valuesPointer}/metricsServer`,
            address: flagger.metricsServer.value,
            about,
            hasHeader: false,
          },
        ]
      : []),
    ...about.metrics.flatMap(({ template, providerType }) => {
      if (!template || providerType !== 'prometheus') return [];
      const provider = fieldsAt(template.object, 'spec', 'provider');
      const hasHeader = Object.keys(fieldsAt(provider, 'headers')).some((name) => TENANT.test(name));
      return [
        { at: template, pointer: '/spec/provider', address: textAt(provider, 'address') ?? '', about, hasHeader },
      ];
    }),
  ]);
}

const hostOf = (address: string): string => /^https?:\/\/([^:/]+)/.exec(address)?.[1] ?? '';

/** One host, or Services of one namespace that belong to one installation: their names begin alike. */
function isSameStore(one: string, other: string): boolean {
  if (one === other) return one !== '';
  const [[name = '', namespace], [otherName = '', otherNamespace]] = [one.split('.'), other.split('.')];
  return namespace !== undefined && namespace === otherNamespace && name.split('-')[0] === otherName.split('-')[0];
}
