import { numberAt } from '../../kube';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

/** How long an autoscaler looks back before it takes pods away. @see kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale (stabilizationWindowSeconds of scaleDown) */
const LOOKS_BACK_SECONDS = 300;

const scaled = (name: string, analysis: object) =>
  canary(name, {
    spec: { autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name } },
    analysis: { stepWeight: 10, maxWeight: 100, ...analysis },
  });

export default rule({
  id: 'promotion-capacity',
  severity: 'warning',
  effect: 'outage',
  since: '0.3.0',
  why: "With a weight up to 100 the canary takes over all traffic while the primary has less and less to do, and the primary's autoscaler takes its pods away down to the minimum. At the promotion all traffic goes back in one step to those few pods, unless stepWeightPromotion lets it come back in steps.",
  cause: 'all traffic comes back at once to a primary that its autoscaler has made small',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (runPromotionTrafficShift)',
    'kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale',
  ],
  codes: [],
  echoOf: ['maxweight-default-100', 'maxweight-gt-100', 'field-wrong-type'],
  each: 'canary',
  check(canary, report) {
    const { analysis, autoscaler } = canary;
    const last = analysis.weightsPercent.at(-1) ?? 0;
    const isSwitch = analysis.strategy === 'blue/green' && !canary.isKubernetes;
    if (!autoscaler || canary.skipAnalysis || !(isSwitch || (last >= 100 && analysis.stepWeightPromotion === 0)))
      return;
    const [least, most] = ['min', 'max'].map(
      (end) =>
        numberAt(autoscaler.object, 'spec', `${end}Replicas`) ??
        numberAt(autoscaler.object, 'spec', `${end}ReplicaCount`),
    );
    if (most === undefined || (least ?? 1) >= most) return;
    if (isSwitch) {
      // Copies of all requests make it as large as it must be.
      if (analysis.mirror) return;
      report(canary, {
        pointer: `${canary.analysisPointer}/iterations`,
        severity: 'info',
        message: `Canary "${canary.name}" is Blue/Green: after its checks all traffic goes in one step to a canary that ${autoscaler.kind} "${autoscaler.name}" keeps at ${least ?? 1} of up to ${most} pods, because it had no users before`,
        cause: 'a canary without users stays at the minimum of its autoscaler until the switch',
        fix: `raise ${autoscaler.kind === 'ScaledObject' ? 'minReplicaCount' : 'minReplicas'} of ${autoscaler.kind} "${autoscaler.name}" to what all traffic needs, or use weights (stepWeight and maxWeight) in place of iterations`,
      });
      return;
    }
    if (analysis.weightsPercent.length * analysis.intervalSeconds < LOOKS_BACK_SECONDS) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/maxWeight`,
      message: `Canary "${canary.name}" goes to weight ${last}, and ${autoscaler.kind} "${autoscaler.name}" may by then have made the primary as small as ${least ?? 1} of ${most} pods: at the promotion all traffic comes back to these in one step`,
      edits: [{ pointer: `${canary.analysisPointer}/stepWeightPromotion`, value: 20 }],
      fix: 'set stepWeightPromotion (20, for instance), or a maxWeight of 50 or so',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'Blue/Green, and two pods at least',
        manifests: [
          deployment('cart'),
          hpa('cart', 'cart', { minReplicas: 2, maxReplicas: 10 }),
          scaled('cart', { stepWeight: undefined, maxWeight: undefined, iterations: 5 }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/iterations',
            severity: 'info',
            message:
              'Canary "cart" is Blue/Green: after its checks all traffic goes in one step to a canary that HorizontalPodAutoscaler "cart" keeps at 2 of up to 10 pods, because it had no users before',
          },
        ],
      },
      {
        name: 'weight 100, and two pods at least',
        manifests: [deployment('cart'), hpa('cart', 'cart', { minReplicas: 2, maxReplicas: 10 }), scaled('cart', {})],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/maxWeight',
            message:
              'Canary "cart" goes to weight 100, and HorizontalPodAutoscaler "cart" may by then have made the primary as small as 2 of 10 pods: at the promotion all traffic comes back to these in one step',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the traffic comes back in steps',
        manifests: [
          deployment('cart'),
          hpa('cart', 'cart', { minReplicas: 2, maxReplicas: 10 }),
          scaled('cart', { stepWeightPromotion: 20 }),
        ],
      },
      {
        name: 'half of the traffic at most',
        manifests: [deployment('cart'), hpa('cart', 'cart', { maxReplicas: 10 }), scaled('cart', { maxWeight: 50 })],
      },
    ],
  }),
});
