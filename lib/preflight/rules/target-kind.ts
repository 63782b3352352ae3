import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const kinds = ['DaemonSet', 'Deployment', 'Service'];

export default rule({
  id: 'target-kind',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'The CustomResourceDefinition of Canary allows three kinds in targetRef: Deployment, DaemonSet and Service. The API server refuses every other kind with "spec.targetRef.kind: Unsupported value". A StatefulSet cannot be canaried by Flagger.',
  cause: 'the schema of Canary lists DaemonSet, Deployment and Service, and the API server refuses other kinds',
  source: ['fluxcd/flagger v1.44 artifacts/flagger/crd.yaml', 'fluxcd/flagger v1.44 pkg/canary/factory.go'],
  codes: ['TARGET_KIND'],
  each: 'canary',
  check(canary, report) {
    const { kind, name } = canary.targetRef;
    // With the provider knative the target is a Service of Knative: the kind is Service too.
    if (kinds.includes(kind)) return;
    report(canary, {
      pointer: '/spec/targetRef/kind',
      message: `the target of Canary "${canary.name}" is ${kind} "${name}": Flagger controls a Deployment, a DaemonSet or a Service`,
      fix: `run "${name}" as a Deployment and write kind: Deployment in spec.targetRef, or remove Canary "${canary.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a StatefulSet',
        manifests: [
          canary('redis', { spec: { targetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'redis' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/redis',
            pointer: '/spec/targetRef/kind',
            message:
              'the target of Canary "redis" is StatefulSet "redis": Flagger controls a Deployment, a DaemonSet or a Service',
          },
        ],
      },
    ],
    good: [
      { name: 'a Deployment', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'a DaemonSet',
        manifests: [
          canary('agent', { spec: { targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent' } } }),
        ],
      },
    ],
  }),
});
