import { listAt, textAt, textMapAt } from '../../kube';
import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

const h2c = { 'projectcontour.io/upstream-protocol.h2c': '80' };
const grpc = (spec: object = {}) =>
  service('web', { ports: [{ name: 'api', port: 80, targetPort: 8080, appProtocol: 'grpc' }], ...spec });

/** What a proxy reads of the Service to which it sends, by provider. */
const annotations: Readonly<Record<string, RegExp>> = {
  contour: /^projectcontour\.io\/(?:upstream-protocol\.|max-|circuit-breaker)/,
  traefik: /^traefik\.ingress\.kubernetes\.io\/service\./,
  kuma: /^\d+\.service\.kuma\.io\//,
};

export default rule({
  id: 'svc-settings-lost',
  severity: 'warning',
  effect: 'fails',
  since: '0.3.0',
  why: 'Flagger routes to the Services -primary and -canary that it makes. They have what spec.service says and nothing of the Service that stands in Git: an annotation by which Contour, Traefik or Kuma tells that the pods speak h2c or gRPC, and the appProtocol of a port, are not there. The proxy then speaks plain HTTP/1.1 to pods that do not, and every call fails as soon as the Canary is initialized.',
  cause: 'the Services that Flagger makes have only what spec.service says',
  source: [
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)',
    'projectcontour.io/docs/main/config/annotations (upstream-protocol)',
    'doc.traefik.io/traefik/routing/providers/kubernetes-ingress (on Service)',
    'istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection',
  ],
  codes: [],
  echoOf: ['portname-default-http-for-grpc'],
  each: 'canary',
  check(canary, report) {
    const written = canary.writtenService;
    if (!written || canary.targetRef.kind === 'Service') return;
    const read = annotations[canary.provider.value];
    for (const [name, value] of Object.entries(written.annotations)) {
      if (!read?.test(name)) continue;
      const without = (['primary', 'canary'] as const).filter(
        (role) => textMapAt(canary.service, role, 'annotations')[name] === undefined,
      );
      if (without.length === 0) continue;
      report(canary, {
        pointer: '/spec/service',
        message: `Service "${written.name}" has the annotation ${name}: "${value}", and ${without.map((role) => `"${canary[`${role}Name`]}"`).join(' and ')} of Canary "${canary.name}" ${without.length > 1 ? 'have' : 'has'} it not`,
        edits: without.map((role) => ({
          pointer: `/spec/service/${role}/annotations/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
          value,
        })),
        fix: `write ${name}: "${value}" under ${without.map((role) => `service.${role}.annotations`).join(' and ')} of Canary "${canary.name}"`,
      });
    }
    if (canary.service.appProtocol !== undefined) return;
    for (const [index, port] of listAt(written.object, 'spec', 'ports').entries()) {
      const appProtocol = textAt(port, 'appProtocol');
      // Named after a protocol, the port says the same by its name; http is what Flagger's name says.
      if (appProtocol === undefined || appProtocol === 'http') continue;
      if ((port as { readonly port?: unknown }).port !== canary.port) continue;
      const portName = textAt(canary.service, 'portName') ?? '';
      if (portName !== '' && appProtocol.toLowerCase().includes(portName.split('-')[0] ?? '')) continue;
      report(canary, {
        pointer: '/spec/service',
        message: `port ${canary.port} of Service "${written.name}" has appProtocol: ${appProtocol} (/spec/ports/${index}), and Canary "${canary.name}" writes its Services without: the port is then called "${portName || 'http'}" and no more`,
        // No edit: of a port that is gRPC the metrics have to be others, too.
        fix: `set service.appProtocol: ${appProtocol} in Canary "${canary.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'Contour is told of h2c by the Service in Git',
        manifests: [
          deployment('web'),
          service('web', {}, { annotations: h2c }),
          canary('web', { spec: { provider: 'contour' } }),
        ],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/service',
            message:
              'Service "web" has the annotation projectcontour.io/upstream-protocol.h2c: "80", and "web-primary" and "web-canary" of Canary "web" have it not',
          },
        ],
      },
      {
        name: 'the port in Git says that it is gRPC',
        manifests: [
          deployment('web'),
          grpc(),
          // Flagger's own success rate would not see gRPC's status: another rule's matter.
          canary('web', {
            service: { portName: 'api' },
            analysis: { metrics: [{ name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/web',
            message:
              'port 80 of Service "web" has appProtocol: grpc (/spec/ports/0), and Canary "web" writes its Services without: the port is then called "api" and no more',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the Canary says it too',
        manifests: [
          deployment('web'),
          service('web', {}, { annotations: h2c }),
          canary('web', {
            spec: { provider: 'contour' },
            service: { primary: { annotations: h2c }, canary: { annotations: h2c } },
          }),
        ],
      },
      {
        name: 'the protocol of the port stands in the Canary',
        manifests: [deployment('web'), grpc(), canary('web', { service: { appProtocol: 'grpc' } })],
      },
      {
        name: 'the name of the port says it',
        manifests: [deployment('web'), grpc(), canary('web', { service: { portName: 'grpc' } })],
      },
      {
        name: 'another provider reads no annotations of Contour',
        manifests: [deployment('web'), service('web', {}, { annotations: h2c }), canary('web')],
      },
    ],
  }),
});
