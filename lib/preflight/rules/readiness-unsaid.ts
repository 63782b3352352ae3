import { fieldsAt, isFields } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const probe = { readinessProbe: { httpGet: { path: '/healthz', port: 8080 } } };

export default rule({
  id: 'readiness-unsaid',
  severity: 'info',
  effect: 'outage',
  since: '0.3.0',
  why: 'Flagger moves traffic by what Kubernetes says of the pods: to the canary when its pods are ready, and at the promotion back to a primary whose new pods are ready. Without a readinessProbe a pod is ready as soon as its process runs, before it answers: the first requests of every rollout fail, at the canary (which costs failed checks) and at the promotion (which costs users).',
  cause: 'without a readinessProbe a pod counts as ready before it answers',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_ready.go (isDeploymentReady)',
    'kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle (container probes)',
    'fluxcd/flagger issues 773 and 1202',
  ],
  codes: [],
  comesLast: true,
  each: 'canary',
  check(canary, report, world) {
    // Who writes a catalog chose the probe from the list of its fields.
    if (world.facts.judgesSteps === true) return;
    const { target } = canary;
    if (!target || canary.targetRef.kind === 'Service') return;
    const served = target.containers.filter(
      ({ fields, init }) => !init && Array.isArray(fields.ports) && fields.ports.length > 0,
    );
    const [first] = served;
    if (!first || served.some(({ fields }) => isFields(fields.readinessProbe) || isFields(fields.startupProbe))) return;
    // Something else says it: a gate of the pod, or the seconds that Kubernetes waits.
    if (
      Array.isArray(target.podSpec.readinessGates) ||
      Number(fieldsAt(target.entry.object, 'spec').minReadySeconds) > 0
    )
      return;
    report(target, {
      about: canary,
      pointer: first.pointer,
      message: `container "${first.name}" of ${target.kind} "${target.name}" has no readinessProbe: Canary "${canary.name}" sends it traffic as soon as its process runs`,
      fix: `add a readinessProbe to container "${first.name}" that asks what shows that it can serve`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no probe',
        manifests: [deployment('cart'), canary('cart')],
        expect: [
          {
            object: 'Deployment shop/cart',
            pointer: '/spec/template/spec/containers/0',
            message:
              'container "server" of Deployment "cart" has no readinessProbe: Canary "cart" sends it traffic as soon as its process runs',
          },
        ],
      },
    ],
    good: [
      { name: 'a probe', manifests: [deployment('cart', { container: probe }), canary('cart')] },
      {
        name: 'a catalog',
        manifests: [deployment('cart'), canary('cart')],
        facts: { judgesSteps: true },
      },
      {
        name: 'a probe of the start',
        manifests: [deployment('cart', { container: { startupProbe: { tcpSocket: { port: 8080 } } } }), canary('cart')],
      },
    ],
  }),
});
