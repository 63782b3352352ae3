import { booleanAt, fieldsAt } from '../../kube';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

const nginx = (values: object) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'ingress-nginx', namespace: 'ingress-nginx' },
  spec: { chart: { spec: { chart: 'ingress-nginx' } }, values },
});
const byNginx = [
  deployment('web'),
  canary('web', {
    spec: {
      provider: 'nginx',
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' },
    },
  }),
];

export default rule({
  id: 'ingress-metrics-off',
  severity: 'error',
  effect: 'fails',
  since: '0.2.0',
  why: 'The built-in metrics of provider nginx are the counters of the ingress controller. Its chart does not export them unless controller.metrics.enabled is true: Prometheus has nothing to scrape, and each check ends with "no values found for nginx metric".',
  cause: 'the controller exports its counters only with controller.metrics.enabled: true',
  source: [
    'kubernetes/ingress-nginx charts/ingress-nginx/values.yaml (controller.metrics.enabled: false)',
    'fluxcd/flagger v1.44 docs/gitbook/tutorials/nginx-progressive-delivery.md',
    'fluxcd/flagger issue 1689',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    const one = world
      .canaries()
      .find(
        ({ metricsProvider, builtinMetrics, skipAnalysis }) =>
          metricsProvider === 'nginx' && builtinMetrics.length > 0 && !skipAnalysis,
      );
    if (!one) return;
    const releases = world.helmReleases().filter(({ chart }) => chart === 'ingress-nginx');
    // Several controllers: which of them serves the Ingress, is not asked.
    if (releases.some(({ values }) => booleanAt(fieldsAt(values, 'controller', 'metrics'), 'enabled') === true)) return;
    for (const { entry, name, hasUnknownValues, valuesPointer } of releases)
      report(entry, {
        about: one,
        pointer: valuesPointer,
        ...(hasUnknownValues ? { severity: 'warning' as const } : {}),
        message: `${entry.kind} "${name}" installs ingress-nginx without controller.metrics.enabled: the metric "${one.builtinMetrics[0]?.name}" of Canary "${one.name}" has no values`,
        fix: 'write controller.metrics.enabled: true into its values, and let Prometheus scrape it: controller.metrics.serviceMonitor.enabled: true with honorLabels: true, or the annotations prometheus.io/scrape and prometheus.io/port: "10254" in controller.podAnnotations',
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'not enabled',
        manifests: [...byNginx, nginx({})],
        expect: [
          {
            object: 'HelmRelease ingress-nginx/ingress-nginx',
            pointer: '/spec/values',
            severity: 'error',
            message:
              'HelmRelease "ingress-nginx" installs ingress-nginx without controller.metrics.enabled: the metric "request-success-rate" of Canary "web" has no values',
          },
        ],
      },
    ],
    good: [
      {
        name: 'where Flagger runs for Linkerd its counters are asked',
        manifests: [...byNginx, nginx({}), flaggerRelease({ meshProvider: 'linkerd' })],
      },
      { name: 'enabled', manifests: [...byNginx, nginx({ controller: { metrics: { enabled: true } } })] },
    ],
  }),
});
