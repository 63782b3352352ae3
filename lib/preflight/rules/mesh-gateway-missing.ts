import { textsAt } from '../../kube';
import { caller, canary, deployment, loadTest, namespace, service } from '../case-manifests';
import { rule } from '../rule';

const viaGateway = { service: { gateways: ['public'], hosts: ['shop.example'] } };

export default rule({
  id: 'mesh-gateway-missing',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The VirtualService that Flagger makes is bound to service.gateways. The word "mesh" in that list means the sidecars; without it the sidecars of callers do not know the weights, and every call inside the mesh goes to the Service, so to the primary. Where these callers are the traffic, the canary gets nothing and has no values.',
  cause: 'without "mesh" in service.gateways the sidecars of callers do not obey the weights',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go', 'fluxcd/flagger issues 140 and 141'],
  codes: ['MESH_GATEWAY_MISSING'],
  each: 'canary',
  check(canary, report) {
    const written = textsAt(canary.service, 'gateways');
    if (!canary.isIstio || canary.isDelegated || written.length === 0 || written.includes('mesh')) return;
    const callers = canary.inbound.flatMap(({ workload }) =>
      workload && workload.entry !== canary.target?.entry && workload.injection.sidecar !== 'no' ? [workload] : [],
    );
    // With a sidecar or without one, the load tester reaches the primary only.
    const tests = canary.loadTests.filter(({ webhook }) => webhook.type === 'rollout');
    const lost = tests.every(({ hits }) => hits === 'apex') ? tests : [];
    if (callers.length === 0 && lost.length === 0) return;
    const names = [
      ...new Set([
        ...callers.map(({ kind, name }) => `${kind} "${name}"`),
        ...lost.map(({ webhook }) => `the load test "${webhook.name}"`),
      ]),
    ];
    // Besides a load test there may be users at the gateway.
    const isCertain = callers.some(({ injection }) => injection.sidecar === 'yes');
    report(canary, {
      pointer: '/spec/service/gateways',
      severity: isCertain && canary.provider.certainty !== 'assumed' ? 'error' : 'warning',
      message: `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''} ${names.length === 1 ? 'calls' : 'call'} "${canary.apexName}" inside the mesh, and the gateways of Canary "${canary.name}" [${written.join(', ')}] lack "mesh": these calls all go to the primary`,
      fix: `write service.gateways: [${[...written, 'mesh'].join(', ')}] in Canary "${canary.name}"${lost.length === 0 ? '' : `, or send the load to http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/`}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a caller inside the mesh',
        manifests: [
          namespace(),
          deployment('frontend'),
          service('frontend'),
          caller('loadgenerator', 'frontend:80'),
          canary('frontend', viaGateway),
        ],
        facts: { meshProvider: 'istio' },
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gateways',
            severity: 'error',
            message:
              'Deployment "loadgenerator" calls "frontend" inside the mesh, and the gateways of Canary "frontend" [public] lack "mesh": these calls all go to the primary',
          },
        ],
      },
      {
        name: 'a load test that calls the Service of users',
        manifests: [
          deployment('frontend'),
          canary('frontend', { ...viaGateway, analysis: { webhooks: [loadTest('frontend.shop')] } }),
        ],
        facts: { meshProvider: 'istio' },
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gateways',
            severity: 'warning',
            message:
              'the load test "load-test" calls "frontend" inside the mesh, and the gateways of Canary "frontend" [public] lack "mesh": these calls all go to the primary',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a load test that calls the canary, or the gateway',
        manifests: ['cart', 'shop'].flatMap((name) => [
          deployment(name),
          canary(name, {
            ...viaGateway,
            analysis: { webhooks: [loadTest(name === 'cart' ? 'cart-canary.shop' : 'shop.example')] },
          }),
        ]),
        facts: { meshProvider: 'istio' },
      },
      {
        name: 'the gateway and the mesh',
        manifests: [
          namespace(),
          deployment('frontend'),
          service('frontend'),
          caller('loadgenerator', 'frontend:80'),
          canary('frontend', { service: { gateways: ['public', 'mesh'], hosts: ['shop.example'] } }),
        ],
        facts: { meshProvider: 'istio' },
      },
      {
        name: 'nobody calls it inside the mesh',
        manifests: [namespace(), deployment('frontend'), canary('frontend', viaGateway)],
        facts: { meshProvider: 'istio' },
      },
    ],
  }),
});
