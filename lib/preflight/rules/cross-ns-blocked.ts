import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'cross-ns-blocked',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'With noCrossNamespaceRefs Flagger refuses Canaries that name a MetricTemplate or an AlertProvider of another namespace. It says so in its log only.',
  cause: 'references to other namespaces are blocked',
  source: ['fluxcd/flagger v1.44 pkg/controller/controller.go (verifyNoCrossNamespaceRefs)'],
  codes: ['CROSS_NS_BLOCKED'],
  each: 'canary',
  check(canary, report, world) {
    if (!world.flagger.noCrossNamespaceRefs) return;
    const refs = [
      ...canary.metrics.flatMap(({ templateRef, pointer }) =>
        templateRef ? [{ ...templateRef, kind: 'MetricTemplate', pointer }] : [],
      ),
      ...canary.alerts.map(({ providerRef, pointer }) => ({ ...providerRef, kind: 'AlertProvider', pointer })),
    ];
    for (const { kind, namespace, name, pointer } of refs) {
      if (namespace === canary.namespace) continue;
      report(canary, {
        pointer,
        message: `Canary "${canary.name}" uses ${kind} ${namespace}/${name}, and Flagger has noCrossNamespaceRefs`,
        fix: `make the ${kind} in namespace "${canary.namespace}", or set noCrossNamespaceRefs to false`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a template elsewhere',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              metrics: [
                {
                  name: 'errors',
                  interval: '1m',
                  templateRef: { name: 'errors', namespace: 'flagger-system' },
                  thresholdRange: { max: 1 },
                },
              ],
            },
          }),
          flaggerRelease({ noCrossNamespaceRefs: true }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0',
            message:
              'Canary "frontend" uses MetricTemplate flagger-system/errors, and Flagger has noCrossNamespaceRefs',
          },
        ],
      },
    ],
    good: [
      {
        name: 'allowed',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              metrics: [
                {
                  name: 'errors',
                  interval: '1m',
                  templateRef: { name: 'errors', namespace: 'flagger-system' },
                  thresholdRange: { max: 1 },
                },
              ],
            },
          }),
          flaggerRelease(),
        ],
      },
    ],
  }),
});
