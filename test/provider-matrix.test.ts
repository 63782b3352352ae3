import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { loadAll } from 'js-yaml';
import { type CanaryAnalysis, CanaryRollout, Provider, Target } from '../lib/constructs';
import { allProviders, type Provider as FlaggerProvider, readAnalysis } from '../lib/flagger';
import { fieldsAt, type KubeObject, type StructuralSchema, schemaFaults, textAt } from '../lib/kube';

const shared = join(__dirname, '../../shared');
const strategies: Readonly<Record<string, CanaryAnalysis>> = {
  weights: { stepWeight: 20, maxWeight: 60 },
  'listed weights': { stepWeights: [5, 20, 50], stepWeightPromotion: 50 },
  'Blue/Green': { iterations: 5 },
  'A/B by header': { iterations: 5, match: [{ headers: { 'x-user': { exact: 'insider' } } }] },
  'mirror, then weights': { stepWeight: 20, maxWeight: 60, mirror: true },
  'mirror in Blue/Green': { iterations: 5, mirror: true },
  affinity: { stepWeight: 20, maxWeight: 60, sessionAffinity: { cookieName: 'side' } },
};

/** Which of them each provider can do; the others are refused. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  apisix: ['weights', 'listed weights', 'Blue/Green'],
  appmesh: ['weights', 'listed weights', 'Blue/Green', 'A/B by header'],
  contour: ['weights', 'listed weights', 'Blue/Green', 'A/B by header'],
  gatewayapi: ['weights', 'listed weights', 'Blue/Green', 'A/B by header', 'mirror in Blue/Green', 'affinity'],
  gloo: ['weights', 'listed weights', 'Blue/Green', 'A/B by header'],
  istio: Object.keys(strategies),
  knative: ['weights', 'listed weights', 'Blue/Green'],
  kubernetes: ['Blue/Green'],
  kuma: ['weights', 'listed weights', 'Blue/Green'],
  linkerd: ['weights', 'listed weights', 'Blue/Green'],
  nginx: ['weights', 'listed weights', 'Blue/Green', 'A/B by header'],
  osm: ['weights', 'listed weights', 'Blue/Green'],
  skipper: ['weights', 'listed weights', 'Blue/Green'],
  smi: ['weights', 'listed weights', 'Blue/Green'],
  traefik: ['weights', 'listed weights', 'Blue/Green'],
};

function rollout(provider: FlaggerProvider, analysis: CanaryAnalysis): CanaryRollout {
  const chart = new Chart(new App({ outdir: 'unused' }), 'chart', { namespace: 'shop' });
  const isKnative = provider.id === 'knative';
  return new CanaryRollout(chart, 'web', {
    provider: Provider.of(
      provider.values[0]!,
      provider.reference && 'web',
      provider.needsGatewayRefs ? [{ name: 'gateway' }] : undefined,
    ),
    target: isKnative ? Target.knativeService('web') : undefined,
    port: isKnative ? undefined : { port: 80 },
    analysis,
  });
}

test('the table names every provider', () => {
  expect(Object.keys(allowed)).toEqual(allProviders.map(({ id }) => id));
});

describe.each(allProviders.map((provider) => [provider.id, provider] as const))('%s', (id, provider) => {
  test.each(Object.entries(strategies))('%s', (strategy, analysis) => {
    const make = () => rollout(provider, analysis);
    if (!allowed[id]!.includes(strategy)) {
      const reason =
        /analysis\.(stepWeights?|match|mirror|sessionAffinity) (cannot be done: provider|with weights never leaves)/;
      expect(make).toThrow(reason);
      return;
    }
    expect(textAt(make().canary.toJson(), 'spec', 'provider')).toBe(provider.values[0]);
  });

  const definitions = definitionsOf(provider);
  (definitions.size > 0 ? test : test.skip)('what Flagger writes is what the definitions take', () => {
    const canary = rollout(provider, strategies['Blue/Green']!).canary.toJson() as KubeObject;
    const value = provider.values[0]!;
    const input = { canary, value, analysis: readAnalysis(fieldsAt(canary, 'spec'), value) };
    for (const route of provider.routes)
      for (const object of route.make?.(input) ?? []) {
        const schema = definitions.get(`${object.apiVersion} ${object.kind}`);
        if (!schema) continue;
        const { apiVersion: _, kind: __, metadata: ___, ...rest } = object as unknown as Record<string, unknown>;
        expect([object.kind, schemaFaults(rest, schema)]).toEqual([object.kind, []]);
      }
  });
});

/** Schemas of the kinds that a provider writes, by version and kind. */
function definitionsOf(provider: FlaggerProvider): ReadonlyMap<string, StructuralSchema> {
  const found = new Map<string, StructuralSchema>();
  for (const route of provider.routes) {
    const apiVersion = route.apiVersion(provider.values[0]!);
    const [group = ''] = apiVersion.split('/');
    for (const path of [`crds-providers/${group}.yaml`, `crds/${group}.yaml`]) {
      const file = join(shared, path);
      if (!route.make || !existsSync(file)) continue;
      for (const definition of loadAll(readFileSync(file, 'utf8')))
        for (const version of (fieldsAt(definition, 'spec').versions as readonly object[]) ?? [])
          if (
            textAt(definition, 'spec', 'names', 'kind') === route.kind &&
            apiVersion === `${group}/${textAt(version, 'name')}`
          )
            found.set(
              `${apiVersion} ${route.kind}`,
              withoutObjectFields(fieldsAt(version, 'schema', 'openAPIV3Schema')),
            );
    }
  }
  return found;
}

function withoutObjectFields(schema: StructuralSchema): StructuralSchema {
  const { apiVersion: _, kind: __, metadata: ___, ...properties } = schema.properties ?? {};
  return { ...schema, properties, required: schema.required?.filter((name) => name !== 'metadata') };
}
