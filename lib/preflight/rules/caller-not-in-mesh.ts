import { caller, canary, deployment, loadTest, namespace, service } from '../case-manifests';
import { rule } from '../rule';

const outside = { metadata: { namespace: 'jobs' } };

export default rule({
  id: 'caller-not-in-mesh',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The weights of a VirtualService are obeyed by the sidecar of the caller. A caller without a sidecar calls the Service itself, so the primary alone. If every caller is such, the canary gets no traffic, its metrics have no values, and the rollout is rolled back.',
  cause: 'the sidecar of the caller obeys the weights, and these callers have none',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go', 'fluxcd/flagger issue 1825'],
  codes: ['CALLER_NOT_IN_MESH'],
  echoOf: ['sidecar-not-injected'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isIstio || canary.skipAnalysis || canary.inboundToCanary.length > 0) return;
    const edges = canary.inbound.filter(({ workload }) => !workload || workload.entry !== canary.target?.entry);
    // A gateway is a proxy of the mesh; of a load tester, nobody says in which namespace it really runs.
    if (edges.length === 0 || edges.some(({ workload }) => workload?.injection.sidecar !== 'no')) return;
    const first = edges[0];
    const metric = canary.builtinMetrics[0];
    if (!first?.workload || !metric) return;
    const names = [...new Set(edges.map(({ workload }) => `${workload?.kind} "${workload?.name}"`))];
    report(first, {
      pointer: first.pointer,
      about: canary,
      // One label cures both only where callers and target share a namespace.
      ...(edges.every(({ workload }) => workload?.namespace === canary.namespace) ? {} : { echoOf: [] }),
      severity: canary.provider.certainty === 'assumed' ? 'warning' : 'error',
      message: `all callers of "${canary.apexName}" are outside the mesh: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''} (${first.workload.injection.reason}); the canary of "${canary.name}" gets none of their calls`,
      fix: `write the label istio-injection: enabled on Namespace "${first.workload.namespace}" and restart the callers, or add a webhook of type rollout to Canary "${canary.name}" that sends load to http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the only caller is in a namespace without sidecars',
        manifests: [
          namespace(),
          namespace('jobs', {}),
          deployment('cart'),
          service('cart'),
          caller('report', 'cart.shop:80', outside),
          canary('cart', { spec: { provider: 'istio' } }),
        ],
        expect: [
          {
            object: 'Deployment jobs/report',
            pointer: '/spec/template/spec/containers/0/env/0/value',
            severity: 'error',
            message:
              'all callers of "cart" are outside the mesh: Deployment "report" (Namespace "jobs" has no label istio-injection=enabled); the canary of "cart" gets none of their calls',
          },
        ],
      },
    ],
    good: [
      {
        name: 'one caller has a sidecar',
        manifests: [
          namespace(),
          namespace('jobs', {}),
          deployment('cart'),
          service('cart'),
          caller('report', 'cart.shop:80', outside),
          caller('frontend', 'cart:80'),
          canary('cart', { spec: { provider: 'istio' } }),
        ],
      },
      {
        name: 'a load test goes to the canary',
        manifests: [
          namespace(),
          namespace('jobs', {}),
          deployment('cart'),
          service('cart'),
          caller('report', 'cart.shop:80', outside),
          canary('cart', { spec: { provider: 'istio' }, analysis: { webhooks: [loadTest('cart-canary.shop')] } }),
        ],
      },
    ],
  }),
});
