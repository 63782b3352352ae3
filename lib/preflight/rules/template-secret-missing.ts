import { metricStoreOf } from '../../flagger';
import { textAt } from '../../kube';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

const metrics = [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }];
const withSecret = {
  provider: { type: 'prometheus', address: 'http://prometheus.istio-system:9090', secretRef: { name: 'prometheus' } },
};
const secret = (data: Record<string, string>, namespace = 'shop') => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'prometheus', namespace },
  stringData: data,
});

export default rule({
  id: 'template-secret-missing',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The Secret of a MetricTemplate is looked up in the namespace of the template, not of the Canary. It must hold what the store needs: for Prometheus either token, or username and password, for Datadog datadog_api_key and datadog_application_key. Otherwise each check ends with "Metric template … secret … error" or "credentials does not contain a username", and the rollout is rolled back.',
  cause: 'Flagger reads the Secret from the namespace of the template at each check',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go',
    'fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go',
  ],
  codes: ['TEMPLATE_SECRET_MISSING'],
  comesLast: true,
  each: 'canary',
  check(canary, report, world) {
    for (const { template, providerType } of canary.metrics) {
      const name = textAt(template?.object, 'spec', 'provider', 'secretRef', 'name');
      if (!template || name === undefined) continue;
      const found = world.find('Secret', template.namespace, name);
      if (!found) {
        // What is kept out of Git (SOPS, External Secrets, kubectl create) is not in the manifests.
        if (world.mayExist('Secret', template.namespace, name)) continue;
        const elsewhere = world.writtenOfKind('Secret').find((other) => other.name === name);
        report(template, {
          pointer: '/spec/provider/secretRef/name',
          about: canary,
          once: true,
          severity: elsewhere && !elsewhere.isNamespaceAssumed ? 'error' : 'warning',
          message: `MetricTemplate "${template.name}" takes its credentials from Secret "${name}" in namespace "${template.namespace}", which is not among the manifests${elsewhere ? ` (there is one in namespace "${elsewhere.namespace}")` : ''}`,
          fix: `create Secret "${name}" in namespace "${template.namespace}", or ${stateThatItExists('Secret', template.namespace, name)}`,
        });
        continue;
      }
      const keys = ['data', 'stringData'].flatMap((field) => Object.keys(Object(found.object[field] ?? {})));
      const { secretKeys = [] } = metricStoreOf(providerType) ?? {};
      const lacking = secretKeys.map((alternative) => alternative.filter((key) => !keys.includes(key)));
      if (keys.length === 0 || lacking.length === 0 || lacking.some((missing) => missing.length === 0)) continue;
      report(found, {
        about: canary,
        once: true,
        message: `Secret "${name}" of MetricTemplate "${template.name}" has ${lacking.length === 1 ? 'no' : 'neither'} ${lacking.map((missing) => missing.join(' and ')).join(' nor ')} (it has ${keys.sort().join(', ')})`,
        fix: `name the keys of Secret "${name}" ${secretKeys.map((alternative) => alternative.join(' and ')).join(', or ')}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the Secret is in the namespace of Prometheus',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors)', withSecret),
          secret({ token: 'x' }, 'istio-system'),
          canary('cart', { analysis: { metrics } }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/provider/secretRef/name',
            severity: 'error',
            message:
              'MetricTemplate "errors" takes its credentials from Secret "prometheus" in namespace "shop", which is not among the manifests (there is one in namespace "istio-system")',
          },
        ],
      },
      {
        name: 'a key that Flagger does not know',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors)', withSecret),
          secret({ user: 'x', password: 'y' }),
          canary('cart', { analysis: { metrics } }),
        ],
        expect: [
          {
            object: 'Secret shop/prometheus',
            message:
              'Secret "prometheus" of MetricTemplate "errors" has neither token nor username (it has password, user)',
          },
        ],
      },
      {
        name: 'keys of Datadog by other names',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'avg:errors{*}', {
            provider: { type: 'datadog', secretRef: { name: 'prometheus' } },
          }),
          secret({ api_key: 'x', app_key: 'y' }),
          canary('cart', { analysis: { metrics } }),
        ],
        expect: [
          {
            object: 'Secret shop/prometheus',
            message:
              'Secret "prometheus" of MetricTemplate "errors" has no datadog_api_key and datadog_application_key (it has api_key, app_key)',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a token',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors)', withSecret),
          secret({ token: 'x' }),
          canary('cart', { analysis: { metrics } }),
        ],
      },
      {
        name: 'the Secret is stated to be in the cluster',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors)', withSecret),
          canary('cart', { analysis: { metrics } }),
        ],
        facts: { exists: ['Secret shop/prometheus'] },
      },
    ],
  }),
});
