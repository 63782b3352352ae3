import { canary, deployment, namespace } from '../case-manifests';
import { requestMetric } from '../istio-metrics';
import { otherInjection } from '../mesh-injection';
import { rule } from '../rule';

export default rule({
  id: 'sidecar-not-injected',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The built-in queries ask for requests as the receiving sidecar counts them (reporter="destination"). Pods without a sidecar serve their callers well, but nobody counts: the query has no values at any weight, and Flagger says that the workload "is not receiving traffic".',
  cause: 'the series with reporter="destination" come from the sidecar of the receiving pod',
  source: ['fluxcd/flagger v1.44 pkg/metrics/observers/istio.go', 'istio/istio 1.31 pkg/kube/inject/inject.go'],
  codes: ['SIDECAR_NOT_INJECTED'],
  restsOn: ['provider'],
  each: 'canary',
  check(canary, report, world) {
    const other = otherInjection(world, canary);
    const counted = canary.builtinMetrics[0];
    if (other && counted && other.sidecar === 'no' && !canary.skipAnalysis)
      report(other.entry ?? canary, {
        about: canary,
        message: `the pods of ${canary.targetRef.kind} "${canary.targetRef.name}" get no proxy (${other.reason}), so the metric "${counted.name}" of Canary "${canary.name}" will have no values`,
        cause: 'the built-in metrics of this mesh are counted by the proxies of the pods',
        fix: other.fix,
      });
    const metric = requestMetric(canary);
    const injection = canary.target?.injection;
    if (!metric || !injection || injection.sidecar !== 'no' || injection.ambient) return;
    report(injection.entry ?? canary, {
      about: canary,
      message: `the pods of ${canary.targetRef.kind} "${canary.targetRef.name}" get no sidecar (${injection.reason}), so the metric "${metric.name}" of Canary "${canary.name}" will have no values`,
      fix:
        injection.entry?.kind === 'Namespace' || !injection.entry
          ? `add the label istio-injection: enabled to Namespace "${canary.namespace}" and restart its pods`
          : `let the pods of "${canary.targetRef.name}" have a sidecar: remove sidecar.istio.io/inject: "false" or hostNetwork from the pod template`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'Kuma reads the label, and this is an annotation',
        manifests: [
          {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name: 'shop', annotations: { 'kuma.io/sidecar-injection': 'enabled' } },
          },
          deployment('frontend'),
          canary('frontend', { spec: { provider: 'kuma' } }),
        ],
        expect: [
          {
            object: 'Namespace shop',
            message:
              'the pods of Deployment "frontend" get no proxy (Namespace "shop" has kuma.io/sidecar-injection as an annotation, and Kuma reads the label of that name), so the metric "request-success-rate" of Canary "frontend" will have no values',
          },
        ],
      },
      {
        name: 'Linkerd reads the annotation, and there is none',
        manifests: [
          namespace('shop', {}),
          deployment('frontend'),
          canary('frontend', { spec: { provider: 'linkerd' } }),
        ],
        expect: [{ object: 'Namespace shop', severity: 'error' }],
      },
      {
        name: 'the namespace has no label',
        manifests: [namespace('shop', {}), deployment('frontend'), canary('frontend')],
        expect: [
          {
            object: 'Namespace shop',
            message:
              'the pods of Deployment "frontend" get no sidecar (Namespace "shop" has no label istio-injection=enabled), so the metric "request-success-rate" of Canary "frontend" will have no values',
          },
        ],
      },
      {
        name: 'the pods say no themselves',
        manifests: [
          namespace(),
          deployment('frontend', { podLabels: { 'sidecar.istio.io/inject': 'false' } }),
          canary('frontend'),
        ],
        expect: [{ object: 'Deployment shop/frontend' }],
      },
    ],
    good: [
      { name: 'the namespace is injected', manifests: [namespace(), deployment('frontend'), canary('frontend')] },
      {
        name: 'the proxy was put in by hand',
        manifests: [
          namespace('shop', {}),
          deployment('frontend', { pod: { initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }] } }),
          canary('frontend'),
        ],
      },
      {
        name: 'nothing is known of the namespace',
        manifests: [deployment('frontend'), canary('frontend')],
      },
      {
        name: 'nothing is measured',
        manifests: [namespace('shop', {}), deployment('frontend'), canary('frontend', { analysis: { metrics: [] } })],
      },
    ],
  }),
});
