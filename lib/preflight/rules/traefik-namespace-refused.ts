import { booleanAt, listAt, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const route = (namespace: string) => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name: 'web', namespace },
  spec: {
    routes: [
      {
        match: 'Host(`shop.example`)',
        kind: 'Rule',
        services: [{ name: 'web', namespace: 'shop', kind: 'TraefikService' }],
      },
    ],
  },
});
const traefik = (values: object) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'traefik', namespace: 'traefik' },
  spec: { chart: { spec: { chart: 'traefik' } }, values },
});
const byTraefik = canary('web', { spec: { provider: 'traefik' } });

export default rule({
  id: 'traefik-namespace-refused',
  severity: 'warning',
  effect: 'outage',
  since: '0.3.0',
  why: 'Traefik takes no Service and no TraefikService of another namespace into an IngressRoute unless providers.kubernetescrd.allowCrossNamespace is true. Flagger makes the TraefikService in the namespace of the Canary: an IngressRoute elsewhere leads nowhere, and the host answers 404.',
  cause: 'Traefik refuses references into another namespace by default',
  source: [
    'doc.traefik.io/traefik/providers/kubernetes-crd (allowCrossNamespace)',
    'traefik/traefik v3 pkg/provider/kubernetes/crd/kubernetes_http.go (isNamespaceAllowed)',
    'fluxcd/flagger v1.44 pkg/router/traefik.go (Reconcile)',
  ],
  codes: [],
  each: 'canary',
  shared(world) {
    if (!world.canaries().some(({ provider }) => provider.value === 'traefik')) return undefined;
    const releases = world.helmReleases().filter(({ chart }) => chart === 'traefik');
    const words = [
      ...releases.flatMap(({ values }) => listAt(values, 'additionalArguments')),
      ...world
        .writtenWorkloads()
        .flatMap(({ containers }) =>
          containers.flatMap(({ fields }) => [...listAt(fields, 'args'), ...listAt(fields, 'command')]),
        ),
    ];
    const isAllowed =
      releases.some(({ values }) => booleanAt(values, 'providers', 'kubernetesCRD', 'allowCrossNamespace') === true) ||
      words.some((one) => typeof one === 'string' && /allowcrossnamespace(?:=true)?$/i.test(one));
    if (isAllowed) return undefined;
    return { routes: world.ofKind('IngressRoute'), releases };
  },
  check(canary, report, _world, { routes, releases }) {
    if (canary.provider.value !== 'traefik') return;
    for (const entry of routes) {
      const { namespace, name } = entry;
      if (namespace === canary.namespace) continue;
      for (const [index, rule] of listAt(entry.object, 'spec', 'routes').entries())
        for (const [number, service] of listAt(rule, 'services').entries()) {
          if (textAt(service, 'kind') !== 'TraefikService' || textAt(service, 'name') !== canary.apexName) continue;
          if ((textAt(service, 'namespace') || namespace) !== canary.namespace) continue;
          report(entry, {
            about: canary,
            pointer: `/spec/routes/${index}/services/${number}/namespace`,
            ...(releases.length > 0 && releases.every(({ hasUnknownValues }) => !hasUnknownValues)
              ? { severity: 'error' as const }
              : {}),
            message: `IngressRoute "${name}" of namespace "${namespace}" names TraefikService "${canary.apexName}" of namespace "${canary.namespace}", and Traefik is not seen to allow that (allowCrossNamespace)`,
            fix: `move IngressRoute "${name}" to namespace "${canary.namespace}", or set providers.kubernetesCRD.allowCrossNamespace: true in the values of Traefik's chart`,
          });
        }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a route of another namespace',
        manifests: [deployment('web'), byTraefik, route('infra'), traefik({})],
        expect: [
          {
            object: 'IngressRoute infra/web',
            severity: 'error',
            pointer: '/spec/routes/0/services/0/namespace',
            message:
              'IngressRoute "web" of namespace "infra" names TraefikService "web" of namespace "shop", and Traefik is not seen to allow that (allowCrossNamespace)',
          },
        ],
        mended: [deployment('web'), byTraefik, route('shop'), traefik({})],
      },
      {
        name: 'Traefik is installed by somebody else',
        manifests: [deployment('web'), byTraefik, route('infra')],
        expect: [{ object: 'IngressRoute infra/web', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'in one namespace', manifests: [deployment('web'), byTraefik, route('shop'), traefik({})] },
      {
        name: 'Traefik allows it',
        manifests: [
          deployment('web'),
          byTraefik,
          route('infra'),
          traefik({ providers: { kubernetesCRD: { allowCrossNamespace: true } } }),
        ],
      },
    ],
  }),
});
