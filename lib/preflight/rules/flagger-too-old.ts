import { at, atPath, isFields, listAt } from '../../kube';
import type { CanaryView } from '../../world';
import { canary, deployment, flaggerRelease, metricTemplate } from '../case-manifests';
import { isFlaggerOlder } from '../flagger-version';
import { rule } from '../rule';

/** The version that brought a provider. */
const providers: Readonly<Record<string, string>> = {
  skipper: '1.1',
  traefik: '1.4',
  osm: '1.13',
  kuma: '1.17',
  'gatewayapi:v1beta1': '1.26',
  apisix: '1.27',
  'gatewayapi:v1': '1.35',
  knative: '1.41',
};
/** The version that brought a field of a Canary. */
const fields: Readonly<Record<string, string>> = {
  'service.delegation': '1.3',
  'service.appProtocol': '1.22',
  'analysis.primaryReadyThreshold': '1.16',
  'analysis.canaryReadyThreshold': '1.18',
  'analysis.sessionAffinity': '1.25',
  'autoscalerRef.primaryScalerReplicas': '1.28',
  suspend: '1.32',
  'service.headless': '1.41',
  'analysis.sessionAffinity.primaryCookieName': '1.41',
  'service.trafficDistribution': '1.42',
  'service.unmanagedMetadata': '1.42',
  'service.backendTimeout': '1.44',
};
/** The version that brought a type of MetricTemplate. */
const stores: Readonly<Record<string, string>> = {
  graphite: '1.10',
  dynatrace: '1.14',
  influxdb: '1.14',
  stackdriver: '1.14',
  keptn: '1.38',
  splunk: '1.40',
  externalmetrics: '1.43',
};

const installed = (version: string) => {
  const release = flaggerRelease();
  const spec = { ...(release.spec as object), chart: { spec: { chart: 'flagger', version } } };
  return { ...release, spec };
};

export default rule({
  id: 'flagger-too-old',
  severity: 'error',
  effect: 'rejected',
  since: '0.3.0',
  why: 'Providers, fields and metrics stores came with versions of Flagger. An older one refuses a field that its definition does not know, or drops it, and takes an unknown provider for Istio.',
  cause: 'the Flagger that the manifests install does not know it yet',
  source: ['fluxcd/flagger v1.44 CHANGELOG.md'],
  codes: [],
  each: 'canary',
  check(one, report, world) {
    const { version, entry } = world.flagger;
    if (version === undefined) return;
    for (const { pointer, what, since } of needsOf(one))
      if (isFlaggerOlder(world, since))
        report(one, {
          pointer,
          message: `Canary "${one.name}" uses ${what}, which Flagger has since ${since}, and ${entry?.kind} "${entry?.name}" installs Flagger ${version}`,
          fix: `update Flagger to ${since} or later: the rules of this check are those of 1.44`,
        });
  },
  cases: () => ({
    bad: [
      {
        name: 'a provider that came later',
        manifests: [installed('1.30.0'), deployment('web'), canary('web', { spec: { provider: 'knative' } })],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/provider',
            message:
              'Canary "web" uses provider knative, which Flagger has since 1.41, and HelmRelease "flagger" installs Flagger 1.30.0',
          },
        ],
      },
      {
        name: 'a field and a store that came later',
        manifests: [
          installed('1.12.1'),
          deployment('web'),
          metricTemplate('errors', 'x', { provider: { type: 'dynatrace' } }),
          canary('web', {
            analysis: {
              primaryReadyThreshold: 50,
              metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }],
            },
          }),
        ],
        expect: [
          { object: 'Canary shop/web', pointer: '/spec/analysis/primaryReadyThreshold' },
          { object: 'Canary shop/web', pointer: '/spec/analysis/metrics/0' },
        ],
      },
    ],
    good: [
      {
        name: 'a version that knows it',
        manifests: [installed('1.41.0'), deployment('web'), canary('web', { spec: { provider: 'knative' } })],
      },
      {
        name: 'a range of versions',
        manifests: [installed('1.x'), deployment('web'), canary('web', { spec: { provider: 'knative' } })],
      },
    ],
  }),
});

interface Need {
  readonly pointer: string;
  readonly what: string;
  readonly since: string;
}

function needsOf(one: CanaryView): Need[] {
  const needs: Need[] = [];
  const { value } = one.provider;
  const provider = providers[value];
  if (provider && at(one.spec, 'provider') !== undefined)
    needs.push({ pointer: '/spec/provider', what: `provider ${value}`, since: provider });
  for (const [path, since] of Object.entries(fields))
    if (atPath(one.spec, path.split('.')) !== undefined)
      needs.push({ pointer: `/spec/${path.replaceAll('.', '/')}`, what: `spec.${path}`, since });
  if (at(one.spec, 'autoscalerRef', 'kind') === 'ScaledObject')
    needs.push({ pointer: '/spec/autoscalerRef/kind', what: 'a ScaledObject of KEDA', since: '1.22' });
  if (one.autoscaler && listAt(one.autoscaler.object, 'spec', 'triggers').some((trigger) => at(trigger, 'metricType')))
    needs.push({
      pointer: '/spec/autoscalerRef',
      what: 'metricType in the triggers of its ScaledObject',
      since: '1.22.1',
    });
  for (const [index, hook] of listAt(one.analysis.raw, 'webhooks').entries())
    if (isFields(hook) && hook.disableTLS !== undefined)
      needs.push({
        pointer: `${one.analysisPointer}/webhooks/${index}/disableTLS`,
        what: 'disableTLS of a webhook',
        since: '1.39',
      });
  for (const { providerType, pointer, template } of one.metrics) {
    const since = template ? stores[providerType] : undefined;
    if (since) needs.push({ pointer, what: `a metric of type ${providerType}`, since });
  }
  return needs;
}
