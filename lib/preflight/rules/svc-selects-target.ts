import { textAt } from '../../kube';
import { type CanaryView, describeEntry, type Edge, type ServiceView, type World } from '../../world';
import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'svc-selects-target',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'Between two rollouts Flagger keeps the target at zero pods: only the pods of the primary run, and their selector label has the suffix -primary. A Service that selects the target by that label has no endpoints then; during a rollout it sends everything to the canary. Where its selector matches both, its traffic is split by the number of pods and not by the weight.',
  cause: 'between two rollouts the target has no pods: Flagger runs the primary, whose label has the suffix -primary',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (ScaleToZero)',
    'fluxcd/flagger v1.44 pkg/canary/util.go (makePrimaryLabels)',
  ],
  codes: ['SVC_SELECTS_TARGET'],
  echoOf: ['knative-mismatch'],
  each: 'canary',
  check(canary, report, world) {
    const { target, selectorLabel } = canary;
    if (!target || !selectorLabel) return;
    for (const service of world.writtenServicesOf(target)) {
      const { primary } = canary;
      const label = `${selectorLabel.key}: ${selectorLabel.value}`;
      if (primary && service.workloads.includes(primary))
        report(service, {
          pointer: '/spec/selector',
          about: canary,
          severity: 'warning',
          message: `Service "${service.name}" selects the pods of the primary and of the canary of "${canary.name}": its traffic is split by the number of pods, not by the weight`,
          cause: 'a Service knows no weights: each ready pod gets the same share',
          fix: `select ${selectorLabel.key}: ${selectorLabel.value}-primary in Service "${service.name}", or send its traffic to Service "${canary.apexName}"`,
        });
      else
        report(service, {
          pointer: '/spec/selector',
          about: canary,
          message: `Service "${service.name}" selects ${label}, the pods of ${describeEntry(target)}: it has no endpoints whenever no rollout of Canary "${canary.name}" runs, and the canary gets all of its traffic while one does`,
          fix: isMeant(world, service, canary)
            ? `write spec.service.name: ${service.name}${portOf(service, canary)} in Canary "${canary.name}", and remove Service "${service.name}" from the manifests: Flagger makes it, and its callers then take the routes of the canary`
            : severalCanaries(world, service)
              ? `let one Canary have the name (spec.service.name: ${service.name}, its target alone behind the Service), or let the callers use the Service of each Canary, such as "${canary.apexName}"`
              : `write ${selectorLabel.key}: ${selectorLabel.value}-primary in the selector of Service "${service.name}", or send its traffic through the gateway to Service "${canary.apexName}"`,
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a LoadBalancer beside the Service of the canaried workload',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          service('frontend-external', { type: 'LoadBalancer', selector: { app: 'frontend' } }),
        ],
        expect: [
          {
            object: 'Service shop/frontend-external',
            pointer: '/spec/selector',
            message:
              'Service "frontend-external" selects app: frontend, the pods of Deployment shop/frontend: it has no endpoints whenever no rollout of Canary "frontend" runs, and the canary gets all of its traffic while one does',
          },
        ],
      },
      {
        name: 'the only Service of the pods, by another name than the target',
        manifests: [
          deployment('reviews-v1'),
          canary('reviews-v1'),
          service('reviews', { selector: { app: 'reviews-v1' } }),
        ],
        expect: [{ object: 'Service shop/reviews', pointer: '/spec/selector' }],
        mended: [deployment('reviews-v1'), canary('reviews-v1', { service: { name: 'reviews' } })],
      },
      {
        name: 'a label that primary and canary share',
        manifests: [
          deployment('frontend', { podLabels: { tier: 'web' } }),
          canary('frontend'),
          service('web', { selector: { tier: 'web' } }),
        ],
        expect: [{ object: 'Service shop/web', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'the Service that Flagger takes over may select the target in Git',
        manifests: [deployment('frontend'), canary('frontend'), service('frontend')],
      },
      {
        name: 'the external Service selects the primary',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          service('frontend-external', { type: 'LoadBalancer', selector: { app: 'frontend-primary' } }),
        ],
      },
    ],
  }),
});

/**
 * Whether the Service is the one whose traffic the Canary should share: nobody is known to call that of the Canary, and
 * this one is called, or the only one that is there. A Service that lets traffic in from outside is kept as it is.
 */
function isMeant(world: World, service: ServiceView, canary: CanaryView): boolean {
  // What comes in by the gateways of the Canary itself comes in by another name too.
  const byOthers = ({ via, workload, route }: Edge) =>
    via !== 'load-test' && workload?.entry !== canary.target?.entry && !route?.isMadeByFlagger;
  if (canary.inbound.some(byOthers)) return false;
  // What Flagger makes is a ClusterIP: who comes in by a port of the node or a load balancer would stay outside.
  if ((textAt(service.entry.object, 'spec', 'type') ?? 'ClusterIP') !== 'ClusterIP') return false;
  // One Canary alone can have the name.
  if (severalCanaries(world, service)) return false;
  if (world.edgesTo(service.namespace, service.name).some(byOthers)) return true;
  return !canary.writtenService && world.writtenServicesOf(canary.target!).length === 1;
}

/** Whether the Service leads to the targets of more than one Canary: its selector cannot name the primary of each. */
const severalCanaries = (world: World, { workloads }: ServiceView): boolean =>
  workloads.filter((one) => world.canaryOfTarget(one.entry)).length > 1;

/** Its callers use its port. */
function portOf({ ports }: ServiceView, canary: CanaryView): string {
  const [first, ...others] = ports;
  return first && others.length === 0 && first.port !== canary.port ? ` and spec.service.port: ${first.port}` : '';
}
