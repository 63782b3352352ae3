import { listAt, numberAt, textAt, textsAt } from '../../kube';
import { type CanaryView, type Entry, push, type Workload, type World } from '../../world';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

const scaled = (spec: object = {}) => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'frontend', namespace: 'shop' },
  spec: { scaleTargetRef: { name: 'frontend' }, maxReplicaCount: 5, triggers: [{ type: 'prometheus' }], ...spec },
});
const referring = (kind: string, more: object = {}) =>
  canary('frontend', { spec: { autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind, name: 'frontend', ...more } } });
const night = (command: string) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'night', namespace: 'shop' },
  spec: {
    schedule: '0 22 * * *',
    jobTemplate: {
      spec: { template: { spec: { containers: [{ name: 'kubectl', command: ['sh', '-c', command] }] } } },
    },
  },
});

export default rule({
  id: 'primary-scaled-to-zero',
  severity: 'warning',
  effect: 'outage',
  since: '0.1.0',
  why: 'Flagger means to stop a rollout while the primary has no pods, but its guard compares two addresses in memory and is never true: zero of zero pods are ready. The weight goes on to a primary without pods, so everybody who is not on the canary gets an error, and the promotion waits for nobody.',
  cause: 'to Flagger a primary of zero pods is ready',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_ready.go (IsPrimaryReady)',
    'fluxcd/flagger v1.44 pkg/canary/scaled_object_reconciler.go',
    'fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go',
  ],
  codes: ['PRIMARY_ZERO_UNDETECTED'],
  each: 'canary',
  shared: scalingJobs,
  check(canary, report, _world, jobs) {
    const scaler = canary.autoscaler;
    if (scaler && leastReplicas(canary, scaler) === 0)
      report(canary, {
        pointer: '/spec/autoscalerRef',
        message: `${scaler.kind} "${scaler.name}" lets the primary of Canary "${canary.name}" go down to 0 pods, and a rollout goes on without them`,
        fix: `write spec.autoscalerRef.primaryScalerReplicas.minReplicas: 1 or more${numberAt(scaler.object, 'spec', 'idleReplicaCount') === 0 ? `, and remove idleReplicaCount from ScaledObject "${scaler.name}"` : ''}`,
      });
    const primary = `${canary.targetRef.name}-primary`;
    for (const job of jobs.get(`${canary.targetRef.kind} ${canary.namespace}/${primary}`.toLowerCase()) ?? [])
      report(job, {
        about: canary,
        message: `CronJob "${job.name}" scales "${primary}" to 0, and a rollout of Canary "${canary.name}" goes on without it`,
        fix: `let CronJob "${job.name}" set spec.suspend: true in Canary "${canary.name}" first, and false when the pods are back`,
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'KEDA goes down to zero by default',
        manifests: [deployment('frontend'), scaled(), referring('ScaledObject')],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/autoscalerRef',
            message:
              'ScaledObject "frontend" lets the primary of Canary "frontend" go down to 0 pods, and a rollout goes on without them',
          },
        ],
      },
      {
        name: 'a job stops the primary at night',
        manifests: [
          deployment('frontend'),
          night('kubectl scale -n shop deploy/frontend-primary --replicas=0'),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'CronJob shop/night',
            message:
              'CronJob "night" scales "frontend-primary" to 0, and a rollout of Canary "frontend" goes on without it',
          },
        ],
      },
    ],
    good: [
      {
        name: 'by the processor alone KEDA never goes down to zero',
        manifests: [deployment('frontend'), scaled({ triggers: [{ type: 'cpu' }] }), referring('ScaledObject')],
      },
      {
        name: 'one pod at least',
        manifests: [deployment('frontend'), scaled({ minReplicaCount: 1 }), referring('ScaledObject')],
      },
      {
        name: 'the primary has a bound of its own',
        manifests: [
          deployment('frontend'),
          scaled(),
          referring('ScaledObject', { primaryScalerReplicas: { minReplicas: 2 } }),
        ],
      },
      {
        name: 'a HorizontalPodAutoscaler keeps one',
        manifests: [
          deployment('frontend'),
          hpa('frontend', 'frontend', { minReplicas: undefined }),
          referring('HorizontalPodAutoscaler'),
        ],
      },
      {
        name: 'a job scales something else',
        manifests: [
          deployment('frontend'),
          night('kubectl scale deployment report --replicas=0; kubectl scale deployment frontend-primary --replicas=3'),
          canary('frontend'),
        ],
      },
    ],
  }),
});

/** The least number of pods of the primary's autoscaler; KEDA's default is 0, that of Kubernetes 1. */
function leastReplicas(canary: CanaryView, { kind, object }: Entry): number | undefined {
  // Below 1 the API server refuses the Canary: rule hpa-min-gt-max.
  const own = numberAt(canary.spec, 'autoscalerRef', 'primaryScalerReplicas', 'minReplicas');
  if (own !== undefined && own < 1) return undefined;
  if (kind === 'HorizontalPodAutoscaler') return own ?? numberAt(object, 'spec', 'minReplicas') ?? 1;
  if (kind !== 'ScaledObject') return undefined;
  // By processor and memory alone KEDA cannot scale to zero: without pods there is nothing to measure.
  const triggers = listAt(object, 'spec', 'triggers').map((trigger) => textAt(trigger, 'type'));
  if (triggers.every((type) => type === 'cpu' || type === 'memory')) return undefined;
  return numberAt(object, 'spec', 'idleReplicaCount') ?? own ?? numberAt(object, 'spec', 'minReplicaCount') ?? 0;
}

/** CronJobs that call `kubectl scale` with no replicas, by what they scale: `deployment shop/frontend-primary`. */
function scalingJobs(world: World): ReadonlyMap<string, readonly Workload[]> {
  const jobs = new Map<string, Workload[]>();
  for (const { namespace, name } of world.writtenOfKind('CronJob')) {
    const job = world.workload('CronJob', namespace, name);
    for (const key of job ? scaledToZero(job) : []) push(jobs, key, job as Workload);
  }
  return jobs;
}

const ofNamespace = /\s(?:-n|--namespace)[= ](\S+)/;

function scaledToZero(job: Workload): ReadonlySet<string> {
  const lines = job.containers.flatMap(({ fields }) =>
    [...textsAt(fields, 'command'), ...textsAt(fields, 'args')].join(' ').split(/[;|&\n]+/),
  );
  const found = new Set<string>();
  for (const line of lines) {
    if (!/(^|\s)--replicas[= ]0(\s|$)/.test(line)) continue;
    const words = line.replace(ofNamespace, ' ').trim().split(/\s+/);
    const start = words.indexOf('scale');
    const space = ofNamespace.exec(line)?.[1] ?? job.namespace;
    const [first = '', second = ''] = start < 0 ? [] : words.slice(start + 1).filter((word) => !word.startsWith('-'));
    const [kind = '', name = second] = first.split('/');
    const full = /^deploy(ments?)?(\.apps)?$/.test(kind)
      ? 'deployment'
      : /^(ds|daemonsets?)$/.test(kind)
        ? 'daemonset'
        : kind;
    if (start > 0 && name !== '') found.add(`${full} ${space}/${name}`.toLowerCase());
  }
  return found;
}
