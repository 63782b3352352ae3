import { listAt, numberAt, textAt, textMapAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const says = { annotations: { '80.service.kuma.io/protocol': 'http' } };
const byKuma = (service: Readonly<Record<string, unknown>>, analysis: Readonly<Record<string, unknown>> = {}) =>
  canary('web', { spec: { provider: 'kuma' }, service, analysis });

export default rule({
  id: 'kuma-protocol-unsaid',
  severity: 'warning',
  effect: 'fails',
  since: '0.3.0',
  why: 'Kuma takes a port for TCP unless the Service says otherwise (appProtocol, or the annotation <port>.service.kuma.io/protocol), and for TCP its proxies count connections, not requests: the built-in metrics have no values. Flagger makes the Services, so the Canary has to say it, for the canary as well as for the primary.',
  cause: 'Kuma counts requests only where the Service says that the port is HTTP',
  source: [
    'kuma.io/docs/latest/policies/protocol-support-in-kuma',
    'fluxcd/flagger v1.44 docs/gitbook/tutorials/kuma-progressive-delivery.md',
    'fluxcd/flagger v1.44 pkg/metrics/observers/kuma.go',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    const metric = canary.builtinMetrics[0];
    if (canary.provider.value !== 'kuma' || !metric || canary.skipAnalysis) return;
    if (canary.service.appProtocol !== undefined) return;
    const annotation = `${canary.port ?? numberAt(canary.service, 'port') ?? 80}.service.kuma.io/protocol`;
    const unsaid = ['canary', 'primary'].filter(
      (role) => textMapAt(canary.service, role, 'annotations')[annotation] === undefined,
    );
    if (
      unsaid.length === 0 ||
      isSaidByRoutes(
        world.ofKind('MeshService').map(({ object }) => object),
        canary.canaryName,
      )
    )
      return;
    report(canary, {
      pointer: '/spec/service',
      message: `Canary "${canary.name}" does not say what its port is (${unsaid.map((role) => `service.${role}.annotations`).join(' and ')} without ${annotation}): Kuma takes it for TCP, and the metric "${metric.name}" has no values`,
      edits: [{ pointer: '/spec/service/appProtocol', value: 'http' }],
      fix: `set service.appProtocol: http, or write ${annotation}: "http" (or http2, grpc) under annotations of service.apex, service.primary and service.canary`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'nothing is said',
        manifests: [deployment('web'), byKuma({})],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/service',
            message:
              'Canary "web" does not say what its port is (service.canary.annotations and service.primary.annotations without 80.service.kuma.io/protocol): Kuma takes it for TCP, and the metric "request-success-rate" has no values',
          },
        ],
      },
      {
        name: 'only of the apex Service',
        manifests: [deployment('web'), byKuma({ apex: says })],
        expect: [{ object: 'Canary shop/web' }],
      },
    ],
    good: [
      { name: 'said of all', manifests: [deployment('web'), byKuma({ apex: says, primary: says, canary: says })] },
      { name: 'the protocol of the port', manifests: [deployment('web'), byKuma({ appProtocol: 'http' })] },
      { name: 'no built-in metric', manifests: [deployment('web'), byKuma({}, { metrics: [] })] },
      { name: 'another mesh', manifests: [deployment('web'), canary('web')] },
    ],
  }),
});

/** A MeshService of one's own may say it too. */
function isSaidByRoutes(services: readonly unknown[], name: string): boolean {
  return services.some(
    (service) =>
      textAt(service, 'metadata', 'name') === name &&
      listAt(service, 'spec', 'ports').some((port) => textAt(port, 'appProtocol') !== undefined),
  );
}
