import { fieldsAt, hostMatches, isFields, listAt, textsAt } from '../../kube';
import { canary, deployment, istioGateway } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gateway-host-not-served',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A Gateway takes requests only for the hosts of its servers. A host of the Canary that none of them covers is answered with 404.',
  cause: 'no server of the Gateway has the host',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go',
    'istio/api 1.31 networking/v1alpha3/gateway.proto (Server.hosts)',
  ],
  codes: ['GATEWAY_HOST_NOT_SERVED'],
  check(world, report) {
    for (const canary of world.canaries()) {
      if (!canary.isIstio || canary.hosts.length === 0) continue;
      const gateways = canary.gateways.filter((name) => name !== 'mesh').map((name) => world.gateway(name));
      if (gateways.length === 0 || gateways.some((gateway) => gateway === undefined)) continue;
      const served = gateways.flatMap((gateway) =>
        listAt(fieldsAt(gateway?.object, 'spec'), 'servers')
          .filter(isFields)
          .flatMap((server) => textsAt(server, 'hosts')),
      );
      for (const [index, host] of canary.hosts.entries()) {
        if (!host.includes('.') || host.endsWith('.svc.cluster.local')) continue;
        if (
          served.some((pattern) =>
            hostMatches(pattern.includes('/') ? pattern.slice(pattern.indexOf('/') + 1) : pattern, host),
          )
        )
          continue;
        report(canary, {
          pointer: `/spec/service/hosts/${index}`,
          message: `no Gateway of Canary "${canary.name}" serves the host "${host}": they serve ${served.map((pattern) => `"${pattern}"`).join(', ')}`,
          fix: 'add the host to a server of the Gateway, or correct it here',
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'another host',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'], hosts: ['shop.example.org'] } }),
          istioGateway('public', ['shop.example.com']),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/hosts/0',
            message:
              'no Gateway of Canary "frontend" serves the host "shop.example.org": they serve "shop.example.com"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a wildcard',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'], hosts: ['shop.example.com'] } }),
          istioGateway('public', ['*.example.com']),
        ],
      },
    ],
  },
});
