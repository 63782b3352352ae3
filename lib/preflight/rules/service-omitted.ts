import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'service-omitted',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'The schema of Canary accepts one without spec.service. Flagger then makes its Services with port 0, and the API server refuses them: "service X-canary create error: … port: Invalid value: 0". The Canary is never initialized.',
  cause: 'Flagger makes the Services from spec.service.port, and the API server refuses port 0',
  source: ['fluxcd/flagger v1.44 artifacts/flagger/crd.yaml', 'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go'],
  codes: ['SERVICE_OMITTED'],
  echoOf: ['field-wrong-type'],
  each: 'canary',
  check(canary, report) {
    // Neither a Knative Service nor a Service as target gets Services of Flagger's own ports.
    if (canary.provider.value === 'knative' || canary.targetRef.kind === 'Service') return;
    if (canary.port !== undefined && canary.port > 0) return;
    const container = canary.target?.containerPorts[0];
    report(canary, {
      pointer: canary.spec.service === undefined ? '/spec' : '/spec/service',
      message: `Canary "${canary.name}" has no ${canary.service.port === undefined ? '' : 'valid '}spec.service.port: Flagger makes Service "${canary.canaryName}" with port 0, which the API server refuses`,
      fix: `add service: {port: <the port that callers of "${canary.apexName}" use>${container ? `, targetPort: ${container.containerPort}` : ''}} to the spec of Canary "${canary.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no service at all',
        manifests: [deployment('cart'), canary('cart', { spec: { service: undefined } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec',
            message:
              'Canary "cart" has no spec.service.port: Flagger makes Service "cart-canary" with port 0, which the API server refuses',
          },
        ],
      },
    ],
    good: [
      { name: 'a port', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'a Service of Knative',
        manifests: [
          canary('cart', {
            spec: {
              provider: 'knative',
              service: undefined,
              targetRef: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'cart' },
            },
          }),
        ],
      },
    ],
  }),
});
