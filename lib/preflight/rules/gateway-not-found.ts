import { nearest } from '../../findings';
import { textsAt } from '../../kube';
import { qualifyGateway } from '../../world';
import { canary, deployment, istioGateway } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gateway-not-found',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: "A VirtualService that names a Gateway which does not exist gets nothing from outside. A name without a namespace means the Canary's own.",
  cause: 'the VirtualService is bound to a Gateway that is not there',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go',
    'istio/istio 1.31 pilot/pkg/model/config.go (resolveGatewayName)',
  ],
  codes: ['GATEWAY_NOT_FOUND'],
  check(world, report) {
    for (const canary of world.canaries()) {
      if (!canary.isIstio) continue;
      for (const [index, written] of textsAt(canary.service, 'gateways').entries()) {
        if (written === 'mesh') continue;
        const [namespace = '', name = ''] = qualifyGateway(written, canary.namespace).split('/');
        if (world.gateway(`${namespace}/${name}`) || world.mayExist('Gateway', namespace, name)) continue;
        const known = world.ofKind('Gateway', 'networking.istio.io').map((entry) => `${entry.namespace}/${entry.name}`);
        const near =
          known.find((candidate) => candidate.endsWith(`/${name}`)) ?? nearest(`${namespace}/${name}`, known);
        report(canary, {
          pointer: `/spec/service/gateways/${index}`,
          severity: known.length === 0 ? 'warning' : 'error',
          message: `Canary "${canary.name}" names the Gateway ${namespace}/${name}, which does not exist`,
          ...(near ? { nearest: near } : {}),
          fix: near ? `write "${near}"` : 'make the Gateway, or name one that exists as namespace/name',
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'in another namespace',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['istio-system/public', 'mesh'] } }),
          istioGateway('public', ['*']),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gateways/0',
            message: 'Canary "frontend" names the Gateway istio-system/public, which does not exist',
          },
        ],
      },
    ],
    good: [
      {
        name: 'by its old name',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['public.shop.svc.cluster.local', 'mesh'] } }),
          istioGateway('public', ['*']),
        ],
      },
      {
        name: 'it exists',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'] } }),
          istioGateway('public', ['*']),
        ],
      },
    ],
  },
});
