import { listAt, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

/** Conditions that a load balancer's controller sets for the pods that it sends to. */
const loadBalancers: readonly { readonly prefix: string; readonly who: string }[] = [
  { prefix: 'target-health.alb.ingress.k8s.aws/', who: 'the AWS Load Balancer Controller' },
  { prefix: 'target-health.elbv2.k8s.aws/', who: 'the AWS Load Balancer Controller' },
];

const gated = (conditionType: string) => deployment('web', { pod: { readinessGates: [{ conditionType }] } });

export default rule({
  id: 'readiness-gate-unmet',
  severity: 'error',
  effect: 'stuck',
  since: '0.3.0',
  why: 'A readiness gate in the pod template holds for the pods of the canary too. The condition of a load balancer is set only for pods that its target group holds: those behind the Service that the Ingress names, which leads to the primary. The pods of the canary never get it, are never ready, and each rollout ends at its deadline.',
  cause: 'the condition is set for pods behind the load balancer, and the pods of the canary are not behind it',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_ready.go (IsCanaryReady), pkg/router/kubernetes_default.go',
    'kubernetes-sigs/aws-load-balancer-controller v2.13 docs/deploy/pod_readiness_gate.md',
    'fluxcd/flagger issue 711',
  ],
  codes: [],
  each: 'canary',
  check(canary, report) {
    const { target, canaryName } = canary;
    if (!target) return;
    for (const [index, gate] of listAt(target.object, 'spec', 'template', 'spec', 'readinessGates').entries()) {
      const type = textAt(gate, 'conditionType') ?? '';
      const made = loadBalancers.find(({ prefix }) => type.startsWith(prefix));
      if (!made || type.includes(canaryName)) continue;
      report(target, {
        about: canary,
        pointer: `/spec/template/spec/readinessGates/${index}`,
        message: `the pods of "${target.name}" wait for the condition ${type}, which ${made.who} sets only for pods behind the load balancer: those of the canary of "${canary.name}" are never ready`,
        fix: `remove the readiness gate from ${target.kind} "${target.name}", and let the controller add it to the pods that it sends to (namespace label elbv2.k8s.aws/pod-readiness-gate-inject: enabled)`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a gate of a target group',
        manifests: [gated('target-health.alb.ingress.k8s.aws/web_web_http'), canary('web')],
        expect: [
          {
            object: 'Deployment shop/web',
            pointer: '/spec/template/spec/readinessGates/0',
            message:
              'the pods of "web" wait for the condition target-health.alb.ingress.k8s.aws/web_web_http, which the AWS Load Balancer Controller sets only for pods behind the load balancer: those of the canary of "web" are never ready',
          },
        ],
        mended: [deployment('web'), canary('web')],
      },
    ],
    good: [
      { name: 'no gate', manifests: [deployment('web'), canary('web')] },
      { name: 'a condition that the application sets', manifests: [gated('example.com/warm'), canary('web')] },
    ],
  }),
});
