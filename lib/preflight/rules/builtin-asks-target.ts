import { providerOf } from '../../flagger';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'builtin-asks-target',
  severity: 'error',
  effect: 'fails',
  since: '0.2.0',
  why: 'The built-in queries of some providers name the canary Service after the target ({{ target }}-canary), while Flagger makes that Service from spec.service.name. Where the two differ, the query asks for a Service that does not exist, and each check ends with "no values found".',
  cause:
    'the built-in query asks for the Service of the name of the target, and Flagger makes it with the name of spec.service.name',
  source: ['fluxcd/flagger v1.44 pkg/metrics/observers/traefik.go, apisix.go, kuma.go'],
  codes: [],
  each: 'canary',
  check(one, report) {
    const metric = one.builtinMetrics[0];
    if (!metric || one.skipAnalysis || one.apexName === one.targetRef.name) return;
    const provider = providerOf(one.metricsProvider);
    const asks = Object.values(provider.builtin?.labels ?? {}).some((value) => value.includes('{{ target }}-canary'));
    if (!asks) return;
    report(one, {
      pointer: '/spec/service/name',
      message: `the metric "${metric.name}" of Canary "${one.name}" asks ${provider.title} for Service "${one.targetRef.name}-canary", and with service.name ${one.apexName} Flagger makes "${one.canaryName}": it has no values`,
      fix: `remove spec.service.name, so that the Services are named after ${one.targetRef.kind} "${one.targetRef.name}"; or judge by a MetricTemplate that asks for "${one.canaryName}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'Traefik, and a Service of another name',
        manifests: [
          deployment('web-v1'),
          canary('web-v1', { spec: { provider: 'traefik' }, service: { name: 'web' } }),
        ],
        expect: [
          {
            object: 'Canary shop/web-v1',
            pointer: '/spec/service/name',
            message:
              'the metric "request-success-rate" of Canary "web-v1" asks Traefik for Service "web-v1-canary", and with service.name web Flagger makes "web-canary": it has no values',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the name of the target',
        manifests: [deployment('web'), canary('web', { spec: { provider: 'traefik' } })],
      },
      {
        name: 'Istio asks by the workload',
        manifests: [deployment('web-v1'), canary('web-v1', { service: { name: 'web' } })],
      },
    ],
  }),
});
