import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-service-parent',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: "A Service as parent (GAMMA) needs the group of Services, the empty text or `core`, and a port. The definition's default group is that of Gateways: the route then names an object that does not exist.",
  cause: 'the default group of a parent is that of Gateways',
  source: [
    'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml (gatewayRefs)',
    'fluxcd/flagger v1.44 docs/gitbook/tutorials/linkerd-progressive-delivery.md',
  ],
  codes: ['GWAPI_SERVICE_PARENT'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isGatewayApi) return;
    for (const [index, ref] of canary.gatewayRefs.entries()) {
      if (textAt(ref, 'kind') !== 'Service') continue;
      const group = typeof ref.group === 'string' ? ref.group : undefined;
      const wrong = [
        ...(group === '' || group === 'core' ? [] : ['group']),
        ...(ref.port === undefined ? ['port'] : []),
      ];
      if (wrong.length === 0) continue;
      report(canary, {
        pointer: `/spec/service/gatewayRefs/${index}`,
        severity: wrong.includes('group') ? 'error' : 'warning',
        message: `gatewayRefs ${index} of Canary "${canary.name}" is a Service ${wrong.includes('group') ? `of the group "${group ?? 'gateway.networking.k8s.io'}"` : 'without a port'}`,
        fix: 'write group: "" and the port of the Service',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'no group',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ kind: 'Service', name: 'frontend', port: 80 }] },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gatewayRefs/0',
            message: 'gatewayRefs 0 of Canary "frontend" is a Service of the group "gateway.networking.k8s.io"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'group and port',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ group: '', kind: 'Service', name: 'frontend', port: 80 }] },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
      },
    ],
  }),
});
