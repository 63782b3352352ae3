import { listAt, textAt, textMapAt } from '../../kube';
import { type CanaryView, type Entry, push, type World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { parsePromql } from '../promql';
import { rule } from '../rule';

/** Labels whose value is the name of a workload. */
const workloadLabels = new Set(['destination_workload', 'source_workload', 'workload', 'deployment']);
const namespaceLabels = new Set(['destination_workload_namespace', 'source_workload_namespace', 'namespace']);

const alertRule = (expr: string) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: 'shop', namespace: 'monitoring' },
  spec: { groups: [{ name: 'shop', rules: [{ alert: 'CartErrors', expr }] }] },
});
const dashboard = (expr: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'shop-dashboard', namespace: 'monitoring', labels: { grafana_dashboard: '1' } },
  data: { 'shop.json': JSON.stringify({ panels: [{ targets: [{ expr }] }] }) },
});

export default rule({
  id: 'dashboard-selector',
  severity: 'warning',
  effect: 'no-alert',
  since: '0.1.0',
  why: 'Under Flagger the pods that serve the users belong to the workload with -primary; the one that was there before is the canary and has no pods between two rollouts. An alert or a panel that asks for the old name sees the canary only, and between rollouts nothing: it stays silent whatever the users get.',
  cause: 'the users are served by the workload with -primary in its name',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (createPrimaryDeployment)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (ScaleToZero)',
  ],
  codes: ['DASHBOARD_SELECTOR'],
  each: 'world',
  check(world, report) {
    const byTarget = new Map<string, CanaryView[]>();
    for (const canary of world.canaries()) {
      const { name, kind } = canary.targetRef;
      if (kind !== 'Service') push(byTarget, name, canary);
    }
    for (const { entry, pointer, what, matchers } of queries(world)) {
      const found = blindOf(matchers, byTarget);
      if (!found) continue;
      const { matcher, canary } = found;
      const name = canary.targetRef.name;
      report(entry, {
        pointer,
        about: canary,
        message: `${what} asks for ${matcher.label}${matcher.op}"${matcher.value}", the pods of Canary "${canary.name}" while a rollout runs: the users are served by "${name}-primary"`,
        fix: `write ${matcher.label}="${name}-primary" for what the users get, or ${matcher.label}=~"${name}|${name}-primary" for both`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'an alert',
        manifests: [
          deployment('cart'),
          canary('cart'),
          alertRule('sum(rate(istio_requests_total{destination_workload="cart",response_code=~"5.*"}[5m])) > 1'),
        ],
        expect: [
          {
            object: 'PrometheusRule monitoring/shop',
            pointer: '/spec/groups/0/rules/0/expr',
            message:
              'the alert "CartErrors" of PrometheusRule "shop" asks for destination_workload="cart", the pods of Canary "cart" while a rollout runs: the users are served by "cart-primary"',
          },
        ],
      },
      {
        name: 'a dashboard of Grafana',
        manifests: [
          deployment('cart'),
          canary('cart'),
          dashboard('sum(rate(istio_requests_total{destination_workload=~"cart|search"}[5m]))'),
        ],
        expect: [
          {
            object: 'ConfigMap monitoring/shop-dashboard',
            pointer: '/data/shop.json',
            message:
              'the dashboard shop.json of ConfigMap "shop-dashboard" asks for destination_workload=~"cart|search", the pods of Canary "cart" while a rollout runs: the users are served by "cart-primary"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the primary',
        manifests: [
          deployment('cart'),
          canary('cart'),
          alertRule('sum(rate(istio_requests_total{destination_workload="cart-primary"}[5m])) > 1'),
        ],
      },
      {
        name: 'both',
        manifests: [
          deployment('cart'),
          canary('cart'),
          dashboard('sum(rate(istio_requests_total{destination_workload=~"cart|cart-primary"}[5m]))'),
        ],
      },
      {
        name: 'a workload of that name in another namespace',
        manifests: [
          deployment('cart'),
          canary('cart'),
          alertRule('istio_requests_total{destination_workload="cart",destination_workload_namespace="staging"} > 1'),
        ],
      },
      {
        name: 'no Canary',
        manifests: [deployment('cart'), alertRule('istio_requests_total{destination_workload="cart"} > 1')],
      },
    ],
  }),
});

interface Matcher {
  readonly label: string;
  readonly op: string;
  readonly value: string;
}

interface Query {
  readonly entry: Entry;
  readonly pointer: string;
  /** `the alert "CartErrors" of PrometheusRule "shop"`. */
  readonly what: string;
  /** The matchers, one list for each selector. */
  readonly matchers: readonly (readonly Matcher[])[];
}

function queries(world: World): Query[] {
  return [
    ...world.ofKind('PrometheusRule').flatMap(queriesOfRules),
    ...world
      .writtenOfKind('ConfigMap')
      .flatMap((entry) =>
        entry.labels.grafana_dashboard === undefined
          ? []
          : Object.entries(textMapAt(entry.object, 'data')).flatMap(([key, text]) =>
              queryOfDashboard(entry, `/data/${key}`, `the dashboard ${key} of ConfigMap "${entry.name}"`, text),
            ),
      ),
    ...world
      .ofKind('GrafanaDashboard')
      .flatMap((entry) =>
        queryOfDashboard(entry, '/spec/json', `GrafanaDashboard "${entry.name}"`, textAt(entry.object, 'spec', 'json')),
      ),
  ];
}

function queriesOfRules(entry: Entry): Query[] {
  return listAt(entry.object, 'spec', 'groups').flatMap((group, groupIndex) =>
    listAt(group, 'rules').flatMap((one, index) => {
      const expr = textAt(one, 'expr') ?? '';
      // The parser is for what can be meant only.
      if (!/workload|deployment/.test(expr)) return [];
      const alert = textAt(one, 'alert');
      const what = alert === undefined ? `the record "${textAt(one, 'record') ?? ''}"` : `the alert "${alert}"`;
      return [
        {
          entry,
          pointer: `/spec/groups/${groupIndex}/rules/${index}/expr`,
          what: `${what} of PrometheusRule "${entry.name}"`,
          matchers: parsePromql(expr).selectors.map(({ matchers }) => matchers),
        },
      ];
    }),
  );
}

/** The selectors in the JSON of a dashboard: its variables and macros are no PromQL, so braces are enough. */
function queryOfDashboard(entry: Entry, pointer: string, what: string, text = ''): Query[] {
  const matchers = [...text.matchAll(/\{([^{}]{0,1000})\}/g)].map(([, inner = '']) =>
    [...inner.matchAll(/(\w+)\s*(=~|=)\s*\\?"([^"\\]*)\\?"/g)].map(
      ([, label = '', op = '', value = '']): Matcher => ({ label, op, value }),
    ),
  );
  return [{ entry, pointer, what, matchers }];
}

/** The first selector that names a target and not its primary. */
function blindOf(
  selectors: Query['matchers'],
  byTarget: ReadonlyMap<string, readonly CanaryView[]>,
): { matcher: Matcher; canary: CanaryView } | undefined {
  const all = new Set(selectors.flatMap((matchers) => matchers.flatMap(namesOf)));
  for (const matchers of selectors) {
    const namespace = matchers.find(({ label, op }) => namespaceLabels.has(label) && op === '=')?.value;
    for (const matcher of matchers)
      for (const name of namesOf(matcher)) {
        const canary = byTarget.get(name)?.find((one) => namespace === undefined || one.namespace === namespace);
        // Another selector of the query may ask for the primary.
        if (canary && !all.has(`${name}-primary`)) return { matcher, canary };
      }
  }
  return undefined;
}

/** The workloads that a matcher names; none for a pattern, which may mean the primary too. */
function namesOf({ label, op, value }: Matcher): string[] {
  if (!workloadLabels.has(label)) return [];
  if (op === '=') return [value];
  return op === '=~' && /^\(?[a-z0-9-]+(\|[a-z0-9-]+)*\)?$/.test(value) ? value.replace(/[()]/g, '').split('|') : [];
}
