import { fieldsAt, textAt } from '../../kube';
import { canary, deployment, hpa, namespace } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

export default rule({
  id: 'hpa-ref-missing',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "Flagger makes the primary's autoscaler from the one that autoscalerRef names. When that does not exist, the Canary stays Initializing.",
  cause: 'the autoscaler is copied at every check',
  source: ['fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go'],
  codes: ['HPA_REF_MISSING'],
  echoOf: ['scaler-kind-unknown'],
  restsOn: ['namespace'],
  comesLast: true,
  each: 'canary',
  check(canary, report, world) {
    const ref = fieldsAt(canary.spec, 'autoscalerRef');
    const [kind, name] = [textAt(ref, 'kind') ?? '', textAt(ref, 'name')];
    if (name === undefined || canary.autoscaler || world.mayExist(kind, canary.namespace, name)) return;
    if (!canary.target) return;
    report(canary, {
      pointer: '/spec/autoscalerRef/name',
      message: `Canary "${canary.name}" refers to ${kind} "${name}", which does not exist in namespace "${canary.namespace}"`,
      fix: `name an autoscaler of namespace "${canary.namespace}", remove autoscalerRef, or ${stateThatItExists(kind, canary.namespace, name)}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no such autoscaler',
        manifests: [
          deployment('frontend'),
          namespace('shop'),
          canary('frontend', {
            spec: {
              autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'frontend' },
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef/name',
            message:
              'Canary "frontend" refers to HorizontalPodAutoscaler "frontend", which does not exist in namespace "shop"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it exists',
        manifests: [
          deployment('frontend'),
          namespace('shop'),
          hpa('frontend', 'frontend'),
          canary('frontend', {
            spec: {
              autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'frontend' },
            },
          }),
        ],
      },
    ],
  }),
});
