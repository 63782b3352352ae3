import { fieldsAt, numberAt, parseQuantity, quantityToNumber } from '../../kube';
import { type CanaryView, type Entry, push, type Workload, type World } from '../../world';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

const asking = (replicas: number | undefined) =>
  deployment('cart', {
    spec: { ...(replicas === undefined ? {} : { replicas }) },
    container: { resources: { requests: { cpu: '500m', memory: '256Mi' } } },
  });
const quota = (hard: object) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'compute', namespace: 'shop' },
  spec: { hard },
});

export default rule({
  id: 'quota-double',
  severity: 'warning',
  effect: 'stuck',
  since: '0.1.0',
  why: 'While a rollout runs there are two sets of pods, those of the primary and those of the canary. If a ResourceQuota has room for one, the pods of the canary are refused: it waits with "waiting for rollout to finish: 0 out of N new replicas have been updated" until its deadline, and the rollout fails.',
  cause: 'primary and canary run at the same time, so a rollout needs the resources twice',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_ready.go (isDeploymentReady)',
    'kubernetes.io/docs/concepts/policy/resource-quotas',
  ],
  codes: ['QUOTA_DOUBLE'],
  each: 'world',
  check(world, report) {
    const quotas = world.ofKind('ResourceQuota').filter(({ object }) => {
      const { scopes, scopeSelector } = fieldsAt(object, 'spec');
      return scopes === undefined && scopeSelector === undefined;
    });
    if (quotas.length === 0) return;
    const used = usageByNamespace(world, new Set(quotas.map(({ namespace }) => namespace)));
    const canaries = new Map<string, CanaryView[]>();
    for (const one of world.canaries()) push(canaries, one.namespace, one);
    for (const entry of quotas)
      for (const { resource, hard, text } of limitsOf(entry)) {
        const steady = used.get(entry.namespace)?.get(resource) ?? 0;
        const peaks = (canaries.get(entry.namespace) ?? []).flatMap((one) =>
          one.target ? [{ canary: one, target: one.target, ...peakOf(world, one.target, resource) }] : [],
        );
        const worst = peaks.sort((a, b) => b.more - a.more)[0];
        if (!worst || worst.more === 0 || steady + worst.more + worst.surge <= hard) continue;
        const peak = steady + worst.more + worst.surge;
        const unit = /memory/.test(resource) ? (value: number) => `${Math.ceil(value / 2 ** 20)}Mi` : short;
        report(entry, {
          pointer: `/spec/hard/${resource.replaceAll('/', '~1')}`,
          about: worst.canary,
          message: `ResourceQuota "${entry.name}" allows ${resource}: ${text}, and the workloads of namespace "${entry.namespace}" take ${unit(steady)} between rollouts and ${unit(peak)} while "${worst.target.name}" runs beside "${worst.target.name}-primary"${worst.surge > 0 && steady + worst.more <= hard ? ', which at the promotion has the pods of its surge too' : ''}`,
          fix: `set ${resource} of ResourceQuota "${entry.name}" to ${unit(peak)} or more`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'room for both, and none for the surge at the promotion',
        manifests: [asking(2), canary('cart'), quota({ pods: '4' })],
        expect: [
          {
            object: 'ResourceQuota shop/compute',
            pointer: '/spec/hard/pods',
            message:
              'ResourceQuota "compute" allows pods: 4, and the workloads of namespace "shop" take 2 between rollouts and 5 while "cart" runs beside "cart-primary", which at the promotion has the pods of its surge too',
          },
        ],
        mended: [asking(2), canary('cart'), quota({ pods: '5' })],
      },
      {
        name: 'room for the primary only',
        manifests: [asking(2), canary('cart'), quota({ 'requests.cpu': '1500m', 'requests.memory': '2Gi' })],
        expect: [
          {
            object: 'ResourceQuota shop/compute',
            pointer: '/spec/hard/requests.cpu',
            message:
              'ResourceQuota "compute" allows requests.cpu: 1500m, and the workloads of namespace "shop" take 1 between rollouts and 2.5 while "cart" runs beside "cart-primary"',
          },
        ],
      },
      {
        name: 'a number of pods, those of the autoscaler',
        manifests: [
          asking(undefined),
          hpa('cart', 'cart', { minReplicas: 3 }),
          canary('cart', {
            spec: {
              autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'cart' },
            },
          }),
          deployment('worker'),
          quota({ pods: 6 }),
        ],
        expect: [
          {
            object: 'ResourceQuota shop/compute',
            message:
              'ResourceQuota "compute" allows pods: 6, and the workloads of namespace "shop" take 4 between rollouts and 8 while "cart" runs beside "cart-primary"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'room for both, and for the surge of the primary',
        manifests: [asking(2), canary('cart'), quota({ 'requests.cpu': '2500m', pods: '5' })],
      },
      { name: 'without a Canary', manifests: [asking(2), quota({ 'requests.cpu': '1' })] },
      {
        name: 'a quota for other pods',
        manifests: [asking(2), canary('cart'), { ...quota({}), spec: { hard: { pods: '2' }, scopes: ['BestEffort'] } }],
      },
    ],
  }),
});

type Usage = ReadonlyMap<string, number>;

/** What the pods of each namespace take between two rollouts: primaries, and no targets. */
function usageByNamespace(world: World, namespaces: ReadonlySet<string>): Map<string, Map<string, number>> {
  const sums = new Map<string, Map<string, number>>();
  for (const workload of world.workloads()) {
    if (!namespaces.has(workload.namespace) || world.canaryOfTarget(workload.entry)) continue;
    if (workload.kind !== 'Deployment' && workload.kind !== 'StatefulSet') continue;
    const sum = sums.get(workload.namespace) ?? new Map<string, number>();
    sums.set(workload.namespace, sum);
    for (const [resource, value] of usageOf(world, workload)) sum.set(resource, (sum.get(resource) ?? 0) + value);
  }
  return sums;
}

/** What all pods of a workload take, at the least number of them. */
function usageOf(world: World, workload: Workload): Usage {
  const [scaler] = world.autoscalersOf(workload);
  const least =
    scaler && (numberAt(scaler.object, 'spec', 'minReplicas') ?? numberAt(scaler.object, 'spec', 'minReplicaCount'));
  const replicas = least ?? workload.replicas ?? 1;
  const usage = new Map<string, number>([['pods', replicas]]);
  const add = (resource: string, value: number) => usage.set(resource, (usage.get(resource) ?? 0) + value * replicas);
  for (const container of workload.containers) {
    if (container.init) continue;
    for (const kind of ['requests', 'limits'] as const)
      for (const [name, text] of Object.entries(fieldsAt(container.fields, 'resources', kind))) {
        const value = quantityOf(text);
        if (value === undefined) continue;
        add(`${kind}.${name}`, value);
        // The short names of a quota mean requests.
        if (kind === 'requests') add(name, value);
      }
  }
  return usage;
}

/** What a rollout takes beside the primary: the pods of the canary, and at the promotion those by which the primary's update goes ahead. */
function peakOf(world: World, target: Workload, resource: string): { readonly more: number; readonly surge: number } {
  const usage = usageOf(world, target);
  const [more, pods] = [usage.get(resource) ?? 0, usage.get('pods') ?? 0];
  const strategy = fieldsAt(target.object, 'spec', 'strategy');
  if (target.kind !== 'Deployment' || strategy.type === 'Recreate' || pods === 0) return { more, surge: 0 };
  const written = fieldsAt(strategy, 'rollingUpdate').maxSurge ?? '25%';
  const share = typeof written === 'string' ? /^(\d+)%$/.exec(written)?.[1] : undefined;
  const ahead = share === undefined ? Number(written) : Math.ceil((Number(share) * pods) / 100);
  return { more, surge: Number.isFinite(ahead) ? (more / pods) * ahead : 0 };
}

function limitsOf({ object }: Entry): { resource: string; hard: number; text: string }[] {
  const hard = fieldsAt(object, 'spec', 'hard');
  return Object.entries(hard).flatMap(([resource, text]) => {
    const value = quantityOf(text);
    return value === undefined ? [] : [{ resource, hard: value, text: String(text) }];
  });
}

function quantityOf(value: unknown): number | undefined {
  const quantity = typeof value === 'number' || typeof value === 'string' ? parseQuantity(String(value)) : undefined;
  return quantity?.ok ? quantityToNumber(quantity.value) : undefined;
}

function short(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
