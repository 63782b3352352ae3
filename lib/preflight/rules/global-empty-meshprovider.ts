import { textAt } from '../../kube';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'global-empty-meshprovider',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: "An empty meshProvider in the chart's values leaves the flag out, and Flagger takes Istio. On a cluster without Istio every Canary stays Initializing.",
  cause: 'an empty value means Istio',
  source: ['fluxcd/flagger v1.44 charts/flagger/values.yaml, cmd/flagger/main.go'],
  codes: ['GLOBAL_EMPTY_MESHPROVIDER'],
  each: 'world',
  check(world, report) {
    const { entry, values, valuesPointer, hasUnknownValues } = world.flagger;
    if (entry?.kind === 'Deployment' || entry === undefined || hasUnknownValues) return;
    if (textAt(values, 'meshProvider')) return;
    if (world.canaries().every((canary) => textAt(canary.spec, 'provider'))) return;
    report(entry, {
      pointer: valuesPointer ?? '',
      message: 'the values of Flagger have no meshProvider: it takes Istio',
      fix: 'write meshProvider: istio if that is meant, else the provider of the cluster',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'empty',
        manifests: [deployment('frontend'), canary('frontend'), flaggerRelease({ meshProvider: '' })],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            message: 'the values of Flagger have no meshProvider: it takes Istio',
          },
        ],
      },
    ],
    good: [{ name: 'istio', manifests: [deployment('frontend'), canary('frontend'), flaggerRelease()] }],
  }),
});
