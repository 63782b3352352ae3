import { metricStoreOf } from '../../flagger';
import { fieldsAt, textAt } from '../../kube';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

const metrics = [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }];
const asked = (provider: object) => [
  deployment('cart'),
  metricTemplate('errors', 'fetch k8s_container | metric "errors"', { provider }),
  canary('cart', { analysis: { metrics } }),
];

export default rule({
  id: 'store-setting-missing',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: 'Each metric store needs settings of its own in spec.provider of the MetricTemplate: an address, a region, a Secret with its keys. Google Cloud Monitoring takes the project from the Secret alone, also with workload identity: without it each query is refused ("Request was missing field name").',
  cause: "Flagger's client of this store cannot ask without it",
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/providers (NewDatadogProvider, NewStackDriverProvider, NewCloudWatchProvider …)',
    'fluxcd/flagger issue 1336',
  ],
  codes: [],
  each: 'canary',
  check(canary, report) {
    for (const { template, providerType } of canary.metrics) {
      const store = template && metricStoreOf(providerType);
      if (!template || !store) continue;
      const provider = fieldsAt(template.object, 'spec', 'provider');
      const missing = [
        ...(store.address === 'required' && !textAt(provider, 'address') ? ['address'] : []),
        ...(store.region === 'required' && !textAt(provider, 'region') ? ['region'] : []),
        ...(store.secret === 'required' && !textAt(provider, 'secretRef', 'name') ? ['secretRef'] : []),
      ];
      if (missing.length === 0) continue;
      const keys = store.secretKeys[0]?.join(' and ');
      report(template, {
        pointer: '/spec/provider',
        about: canary,
        once: true,
        message: `MetricTemplate "${template.name}" asks ${store.title} without ${missing.join(' and ')}`,
        fix: `write spec.provider.${missing.join(' and spec.provider.')}${missing.includes('secretRef') ? `, the name of a Secret with ${keys} in namespace "${template.namespace}"` : ''}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'Google Cloud Monitoring by workload identity alone',
        manifests: asked({ type: 'stackdriver' }),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/provider',
            message: 'MetricTemplate "errors" asks Google Cloud Monitoring without secretRef',
          },
        ],
      },
      {
        name: 'CloudWatch of no region',
        manifests: asked({ type: 'cloudwatch' }),
        expect: [{ object: 'MetricTemplate shop/errors' }],
      },
    ],
    good: [
      {
        name: 'a Secret with the project',
        manifests: asked({ type: 'stackdriver', secretRef: { name: 'monitoring' } }),
      },
      {
        name: 'Prometheus with its address',
        manifests: asked({ type: 'prometheus', address: 'http://prometheus:9090' }),
      },
    ],
  }),
});
