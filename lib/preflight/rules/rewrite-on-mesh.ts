import { isFields } from '../../kube';
import { caller, canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'rewrite-on-mesh',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'rewrite and match count for every gateway of the VirtualService. With the mesh among them, callers inside are rewritten too, or get 404 for other paths.',
  cause: 'the rules of service.match and rewrite count inside the mesh too',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go', 'fluxcd/flagger issues 140, 1206'],
  codes: ['REWRITE_ON_MESH'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isIstio || !canary.gateways.includes('mesh') || canary.gateways.length < 2) return;
    if (!isFields(canary.service.rewrite)) return;
    if (!canary.inbound.some(({ via }) => via === 'workload')) return;
    report(canary, {
      pointer: '/spec/service/rewrite',
      message: `the rewrite of Canary "${canary.name}" also changes the requests of its ${canary.inbound.filter(({ via }) => via === 'workload').length} callers inside the mesh`,
      fix: 'use delegation: true, with the rewrite in the VirtualService of the gateway',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'callers inside',
        manifests: [
          deployment('frontend'),
          caller('web', 'frontend:80'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'], rewrite: { uri: '/' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/rewrite',
            message: 'the rewrite of Canary "frontend" also changes the requests of its 1 callers inside the mesh',
          },
        ],
      },
    ],
    good: [
      {
        name: 'no rewrite',
        manifests: [
          deployment('frontend'),
          caller('web', 'frontend:80'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'] } }),
        ],
      },
    ],
  }),
});
