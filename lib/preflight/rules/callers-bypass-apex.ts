import type { CanaryView, ServiceView, World } from '../../world';
import { caller, canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'callers-bypass-apex',
  severity: 'warning',
  effect: 'fails',
  since: '0.2.0',
  why: 'Flagger shares the traffic of one Service: that of spec.service.name, or of the name of the target. Callers that use another Service of the same pods pass by the weights: the canary gets none of their requests, its metrics have no values, and a new version is never tried by users.',
  cause: 'Flagger shares the traffic of the apex Service alone, and the callers use another one',
  source: ['fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go (GetServiceNames)', 'fluxcd/flagger issue 1180'],
  codes: [],
  echoOf: ['svc-selects-target'],
  each: 'canary',
  check(one, report, world) {
    if (one.skipAnalysis || one.isSuspended || isCalled(world, one, one.apexName)) return;
    const other = servicesBeside(world, one).find(({ name }) => isCalled(world, one, name));
    if (!other) return;
    const edge = world
      .edgesTo(other.namespace, other.name)
      .find(({ workload }) => workload?.entry !== one.target?.entry);
    const who = edge?.workload
      ? `${edge.workload.kind} "${edge.workload.name}"`
      : edge?.route
        ? `${edge.route.kind} "${edge.route.name}"`
        : 'who calls it';
    report(one, {
      pointer: one.service.name === undefined ? '/spec/service' : '/spec/service/name',
      message: `${who} uses Service "${other.name}", and Canary "${one.name}" shares the traffic of Service "${one.apexName}", which nobody is known to use: the canary gets none of these requests`,
      fix: `write spec.service.name: ${other.name} in Canary "${one.name}", and remove Service "${other.name}" from the manifests: Flagger makes it`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'callers use the Service of another name',
        manifests: [
          deployment('reviews-v1'),
          service('reviews', { selector: { app: 'reviews-v1' } }),
          caller('web', 'http://reviews:80'),
          canary('reviews-v1'),
        ],
        expect: [
          {
            object: 'Canary shop/reviews-v1',
            pointer: '/spec/service',
            message:
              'Deployment "web" uses Service "reviews", and Canary "reviews-v1" shares the traffic of Service "reviews-v1", which nobody is known to use: the canary gets none of these requests',
          },
        ],
      },
      {
        name: 'the Service selects the primary',
        manifests: [
          deployment('reviews-v1'),
          service('reviews', { selector: { app: 'reviews-v1-primary' } }),
          caller('web', 'http://reviews:80'),
          canary('reviews-v1'),
        ],
        expect: [{ object: 'Canary shop/reviews-v1' }],
      },
    ],
    good: [
      {
        name: 'the Canary takes that name',
        manifests: [
          deployment('reviews-v1'),
          caller('web', 'http://reviews:80'),
          canary('reviews-v1', { service: { name: 'reviews' } }),
        ],
      },
      {
        name: 'both are used',
        manifests: [
          deployment('reviews'),
          service('reviews-admin', { selector: { app: 'reviews-primary' } }),
          caller('web', 'http://reviews:80'),
          caller('admin', 'http://reviews-admin:80'),
          canary('reviews'),
        ],
      },
    ],
  }),
});

/** Whether a workload or a route uses the Service; load tests come with the Canary. */
function isCalled(world: World, { namespace, target }: CanaryView, name: string): boolean {
  return world
    .edgesTo(namespace, name)
    .some(({ via, workload }) => via !== 'load-test' && !(via === 'workload' && workload?.entry === target?.entry));
}

/** Written Services of the target's or the primary's pods, without those that Flagger makes. */
function servicesBeside(
  world: World,
  { target, primary, apexName, primaryName, canaryName }: CanaryView,
): ServiceView[] {
  const own = new Set([apexName, primaryName, canaryName]);
  return [target, primary]
    .flatMap((workload) => (workload ? world.writtenServicesOf(workload) : []))
    .filter(({ name }) => !own.has(name));
}
