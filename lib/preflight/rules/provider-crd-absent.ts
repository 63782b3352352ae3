import { booleanAt, isFields, listAt, textAt } from '../../kube';
import { type Entry, factNote, type World } from '../../world';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

/** What a provider's router writes, and by which names one knows what installs its definition. */
interface Written {
  readonly provider: RegExp;
  readonly definition: string;
  readonly version: string;
  readonly installedBy: RegExp;
  readonly fix: string;
}

/** @see fluxcd/flagger v1.44 pkg/router/factory.go (MeshRouter) and the routers beside it */
const written: readonly Written[] = [
  {
    provider: /^istio$/,
    definition: 'virtualservices.networking.istio.io',
    version: 'v1beta1',
    // The chart of a gateway alone brings no definitions.
    installedBy: /istio(?!.*\bgateway$)|^base$|sail/,
    fix: 'install the chart "base" of Istio (and istiod) before Flagger',
  },
  {
    provider: /^gatewayapi:v1beta1/,
    definition: 'httproutes.gateway.networking.k8s.io',
    version: 'v1beta1',
    installedBy: /gateway|traefik|contour|kong|cilium|istio-gw/,
    fix: 'install the definitions of the Gateway API (standard channel) before Flagger',
  },
  {
    provider: /^gatewayapi:v1/,
    definition: 'httproutes.gateway.networking.k8s.io',
    version: 'v1',
    installedBy: /gateway|traefik|contour|kong|cilium|istio-gw/,
    fix: 'install the definitions of the Gateway API (standard channel) before Flagger',
  },
  {
    provider: /^contour$/,
    definition: 'httpproxies.projectcontour.io',
    version: 'v1',
    installedBy: /contour/,
    fix: 'install Contour before Flagger',
  },
  {
    provider: /^gloo/,
    definition: 'routetables.gateway.solo.io',
    version: 'v1',
    installedBy: /gloo/,
    fix: 'install Gloo before Flagger',
  },
  {
    provider: /^traefik$/,
    definition: 'traefikservices.traefik.io',
    version: 'v1alpha1',
    installedBy: /traefik/,
    fix: 'install Traefik before Flagger',
  },
  {
    provider: /^kuma$/,
    definition: 'trafficroutes.kuma.io',
    version: 'v1alpha1',
    installedBy: /kuma|kong-mesh/,
    fix: 'install Kuma before Flagger',
  },
  {
    provider: /^apisix$/,
    definition: 'apisixroutes.apisix.apache.org',
    version: 'v2',
    installedBy: /apisix/,
    fix: 'install APISIX before Flagger',
  },
  {
    provider: /^(linkerd|osm|smi:v1alpha2.*)$/,
    definition: 'trafficsplits.split.smi-spec.io',
    version: 'v1alpha2',
    // The charts of Linkerd 2.12 and later bring no TrafficSplit.
    installedBy: /smi|\bosm\b|^linkerd2$/,
    fix: 'install the extension linkerd-smi before Flagger, or use provider gatewayapi:v1 with gatewayRefs [{group: core, kind: Service, name: the Service, port}] and the HTTPRoute of the Gateway API',
  },
];

const definition = (name: string, versions: readonly object[]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name },
  spec: { versions },
});
const release = (chart: string) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: chart, namespace: 'istio-system' },
  spec: { chart: { spec: { chart } } },
});
const onGatewayApi = canary('frontend', {
  spec: { provider: 'gatewayapi:v1' },
  service: { gatewayRefs: [{ name: 'public' }] },
  analysis: { metrics: [] },
});

export default rule({
  id: 'provider-crd-absent',
  severity: 'warning',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Flagger writes objects of its provider: VirtualServices, HTTPRoutes. While the API server does not know the kind, each attempt ends in `get query error: the server could not find the requested resource`, and the Canary stays Initializing. Looked at only where the manifests install Flagger itself, so that one may expect the rest beside it.',
  cause: 'the API server does not know the kind of the routes that Flagger writes',
  source: ['fluxcd/flagger v1.44 pkg/router/factory.go (MeshRouter)', 'fluxcd/flagger v1.44 pkg/router/istio.go'],
  codes: ['PROVIDER_CRD_ABSENT'],
  comesLast: true,
  each: 'world',
  check(world, report) {
    const hasLinkerd = world.helmReleases().some(({ chart }) => chart === 'linkerd-control-plane');
    if (!world.flagger.entry && !hasLinkerd) return;
    const seen = new Set<string>();
    for (const canary of world.canaries()) {
      const { value } = canary.provider;
      const needed = written.find(({ provider }) => provider.test(value));
      if (!needed || seen.has(value) || (!world.flagger.entry && value !== 'linkerd')) continue;
      seen.add(value);
      const found = world.given('CustomResourceDefinition', '', needed.definition);
      const versions = found ? servedVersions(found) : [];
      if (found && versions.length > 0 && !versions.includes(needed.version))
        report(found, {
          about: canary,
          severity: 'error',
          pointer: '/spec/versions',
          message: `Flagger writes ${needed.version} of ${needed.definition} for Canary "${canary.name}" (provider ${value}), and the definition serves ${versions.join(', ')} only`,
          fix: `install a version of ${needed.definition} that serves ${needed.version}`,
        });
      else if (!found && !mayBeInstalled(world, needed))
        report(canary, {
          pointer: '/spec/provider',
          message: `Canary "${canary.name}" needs ${needed.definition} (provider ${value}${factNote(canary.provider)}), and nothing among the manifests installs it, though they install ${world.flagger.entry ? 'Flagger' : 'Linkerd'}`,
          fix: `${needed.fix}; if the cluster has it already, ${stateThatItExists('CustomResourceDefinition', '', needed.definition)}`,
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'Flagger is installed, Istio is not',
        manifests: [deployment('frontend'), flaggerRelease(), canary('frontend')],
        expect: [
          {
            object: 'Canary shop/frontend',
            severity: 'warning',
            message:
              'Canary "frontend" needs virtualservices.networking.istio.io (provider istio), and nothing among the manifests installs it, though they install Flagger',
          },
        ],
      },
      {
        name: 'a Linkerd whose charts bring no TrafficSplit',
        manifests: [
          deployment('frontend'),
          release('linkerd-crds'),
          release('linkerd-control-plane'),
          canary('frontend', { spec: { provider: 'linkerd' } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            severity: 'warning',
            message:
              'Canary "frontend" needs trafficsplits.split.smi-spec.io (provider linkerd), and nothing among the manifests installs it, though they install Linkerd',
          },
        ],
      },
      {
        name: 'the definition is of an older version',
        manifests: [
          deployment('frontend'),
          flaggerRelease(),
          definition('httproutes.gateway.networking.k8s.io', [
            { name: 'v1alpha2', served: true },
            { name: 'v1beta1', served: true },
            { name: 'v1', served: false },
          ]),
          onGatewayApi,
        ],
        expect: [
          {
            object: 'CustomResourceDefinition httproutes.gateway.networking.k8s.io',
            pointer: '/spec/versions',
            severity: 'error',
            message:
              'Flagger writes v1 of httproutes.gateway.networking.k8s.io for Canary "frontend" (provider gatewayapi:v1), and the definition serves v1alpha2, v1beta1 only',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a chart of Istio',
        manifests: [deployment('frontend'), flaggerRelease(), release('base'), canary('frontend')],
      },
      {
        name: 'a Linkerd with its extension for TrafficSplit',
        manifests: [
          deployment('frontend'),
          release('linkerd-control-plane'),
          release('linkerd-smi'),
          canary('frontend', { spec: { provider: 'linkerd' } }),
        ],
      },
      {
        name: 'the definition itself',
        manifests: [
          deployment('frontend'),
          flaggerRelease(),
          definition('httproutes.gateway.networking.k8s.io', [{ name: 'v1', served: true }]),
          onGatewayApi,
        ],
      },
      {
        name: 'it is stated to be there',
        manifests: [deployment('frontend'), flaggerRelease(), canary('frontend')],
        facts: { exists: ['CustomResourceDefinition virtualservices.networking.istio.io'] },
      },
      { name: 'the manifests do not install Flagger', manifests: [deployment('frontend'), canary('frontend')] },
    ],
  }),
});

function servedVersions({ object }: Entry): string[] {
  return listAt(object, 'spec', 'versions')
    .filter(isFields)
    .filter((version) => booleanAt(version, 'served') !== false)
    .flatMap((version) => textAt(version, 'name') ?? []);
}

/** Whether a chart, a source, a Kustomization or an operator's object has a name that speaks for it, or it is stated. */
function mayBeInstalled(world: World, { definition, installedBy }: Written): boolean {
  if (world.mayExist('CustomResourceDefinition', '', definition)) return true;
  if (world.helmReleases().some(({ chart, name }) => installedBy.test(chart) || installedBy.test(name))) return true;
  if (world.fluxKustomizations().some(({ path, name }) => installedBy.test(path) || installedBy.test(name)))
    return true;
  return [
    'IstioOperator',
    'Istio',
    'GitRepository',
    'OCIRepository',
    'HelmRepository',
    'ResourceSet',
    'Deployment',
  ].some((kind) =>
    world
      .writtenOfKind(kind)
      .some(
        (entry) =>
          installedBy.test(entry.name) ||
          installedBy.test(entry.group) ||
          installedBy.test(textAt(entry.object, 'spec', 'url') ?? ''),
      ),
  );
}
