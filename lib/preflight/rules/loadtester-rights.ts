import { booleanAt, textAt } from '../../kube';
import type { CanaryView, Entry, WebhookView, World } from '../../world';
import { canary, deployment, service } from '../case-manifests';
import { bindsAccount } from '../role-bindings';
import { rule } from '../rule';

const tester = (values: object) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'flagger-loadtester', namespace: 'shop' },
  spec: { interval: '1h', chart: { spec: { chart: 'loadtester' } }, values },
});
const plain = [
  deployment('flagger-loadtester', { pod: { serviceAccountName: 'tester' } }),
  service('flagger-loadtester'),
];
const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'tester', namespace: 'shop' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'tester' },
  subjects: [{ kind: 'ServiceAccount', name: 'tester', namespace: 'shop' }],
};
const tested = [
  deployment('cart'),
  canary('cart', {
    analysis: {
      webhooks: [
        {
          name: 'helm-test',
          type: 'pre-rollout',
          url: 'http://flagger-loadtester.shop/',
          metadata: { type: 'helmv3', cmd: 'test cart -n shop' },
        },
      ],
    },
  }),
];

export default rule({
  id: 'loadtester-rights',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: 'A hook that runs helm or kubectl works with the rights of the load tester. Its chart makes no role unless rbac.create is true, and the default account may do nothing: "secrets is forbidden" or "deployments is forbidden" is the answer at every call, each one counts as a failed check.',
  cause: 'helm and kubectl have the rights of the account of the load tester',
  source: [
    'fluxcd/flagger v1.44 charts/loadtester/templates/rbac.yaml, deployment.yaml',
    'fluxcd/flagger v1.44 docs/gitbook/usage/webhooks.md (Helm Testing, kubectl)',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    for (const hook of canary.webhooks) {
      const tool = toolOf(hook);
      const without = tool && testerWithout(world, hook);
      if (!tool || !without) continue;
      report(canary, {
        pointer: hook.pointer,
        ...(without.isCertain ? {} : { severity: 'warning' as const }),
        message: `the webhook "${hook.name}" of Canary "${canary.name}" runs ${tool} by the load tester of ${without.entry.kind} "${without.entry.name}", whose account ${without.isCertain ? 'has no rights' : 'is bound to no role among the manifests'}`,
        fix: without.isCertain
          ? `set rbac.create: true and rbac.rules in the values of ${without.entry.kind} "${without.entry.name}" (for helm test: get, list and watch of secrets, pods and pods/log, create and delete of pods)`
          : `bind the account "${without.account}" of namespace "${without.entry.namespace}" to a role that allows what the command does`,
      });
      break;
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the chart as it is',
        manifests: [...tested, tester({})],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0',
            severity: 'error',
            message:
              'the webhook "helm-test" of Canary "cart" runs helm by the load tester of HelmRelease "flagger-loadtester", whose account has no rights',
          },
        ],
      },
      {
        name: 'an account without a role',
        manifests: [...tested, ...plain],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'the chart makes a role', manifests: [...tested, tester({ rbac: { create: true } })] },
      { name: 'an account of its own', manifests: [...tested, tester({ serviceAccountName: 'helm-tester' })] },
      { name: 'a bound account', manifests: [...tested, ...plain, binding] },
      { name: 'the load tester is not here', manifests: tested },
    ],
  }),
});

function toolOf({ taskType, command }: WebhookView): 'helm' | 'kubectl' | undefined {
  if (taskType === 'helm' || taskType === 'helmv3') return 'helm';
  if (taskType === 'kubectl') return 'kubectl';
  const word = /^\s*(helm|kubectl)\s/.exec(command ?? '')?.[1];
  return word === 'helm' || word === 'kubectl' ? word : undefined;
}

interface Rightless {
  readonly entry: Entry;
  readonly account: string;
  readonly isCertain: boolean;
}

/** The load tester behind the address of a hook, where nothing gives its account rights. */
function testerWithout(world: World, { service }: CanaryView['webhooks'][number]): Rightless | undefined {
  if (!service) return undefined;
  const release = world
    .helmReleases()
    .find(({ chart, targetNamespace }) => chart === 'loadtester' && targetNamespace === service.namespace);
  if (release) {
    if (release.hasUnknownValues || textAt(release.values, 'serviceAccountName')) return undefined;
    const hasRole = booleanAt(release.values, 'rbac', 'create') === true;
    return hasRole ? undefined : { entry: release.entry, account: release.releaseName, isCertain: true };
  }
  const [workload] = world.service(service.namespace, service.name)?.workloads ?? [];
  if (!workload || world.canaryOfTarget(workload.entry) || !/load-?tester/.test(workload.name)) return undefined;
  const account = workload.serviceAccountName;
  const isBound = ['ClusterRoleBinding', 'RoleBinding'].some((kind) =>
    world.writtenOfKind(kind).some((entry) => bindsAccount(entry, account, workload.namespace)),
  );
  return isBound ? undefined : { entry: workload.entry, account, isCertain: false };
}
