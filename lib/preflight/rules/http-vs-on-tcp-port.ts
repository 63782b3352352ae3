import { hasRequestMetrics } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'http-vs-on-tcp-port',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger writes tcp routes only when service.appProtocol is tcp; else it writes http routes. Istio reads the protocol from appProtocol or from the port name (redis, mongo, mysql, tls …). On a port that Istio takes for TCP it ignores http routes: the weights have no effect.',
  cause: 'Istio ignores http routes on a port that it takes for TCP',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go', 'istio/istio 1.31 pkg/config/kube/conversion.go'],
  codes: ['HTTP_VS_ON_TCP_PORT'],
  echoOf: ['tcp-no-http-metrics'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isIstio || canary.isTcpToFlagger || hasRequestMetrics(canary.protocol)) return;
    const port = canary.ports[0];
    if (!port) return;
    const field = ['appProtocol', 'portName'].find((name) => canary.service[name] !== undefined);
    report(canary, {
      pointer: field === undefined ? '/spec/service/port' : `/spec/service/${field}`,
      message: `Istio takes port ${port.port} (${port.appProtocol === undefined ? `named "${port.name}"` : `appProtocol "${port.appProtocol}"`}) of Canary "${canary.name}" for ${canary.protocol}, but Flagger writes http routes for it: the weights have no effect`,
      fix: `write service.appProtocol: tcp in Canary "${canary.name}", or service.portName: http if it speaks HTTP`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a port named redis',
        manifests: [deployment('cache'), canary('cache', { service: { port: 6379, portName: 'redis' } })],
        expect: [
          {
            object: 'Canary shop/cache',
            pointer: '/spec/service/portName',
            message:
              'Istio takes port 6379 (named "redis") of Canary "cache" for tcp, but Flagger writes http routes for it: the weights have no effect',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Flagger knows that it is TCP',
        manifests: [deployment('cache'), canary('cache', { service: { port: 6379, appProtocol: 'tcp' } })],
      },
      { name: 'HTTP', manifests: [deployment('frontend'), canary('frontend')] },
    ],
  }),
});
