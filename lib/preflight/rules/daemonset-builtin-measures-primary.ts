import { canary, successRate } from '../case-manifests';
import { rule } from '../rule';

const spec = { provider: 'kubernetes', targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent' } };

export default rule({
  id: 'daemonset-builtin-measures-primary',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'With the providers kubernetes and gatewayapi the built-in metrics select pods by a name of two parts behind that of the target, as a Deployment gives them (cart-5d4f8c7b9d-x2x8z). Pods of a DaemonSet have one part (agent-x2x8z): the expression misses them, and matches those of the primary (agent-primary-x2x8z). The canary is judged by the data of the primary.',
  cause: 'the built-in query expects pod names of a Deployment, and so matches the primary of a DaemonSet',
  source: ['fluxcd/flagger v1.44 pkg/metrics/observers/http.go'],
  codes: ['DAEMONSET_BUILTIN_MEASURES_PRIMARY'],
  echoOf: ['builtin-on-kubernetes', 'builtin-on-gatewayapi'],
  each: 'canary',
  check(canary, report) {
    if (canary.targetRef.kind !== 'DaemonSet' || canary.skipAnalysis) return;
    const metric = canary.builtinMetrics[0];
    if (!metric || !(canary.isKubernetes || canary.isGatewayApi)) return;
    const { name } = canary.targetRef;
    report(canary, {
      pointer: `${metric.pointer}/name`,
      message: `the metric "${metric.name}" of Canary "${canary.name}" selects pods ${name}-<id>-<id>: those of DaemonSet "${name}" are ${name}-<id>, and those of its primary ${name}-primary-<id>, so it measures the primary`,
      fix: `replace "${metric.name}" by a metric of another name with a templateRef to a MetricTemplate that selects the pods by =~"{{ target }}-[0-9a-zA-Z]+"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a success rate for a DaemonSet',
        manifests: [canary('agent', { spec, analysis: { metrics: [successRate] } })],
        expect: [
          {
            object: 'Canary shop/agent',
            pointer: '/spec/analysis/metrics/0/name',
            message:
              'the metric "request-success-rate" of Canary "agent" selects pods agent-<id>-<id>: those of DaemonSet "agent" are agent-<id>, and those of its primary agent-primary-<id>, so it measures the primary',
          },
        ],
      },
    ],
    good: [
      {
        name: 'with Istio the workload is selected',
        manifests: [canary('agent', { spec: { ...spec, provider: 'istio' } })],
      },
      { name: 'a Deployment', manifests: [canary('agent', { spec: { provider: 'kubernetes' } })] },
    ],
  }),
});
