import { rememberedFor, textAt } from '../../kube';
import type { HelmReleaseView, ServiceView, WebhookView, Workload, World } from '../../world';
import { canary, deployment, flaggerRelease, namespace, service } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

export default rule({
  id: 'loadtester-absent',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger calls the webhook at every check. When the Service of its address does not exist, each call fails and counts: the rollout is rolled back.',
  cause: 'a hook that cannot be reached counts as failed',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (runAnalysis)',
    'fluxcd/flagger v1.44 pkg/controller/webhook.go',
  ],
  codes: ['LOADTESTER_ABSENT'],
  restsOn: ['namespace'],
  comesLast: true,
  each: 'canary',
  shared(world) {
    const releases = world.helmReleases().filter(({ chart }) => chart === 'loadtester');
    const named = new Set(releases.map((release) => `${release.targetNamespace}/${serviceOf(release)}`));
    // Flagger's own manifests, from their OCIRepository or from Git.
    for (const { path, targetNamespace } of world.fluxKustomizations())
      if (targetNamespace && /(^|\/)tester$/.test(path)) named.add(`${targetNamespace}/flagger-loadtester`);
    const filled = new Set([
      ...world.fluxKustomizations().map(({ spec }) => textAt(spec, 'targetNamespace') ?? ''),
      ...world.helmReleases().flatMap(({ chart, targetNamespace }) => (chart === 'loadtester' ? [] : targetNamespace)),
      ...releases.flatMap(({ targetNamespace, hasUnknownValues }) => (hasUnknownValues ? targetNamespace : [])),
    ]);
    // One whose file names no namespace can be applied to any.
    const unplaced = new Set(
      world.writtenOfKind('Service').flatMap((entry) => (entry.isNamespaceAssumed ? entry.name : [])),
    );
    const isAbsent = ({ namespace, name }: Callee['service']) =>
      !world.mayExist('Service', namespace, name) && !named.has(`${namespace}/${name}`) && !unplaced.has(name);
    return { releases, filled, isAbsent };
  },
  check(canary, report, world, { releases, filled, isAbsent }) {
    // Gates are another rule's.
    const calls = canary.webhooks.filter(
      ({ type, service }) => service && !type.startsWith('confirm-') && isAbsent(service),
    );
    for (const { service, hooks } of byService(calls)) {
      const { namespace, name } = service;
      const hard = hooks.find(({ type }) => type !== 'post-rollout' && type !== 'event' && type !== 'rollback');
      // Flagger's guides install the load tester by hand. Only manifests that install Flagger too can be all that there is.
      const isOpen = world.flagger.entry === undefined || world.facts.isPartial === true || filled.has(namespace);
      const tester = loadTesters(world).get(namespace) ?? releasedTester(releases, namespace);
      const names = hooks.map((hook) => `"${hook.name}"`).join(', ');
      report(canary, {
        pointer: `${(hard ?? hooks[0])?.pointer}/url`,
        severity: !hard || isOpen ? 'warning' : 'error',
        message: `the ${hooks.length === 1 ? `webhook ${names}` : `webhooks ${names}`} of Canary "${canary.name}" ${hooks.length === 1 ? 'calls' : 'call'} ${namespace}/${name}, and ${isOpen ? 'the manifests hold no such Service' : 'there is no such Service'}${tester === undefined ? '' : `; the load tester there is Service "${tester.name}"`}`,
        fix:
          tester !== undefined
            ? `write ${urlOf(tester)} as the url`
            : `${/load|test/i.test(name) ? 'install the load tester' : `install what answers as Service "${name}"`} in namespace "${namespace}" and check its manifests too, ${stateThatItExists('Service', namespace, name)}, or name the Service that exists`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'no such Service',
        manifests: [
          flaggerRelease(),
          deployment('frontend'),
          namespace('shop'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://tester.shop/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/url',
            message: 'the webhook "load" of Canary "frontend" calls shop/tester, and there is no such Service',
          },
        ],
      },
      {
        name: 'manifests of an application alone: the load tester may be in the cluster',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [{ name: 'load', type: 'rollout', url: 'http://flagger-loadtester.flagger-system/' }],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            severity: 'warning',
            message:
              'the webhook "load" of Canary "frontend" calls flagger-system/flagger-loadtester, and the manifests hold no such Service',
          },
        ],
      },
      {
        name: 'a HelmRelease makes the load tester, by another name',
        manifests: [
          flaggerRelease(),
          {
            apiVersion: 'helm.toolkit.fluxcd.io/v2',
            kind: 'HelmRelease',
            metadata: { name: 'tester', namespace: 'shop' },
            spec: { interval: '1h', chart: { spec: { chart: 'loadtester' } } },
          },
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'load', type: 'rollout', url: 'http://flagger-loadtester.shop/' }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            severity: 'error',
            message:
              'the webhook "load" of Canary "frontend" calls shop/flagger-loadtester, and there is no such Service; the load tester there is Service "tester-loadtester"',
          },
        ],
      },
      {
        name: 'the load tester has another name',
        manifests: [
          flaggerRelease(),
          deployment('lt-loadtester', { container: { image: 'ghcr.io/fluxcd/flagger-loadtester:0.38.0' } }),
          service('lt-loadtester'),
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'load', type: 'rollout', url: 'http://flagger-loadtester.shop/' }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            severity: 'error',
            message:
              'the webhook "load" of Canary "frontend" calls shop/flagger-loadtester, and there is no such Service; the load tester there is Service "lt-loadtester"',
          },
        ],
      },
      {
        name: 'several webhooks of one Service are one finding',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: ['pre-rollout', 'rollout', 'event'].map((type) => ({
                name: type,
                type,
                url: 'http://tester.shop/',
              })),
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/url',
            message:
              'the webhooks "pre-rollout", "rollout", "event" of Canary "frontend" call shop/tester, and the manifests hold no such Service',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a HelmRelease makes it: release and chart are its name',
        manifests: [
          flaggerRelease(),
          {
            apiVersion: 'helm.toolkit.fluxcd.io/v2',
            kind: 'HelmRelease',
            metadata: { name: 'tester', namespace: 'shop' },
            spec: { interval: '1h', chart: { spec: { chart: 'loadtester' } } },
          },
          deployment('frontend'),
          canary('frontend', {
            analysis: { webhooks: [{ name: 'load', type: 'rollout', url: 'http://tester-loadtester.shop/' }] },
          }),
        ],
      },
      {
        name: 'it exists',
        manifests: [
          deployment('frontend'),
          namespace('shop'),
          service('tester'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://tester.shop/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});

/** The name of the Service that the chart of the load tester makes. @see fluxcd/flagger v1.44 charts/loadtester/templates/_helpers.tpl */
function serviceOf({ releaseName, values }: HelmReleaseView): string {
  const full = textAt(values, 'fullnameOverride');
  if (full) return full;
  const chart = textAt(values, 'nameOverride') || 'loadtester';
  return releaseName.includes(chart) ? releaseName : `${releaseName}-${chart}`;
}

function releasedTester(releases: readonly HelmReleaseView[], namespace: string): Tester | undefined {
  const release = releases.find(
    ({ targetNamespace, hasUnknownValues }) => targetNamespace === namespace && !hasUnknownValues,
  );
  return release && { name: serviceOf(release), namespace, ports: [] };
}

interface Tester extends Pick<ServiceView, 'name' | 'namespace'> {
  readonly ports: readonly Pick<ServiceView['ports'][number], 'port'>[];
}

const urlOf = ({ name, namespace, ports: [port] }: Tester): string =>
  `http://${name}.${namespace}${port === undefined || port.port === 80 ? '' : `:${port.port}`}/`;

/** A load tester's Service, by namespace. */
const loadTesters = rememberedFor((world: World): ReadonlyMap<string, ServiceView> => {
  const found = new Map<string, ServiceView>();
  for (const workload of world.writtenWorkloads()) {
    const [service] = runsLoadTester(workload) ? world.writtenServicesOf(workload) : [];
    if (service && !found.has(service.namespace)) found.set(service.namespace, service);
  }
  return found;
});

const runsLoadTester = ({ containers }: Workload): boolean =>
  containers.some(({ fields }) => textAt(fields, 'image')?.includes('flagger-loadtester') === true);

interface Callee {
  readonly service: NonNullable<WebhookView['service']>;
  readonly hooks: readonly WebhookView[];
}

/** The Services that webhooks call, with those webhooks. */
function byService(calls: readonly WebhookView[]): readonly Callee[] {
  const found = new Map<string, { service: Callee['service']; hooks: WebhookView[] }>();
  for (const hook of calls) {
    if (!hook.service) continue;
    const key = `${hook.service.namespace}/${hook.service.name}`;
    const known = found.get(key);
    if (known) known.hooks.push(hook);
    else found.set(key, { service: hook.service, hooks: [hook] });
  }
  return [...found.values()];
}
