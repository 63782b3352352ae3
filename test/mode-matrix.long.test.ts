import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { type Catalog, loadCatalog } from '../lib/catalog';
import { alreadyInstalled } from '../lib/charts';
import { providerOf } from '../lib/flagger';
import { fieldsAt, isFields, type KubeObject, listAt, type StructuralSchema, schemaFaults, textAt } from '../lib/kube';
import { countsRequests, entranceModes, MESH_FACTS, meshModes, sharesOnlyEntering } from '../lib/mesh';
import { runPreflight } from '../lib/preflight';
import { buildWorld } from '../lib/world';
import { renderCatalog } from './render';

const shared = join(__dirname, '../../shared');
const load = { loadTest: { requestsPerSecond: 10 } };
const strategies: Readonly<Record<string, object>> = {
  weights: { stepWeight: 20, maxWeight: 60 },
  'listed weights': { stepWeights: [5, 20, 50], stepWeightPromotion: 50 },
  'Blue/Green': { iterations: 5, ...load },
  'A/B by header': {
    iterations: 5,
    match: [{ headers: { 'x-user': { exact: 'insider' } } }],
    loadTest: { requestsPerSecond: 10, headers: { 'x-user': 'insider' } },
  },
  'mirror, then weights': { stepWeight: 20, maxWeight: 60, mirror: true },
  'mirror in Blue/Green': { iterations: 5, mirror: true },
  affinity: { stepWeight: 20, maxWeight: 60, sessionAffinity: { cookieName: 'side' } },
};

/** Whether the mode's provider can do it, by what the provider says of itself. */
function isAllowed(provider: string, strategy: string): boolean {
  const { can } = providerOf(provider);
  switch (strategy) {
    case 'weights':
    case 'listed weights':
      return can.weigh;
    case 'A/B by header':
      return can.matchHeaders.includes('exact');
    case 'mirror, then weights':
      return can.mirror === 'weights';
    case 'mirror in Blue/Green':
      return can.mirror !== 'none';
    case 'affinity':
      return can.affinity;
    default:
      return true;
  }
}

const modes = [...meshModes, ...entranceModes];

function catalogOf(mode: (typeof modes)[number], strategy: string): object {
  const isEntrance = (entranceModes as readonly string[]).includes(mode);
  const { exposesBy } = MESH_FACTS[mode];
  const service = (name: string, fields: object) => ({
    name,
    image: { tag: '1.0.0' },
    ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
    probes: { readiness: { http: { path: '/ready' } } },
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '64Mi' } },
    traffic: { requestsPerSecond: 20 },
    ...fields,
  });
  return {
    platform: {
      namespace: 'shop',
      registry: 'registry.example.com/shop',
      gitops: { url: 'https://gitlab.example.com/shop/gitops.git' },
      [isEntrance ? 'provider' : 'mesh']: mode,
      gateway: { namespace: 'ingress', name: 'public' },
    },
    clusters: [{ name: 'one', domain: 'example.com', flux: { mode: 'gotk' } }],
    services: [
      service('web', {
        ...(exposesBy === 'nothing' ? {} : { expose: { hosts: ['web.{domain}'] } }),
        canary: {
          interval: '1m',
          threshold: 5,
          ...strategies[strategy],
          ...(countsRequests(MESH_FACTS[mode])
            ? {}
            : { metrics: { custom: [{ name: 'errors', query: 'sum(errors{app="{{ target }}"})', max: 1 }] } }),
        },
      }),
      service('caller', { env: { WEB: { service: 'web' } }, canary: false }),
    ],
  };
}

const schemas = new Map<string, ReadonlyMap<string, StructuralSchema>>();
/** Schemas of a group's kinds, by version and kind; none where the definitions are not beside the project. */
function schemasOf(group: string): ReadonlyMap<string, StructuralSchema> {
  const known = schemas.get(group);
  if (known) return known;
  const found = new Map<string, StructuralSchema>();
  for (const folder of ['crds', 'crds-providers']) {
    const file = join(shared, folder, `${group}.yaml`);
    if (!existsSync(file)) continue;
    for (const definition of loadAll(readFileSync(file, 'utf8')))
      for (const version of listAt(definition, 'spec', 'versions')) {
        const schema = fieldsAt(version, 'schema', 'openAPIV3Schema') as StructuralSchema;
        const { apiVersion: _, kind: __, metadata: ___, ...properties } = schema.properties ?? {};
        found.set(`${group}/${textAt(version, 'name')} ${textAt(definition, 'spec', 'names', 'kind')}`, {
          ...schema,
          properties,
          ...(schema.required && { required: schema.required.filter((name) => name !== 'metadata') }),
        });
      }
  }
  schemas.set(group, found);
  return found;
}

describe.each(modes)('%s', (mode) => {
  const { provider } = MESH_FACTS[mode];
  test.each(Object.keys(strategies))('%s', (strategy) => {
    const loaded = loadCatalog(JSON.stringify(catalogOf(mode, strategy)), 'services.json');
    const wrong = loaded.findings.map(({ place, message }) => `${place.pointer} ${message}`);
    if (!isAllowed(provider, strategy)) {
      // Said at the field that asks for it, with the reason.
      expect(wrong.join('\n')).toMatch(
        /^\/services\/0\/canary\/(stepWeights?|match|mirror|sessionAffinity)\S* .*(cannot|never leaves|mirrored|no session affinity)/m,
      );
      return;
    }
    expect(wrong).toEqual([]);
    const catalog = loaded.catalog as Catalog;
    const objects = renderCatalog(catalog).flatMap((file) => file.objects);
    const canary = objects.find(({ kind }) => kind === 'Canary');
    expect(textAt(canary, 'spec', 'provider')).toBe(provider);
    const inputs = objects
      .filter(({ metadata, apiVersion }) => isFields(metadata) && !apiVersion.startsWith('kustomize.config.k8s.io/'))
      .map((object) => ({ object, place: { file: 'tree.yaml' } }));
    const world = buildWorld(inputs, {
      defaultNamespace: 'shop',
      exists: alreadyInstalled(catalog.platform),
      judgesSteps: true,
    });
    expect(
      runPreflight(world)
        .findings.filter(({ severity }) => severity !== 'info')
        .map(({ code, message }) => `${code}: ${message}`),
    ).toEqual([]);
    expect(objects.flatMap(faultsOf)).toEqual([]);
  });
});

function faultsOf(object: KubeObject): string[] {
  const { apiVersion, kind, metadata: _, ...rest } = object as KubeObject & Record<string, unknown>;
  const schema = schemasOf(apiVersion.split('/')[0]!).get(`${apiVersion} ${kind}`);
  return schema ? schemaFaults(rest, schema).map((fault) => `${kind} ${JSON.stringify(fault)}`) : [];
}

test('only an ingress or a gateway without proxies needs expose', () => {
  expect(modes.filter((mode) => sharesOnlyEntering(MESH_FACTS[mode]))).toEqual(entranceModes);
});
