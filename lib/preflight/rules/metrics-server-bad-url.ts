import { parseServiceHost, textAt } from '../../kube';
import type { CanaryView, World } from '../../world';
import { canary, deployment, flaggerRelease, metricTemplate, service } from '../case-manifests';
import type { Subject } from '../rule';
import { rule } from '../rule';

export default rule({
  id: 'metrics-server-bad-url',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The address of Prometheus must be a URL with http:// or https:// and lead to a port that its Service has. Otherwise each check ends with "prometheus address … is not a valid URL", "unsupported protocol scheme" or a refused connection, and the rollout is rolled back.',
  cause: 'Flagger needs a URL with scheme and host, and the Service must listen on its port',
  source: ['fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go (NewPrometheusProvider)'],
  codes: ['METRICS_SERVER_BAD_URL'],
  each: 'world',
  check(world, report) {
    const seen = new Set<unknown>();
    const look = (subject: Subject, pointer: string | undefined, address: string, about: CanaryView, from: string) => {
      const problem = problemOf(world, address, from);
      if (problem === undefined) return;
      report(subject, {
        ...(pointer === undefined ? {} : { pointer }),
        about,
        message: `"${address}" is no address of Prometheus: ${problem}`,
        fix: 'write the whole URL, such as http://prometheus.istio-system:9090',
      });
    };
    const { flagger } = world;
    for (const canary of world.canaries()) {
      const own = textAt(canary.spec, 'metricsServer');
      const asksServer = canary.metrics.some(({ kind }) => kind === 'builtin' || kind === 'inline');
      if (own) look(canary, '/spec/metricsServer', own, canary, flagger.namespace.value);
      else if (asksServer && flagger.entry && !seen.has(flagger)) {
        seen.add(flagger);
        const pointer = flagger.valuesPointer === undefined ? undefined : `${flagger.valuesPointer}/metricsServer`;
        look(flagger.entry, pointer, flagger.metricsServer.value, canary, flagger.namespace.value);
      }
      for (const { template, providerType } of canary.metrics) {
        const address = textAt(template?.object, 'spec', 'provider', 'address');
        if (!template || providerType !== 'prometheus' || address === undefined || seen.has(template)) continue;
        seen.add(template);
        look(template, '/spec/provider/address', address, canary, flagger.namespace.value);
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the address of the interface for people',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors)', {
            provider: { type: 'prometheus', address: 'http://prometheus.istio-system:9090/graph' },
          }),
          canary('cart', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/provider/address',
            message:
              '"http://prometheus.istio-system:9090/graph" is no address of Prometheus: Flagger adds /api/v1/query behind /graph, where nobody answers',
          },
        ],
      },
      {
        name: 'no scheme',
        manifests: [
          flaggerRelease({ metricsServer: 'prometheus.istio-system:9090' }),
          deployment('cart'),
          canary('cart'),
        ],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            pointer: '/spec/values/metricsServer',
            message:
              '"prometheus.istio-system:9090" is no address of Prometheus: it does not begin with http:// or https://',
          },
        ],
      },
      {
        name: 'a port that the Service does not have, in a template',
        manifests: [
          deployment('cart'),
          service('prometheus', { ports: [{ name: 'http', port: 80 }] }, { namespace: 'istio-system' }),
          metricTemplate('errors', 'sum(errors)'),
          canary('cart', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/provider/address',
            message:
              '"http://prometheus.istio-system:9090" is no address of Prometheus: Service "prometheus" in namespace "istio-system" listens on 80',
          },
        ],
      },
    ],
    good: [
      { name: 'a whole URL', manifests: [flaggerRelease(), deployment('cart'), canary('cart')] },
      {
        name: 'an address outside the cluster',
        manifests: [
          deployment('cart'),
          canary('cart', { spec: { metricsServer: 'https://prometheus.example.com/select' } }),
        ],
      },
    ],
  }),
});

function problemOf(world: World, address: string, namespace: string): string | undefined {
  const parts = /^(https?):\/\/(?:[^@/]*@)?([^:/?#]+)(?::(\d+))?(?:[/?#]|$)/i.exec(address);
  if (!parts)
    return /^https?:\/\//i.test(address)
      ? 'it has no host, or no number as port'
      : 'it does not begin with http:// or https://';
  const path = /^https?:\/\/[^/]*(\/(?:.*\/)?(?:graph|targets|query|api\/v1(?:\/query(?:_range)?)?)\/?)$/i.exec(
    address,
  )?.[1];
  if (path !== undefined) return `Flagger adds /api/v1/query behind ${path}, where nobody answers`;
  const place = parseServiceHost(parts[2] as string, namespace);
  const service = place && world.service(place.namespace, place.name);
  const port = parts[3] ? Number(parts[3]) : parts[1]?.toLowerCase() === 'https' ? 443 : 80;
  if (!service || service.ports.length === 0 || service.port(port)) return undefined;
  return `Service "${service.name}" in namespace "${service.namespace}" listens on ${service.ports.map((one) => one.port).join(', ')}`;
}
