import { textAt } from '../../kube';
import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'svc-lb-type',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger makes Services of type ClusterIP. One that exists keeps its type, but gets the ports of the Canary and the pods of the primary. So what comes in through its load balancer or node port goes to the primary alone: no weight, match or mirror applies, and the canary gets none of it.',
  cause: 'traffic of a load balancer or node port passes no route of Flagger',
  source: ['fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)', 'fluxcd/flagger issue 513'],
  codes: ['SVC_LB_TYPE'],
  each: 'canary',
  check(canary, report) {
    if (canary.targetRef.kind === 'Service') return;
    const written = canary.writtenService;
    const type = textAt(written?.object, 'spec', 'type') || 'ClusterIP';
    if (!written || type === 'ClusterIP') return;
    report(written, {
      pointer: '/spec/type',
      about: canary,
      message:
        type === 'ExternalName'
          ? `Service "${written.name}", which Flagger takes over for Canary "${canary.name}", is of type ExternalName: its name goes on meaning an address outside, and no pod gets its traffic`
          : `Service "${written.name}", which Flagger takes over for Canary "${canary.name}", is of type ${type}: what comes in that way goes to the primary only, past the weights`,
      fix:
        type === 'ExternalName'
          ? `remove Service "${written.name}", or give it another name`
          : `remove type: ${type} from Service "${written.name}" and let the traffic in through a gateway (spec.service.gateways or gatewayRefs of Canary "${canary.name}")`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a LoadBalancer',
        manifests: [deployment('frontend'), canary('frontend'), service('frontend', { type: 'LoadBalancer' })],
        expect: [
          {
            object: 'Service shop/frontend',
            pointer: '/spec/type',
            message:
              'Service "frontend", which Flagger takes over for Canary "frontend", is of type LoadBalancer: what comes in that way goes to the primary only, past the weights',
          },
        ],
      },
      {
        name: 'a name outside',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          service('frontend', { type: 'ExternalName', externalName: 'old.example', selector: undefined }),
        ],
        expect: [{ object: 'Service shop/frontend' }],
      },
    ],
    good: [
      {
        name: 'ClusterIP',
        manifests: [deployment('frontend'), canary('frontend'), service('frontend', { type: 'ClusterIP' })],
      },
      {
        name: 'a load balancer of another name',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          service('frontend-external', { type: 'LoadBalancer', selector: { app: 'frontend-primary' } }),
        ],
      },
    ],
  }),
});
