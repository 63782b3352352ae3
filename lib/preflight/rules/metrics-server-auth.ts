import { isFields, textAt } from '../../kube';
import type { CanaryView } from '../../world';
import { canary, deployment, flaggerRelease, metricTemplate } from '../case-manifests';
import type { Subject } from '../rule';
import { rule } from '../rule';

/** Servers that answer nobody without a token or password. */
const closedServers: readonly (readonly [host: RegExp, name: string])[] = [
  [/(^|\.)grafana\.net$/, 'Grafana Cloud'],
  [/^aps-workspaces\.[\w-]+\.amazonaws\.com(\.cn)?$/, 'Amazon Managed Service for Prometheus'],
  [/^monitoring\.googleapis\.com$/, 'Google Cloud Monitoring'],
  [/\.prometheus\.monitor\.azure\.(com|cn|us)$/, 'Azure Monitor'],
  [/^(thanos-querier|prometheus-k8s)\.openshift-monitoring(\.svc(\.cluster\.local)?)?$/, "OpenShift's monitoring"],
];

const address = (url: string) => /^https?:\/\/([^@/?#]*@)?([^:/?#]+(?::\d+)?)/i.exec(url);

export default rule({
  id: 'metrics-server-auth',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Built-in metrics and inline queries are asked of metricsServer, and Flagger sends no credentials there: only the provider of a MetricTemplate has a secretRef. A server that wants a token or a password answers "error response: Status 401 Unauthorized", and each check fails.',
  cause: 'only a MetricTemplate can name a Secret with credentials; metricsServer cannot',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/factory.go (NewFactory: SecretRef nil)',
    'fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go (RunQuery)',
  ],
  codes: ['METRICS_SERVER_AUTH'],
  each: 'world',
  check(world, report) {
    const { flagger } = world;
    const templates = new Map<string, string>();
    for (const template of world.ofKind('MetricTemplate')) {
      const [, , host] = address(textAt(template.object, 'spec', 'provider', 'address') ?? '') ?? [];
      const ref = textAt(template.object, 'spec', 'provider', 'secretRef', 'name');
      if (host !== undefined && ref !== undefined) templates.set(host, `MetricTemplate "${template.name}"`);
    }
    const look = (subject: Subject, pointer: string, url: string, about: CanaryView) => {
      const [, credentials, host = ''] = address(url) ?? [];
      const metric = about.metrics.find(({ kind }) => kind === 'builtin' || kind === 'inline');
      // What stands in the URL itself is sent as a password.
      if (!metric || credentials !== undefined) return;
      const closed = closedServers.find(([name]) => name.test(host.replace(/:\d+$/, '')));
      const template = templates.get(host);
      if (!closed && template === undefined) return;
      report(subject, {
        pointer,
        about,
        severity: closed ? 'error' : 'warning',
        message: `Flagger asks "${url}" for "${metric.name}" of Canary "${about.name}" without credentials, and ${closed ? `${closed[1]} answers nobody without them` : `${template} has a secretRef for the same server`}`,
        fix: `replace "${metric.name}" by a MetricTemplate with provider.address ${url} and provider.secretRef, or set metricsServer to a Prometheus that needs no credentials`,
      });
    };
    let isSeen = false;
    for (const canary of world.canaries()) {
      if (canary.skipAnalysis) continue;
      const own = textAt(canary.spec, 'metricsServer');
      if (own) look(canary, '/spec/metricsServer', own, canary);
      else if (flagger.entry && !isSeen && canary.metrics.some(({ kind }) => kind === 'builtin' || kind === 'inline')) {
        isSeen = true;
        const isWritten = isFields(flagger.values) && flagger.values.metricsServer !== undefined;
        const values = flagger.valuesPointer ?? '';
        look(flagger.entry, isWritten ? `${values}/metricsServer` : values, flagger.metricsServer.value, canary);
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a hosted Prometheus',
        manifests: [
          flaggerRelease({ metricsServer: 'https://prometheus-prod-01-eu-west-0.grafana.net/api/prom' }),
          deployment('cart'),
          canary('cart'),
        ],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            pointer: '/spec/values/metricsServer',
            severity: 'error',
            message:
              'Flagger asks "https://prometheus-prod-01-eu-west-0.grafana.net/api/prom" for "request-success-rate" of Canary "cart" without credentials, and Grafana Cloud answers nobody without them',
          },
        ],
      },
      {
        name: 'a template has credentials for the same server',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors)', {
            provider: {
              type: 'prometheus',
              address: 'https://metrics.example.com',
              secretRef: { name: 'prometheus-token' },
            },
          }),
          canary('cart', { spec: { metricsServer: 'https://metrics.example.com/' } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/metricsServer',
            severity: 'warning',
            message:
              'Flagger asks "https://metrics.example.com/" for "request-success-rate" of Canary "cart" without credentials, and MetricTemplate "errors" has a secretRef for the same server',
          },
        ],
      },
    ],
    good: [
      { name: 'a Prometheus in the cluster', manifests: [flaggerRelease(), deployment('cart'), canary('cart')] },
      {
        name: 'all metrics are templates with credentials',
        manifests: [
          flaggerRelease({ metricsServer: 'https://prometheus-prod-01-eu-west-0.grafana.net/api/prom' }),
          deployment('cart'),
          metricTemplate('errors', 'sum(errors)', {
            provider: {
              type: 'prometheus',
              address: 'https://prometheus-prod-01-eu-west-0.grafana.net/api/prom',
              secretRef: { name: 'grafana' },
            },
          }),
          canary('cart', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
      },
      {
        name: 'a password in the URL',
        manifests: [
          deployment('cart'),
          canary('cart', { spec: { metricsServer: 'https://user:word@prometheus.grafana.net' } }),
        ],
      },
    ],
  }),
});
