import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { loadAll } from 'js-yaml';
import { type Catalog, loadCatalog } from '../lib/catalog';
import { alreadyInstalled } from '../lib/charts';
import { allProviders, providerOf } from '../lib/flagger';
import { fieldsAt, isFields, type KubeObject, listAt, type StructuralSchema, schemaFaults, textAt } from '../lib/kube';
import { countsRequests, entranceModes, MESH_FACTS, type Mesh } from '../lib/mesh';
import { runPreflight } from '../lib/preflight';
import { buildWorld } from '../lib/world';
import { renderCatalog } from './render';
import { runs } from './runs';

type Mode = (typeof entranceModes)[number];

const service = (name: string, fields: object) => ({
  name,
  image: { tag: '1.0.0' },
  ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
  probes: { readiness: { http: { path: '/ready' } } },
  resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '64Mi' } },
  ...fields,
});

/** One service with a canary, one that is exposed without, one that is only called. */
const catalog = (platform: object) => ({
  platform: {
    namespace: 'shop',
    registry: 'registry.example.com/shop',
    gitops: { url: 'https://gitlab.example.com/shop/gitops.git' },
    gateway: { namespace: 'ingress', name: 'public', tlsSecretName: 'public-tls' },
    ...platform,
  },
  clusters: [{ name: 'one', domain: 'example.com', flux: { mode: 'gotk' } }],
  services: [
    service('web', {
      env: { API: { service: 'api' }, CART: { service: 'cart' } },
      expose: { hosts: ['web.{domain}', 'www.{domain}'], paths: ['/', '/a'] },
      canary: { interval: '1m', threshold: 5, stepWeight: 20, maxWeight: 60, loadTest: { requestsPerSecond: 10 } },
    }),
    service('api', { expose: { hosts: ['api.{domain}'] }, canary: false }),
    service('cart', { canary: false }),
  ],
});

/** Where nobody counts, the service has a check of its own. */
function checked(mode: Mode) {
  const asked = catalog({ provider: mode });
  const custom = [{ name: 'errors', query: 'sum(errors{app="{{ target }}"})', max: 1 }];
  if (!countsRequests(MESH_FACTS[mode]))
    Object.assign((asked.services[0] as unknown as { canary: object }).canary, { metrics: { custom } });
  return asked;
}

function objectsOf(mode: Mode): readonly KubeObject[] {
  const loaded = loadCatalog(JSON.stringify(checked(mode)), 'services.json');
  expect(loaded.findings).toEqual([]);
  return renderCatalog(loaded.catalog as Catalog).flatMap(({ objects }) => objects);
}

describe.each(entranceModes)('platform.provider %s', (mode) => {
  const objects = objectsOf(mode);
  const provider = providerOf(MESH_FACTS[mode].provider);

  test('the Canary has the provider and what Flagger finds the traffic by', () => {
    const canary = objects.find(({ kind }) => kind === 'Canary');
    expect(textAt(canary, 'spec', 'provider')).toBe(provider.values[0]);
    const { reference } = provider;
    if (!reference?.isRequired) return;
    const { apiVersion, kind } = reference;
    expect(fieldsAt(canary, 'spec', reference.field)).toEqual({ apiVersion, kind, name: 'web' });
    expect(
      objects.filter((one) => one.apiVersion === apiVersion && one.kind === kind && one.metadata.name === 'web'),
    ).toHaveLength(1);
  });

  test('nothing of Istio is there, and preflight finds nothing', () => {
    expect(objects.filter(({ apiVersion }) => apiVersion.includes('istio.io'))).toEqual([]);
    const inputs = objects
      .filter(({ metadata, apiVersion }) => isFields(metadata) && !apiVersion.startsWith('kustomize.config.k8s.io/'))
      .map((object) => ({ object, place: { file: 'tree.yaml' } }));
    const world = buildWorld(inputs, {
      defaultNamespace: 'shop',
      exists: alreadyInstalled({ ...checked(mode).platform, provider: mode }),
      judgesSteps: true,
    });
    expect(runPreflight(world).findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  });

  const definitions = definitionsOf(objects);
  (definitions.size > 0 ? test : test.skip)('what leads a host to a service is what the definitions take', () => {
    let judged = 0;
    for (const object of objects) {
      const schema = definitions.get(`${object.apiVersion} ${object.kind}`);
      if (!schema) continue;
      const { apiVersion: _, kind: __, metadata: ___, ...rest } = object as unknown as Record<string, unknown>;
      expect([object.kind, schemaFaults(rest, schema)]).toEqual([object.kind, []]);
      judged += 1;
    }
    expect(judged).toBeGreaterThan(1);
  });
});

/** Schemas of the kinds of other groups than Kubernetes', Flux' and Flagger's, by version and kind. */
function definitionsOf(objects: readonly KubeObject[]): ReadonlyMap<string, StructuralSchema> {
  const found = new Map<string, StructuralSchema>();
  for (const { apiVersion, kind } of objects) {
    const [group = '', version] = apiVersion.split('/');
    const file = join(__dirname, `../../shared/crds-providers/${group}.yaml`);
    if (group === 'monitoring.coreos.com' || !existsSync(file)) continue;
    for (const definition of loadAll(readFileSync(file, 'utf8')))
      for (const served of (fieldsAt(definition, 'spec').versions as readonly object[]) ?? [])
        if (textAt(definition, 'spec', 'names', 'kind') === kind && textAt(served, 'name') === version) {
          const schema = fieldsAt(served, 'schema', 'openAPIV3Schema') as StructuralSchema;
          const { apiVersion: _, kind: __, metadata: ___, ...properties } = schema.properties ?? {};
          const required = schema.required?.filter((name) => name !== 'metadata');
          found.set(`${apiVersion} ${kind}`, { ...schema, properties, ...(required && { required }) });
        }
  }
  return found;
}

test('a mesh says which edits it asks for, and takes the catalog after them', () => {
  const changed = catalog({ mesh: 'kubernetes' });
  const { findings } = loadCatalog(JSON.stringify(changed), 'services.json');
  expect(findings.map(({ code, place }) => `${place.pointer} ${code}`)).toEqual([
    '/services/0/expose no-gateway',
    '/services/0/canary/stepWeight canary',
    '/services/1/expose no-gateway',
  ]);
  expect(loadCatalog(JSON.stringify(catalog({ mesh: 'istio-sidecar' })), 'services.json').findings).toEqual([]);
});

test.each(['nginx', 'kuma'])('%s: a success rate that sees no failed gRPC call is refused at the port', (mode) => {
  const asked = {
    ...catalog(mode === 'kuma' ? { mesh: mode } : { provider: mode }),
    services: [
      service('web', {
        ports: [{ port: 80, targetPort: 8080, protocol: 'grpc' }],
        probes: { readiness: { grpc: {} } },
        ...(mode === 'kuma' ? {} : { expose: { hosts: ['web.{domain}'] } }),
        canary: { stepWeight: 20, maxWeight: 60, loadTest: false, metrics: { successRateMinPercent: 99 } },
      }),
    ],
  };
  const { findings } = loadCatalog(JSON.stringify(asked), 'services.json');
  expect(findings.map(({ place, message }) => [place.pointer, message])).toEqual([
    [
      '/services/0/ports/0/protocol',
      `"web" speaks grpc, and metrics.successRateMinPercent 99 cannot be checked there: "${mode}" counts HTTP codes`,
    ],
  ]);
});

test('codes of gRPC that nobody reads are refused', () => {
  const asked = {
    ...catalog({ mesh: 'linkerd' }),
    services: [
      service('web', {
        ports: [{ port: 80, targetPort: 8080, protocol: 'grpc' }],
        probes: { readiness: { grpc: {} } },
        canary: { loadTest: false, metrics: { grpcSuccessCodes: [0, 7] } },
      }),
    ],
  };
  const { findings } = loadCatalog(JSON.stringify(asked), 'services.json');
  expect(findings.map(({ place, message }) => [place.pointer, message])).toEqual([
    [
      '/services/0/canary/metrics/grpcSuccessCodes',
      'grpcSuccessCodes are read where Istio counts, and with "linkerd" it does not',
    ],
  ]);
});

test('a check of another store is a MetricTemplate beside the Canary, with the Secret by name', () => {
  const asked = catalog({ provider: 'contour', metricStores: { dd: { type: 'datadog', secretName: 'datadog' } } });
  Object.assign(asked.services[0]!, {
    canary: { metrics: { custom: [{ name: 'errors', store: 'dd', query: 'avg:errors{app:web}', max: 5 }] } },
  });
  const { catalog: loaded, findings } = loadCatalog(JSON.stringify(asked), 'services.json');
  expect(findings).toEqual([]);
  const objects = renderCatalog(loaded as Catalog).flatMap((file) => file.objects);
  const template = objects.find(({ kind }) => kind === 'MetricTemplate');
  expect([template?.metadata.namespace, template?.metadata.name, fieldsAt(template, 'spec')]).toEqual([
    'shop',
    'web-errors',
    { provider: { type: 'datadog', secretRef: { name: 'datadog' } }, query: 'avg:errors{app:web}' },
  ]);
  const [, , custom] = listAt(
    objects.find(({ kind }) => kind === 'Canary'),
    'spec',
    'analysis',
    'metrics',
  );
  expect(custom).toMatchObject({ name: 'errors', templateRef: { name: 'web-errors', namespace: 'shop' } });
  expect(alreadyInstalled((loaded as Catalog).platform)).toEqual([
    'CustomResourceDefinition httpproxies.projectcontour.io',
    'Secret */datadog',
  ]);
});

test('a Gateway that is there: Flagger writes the route of a canary, the tree that of another service', () => {
  const objects = objectsOf('gateway-api');
  const canary = objects.find(({ kind }) => kind === 'Canary');
  const gateway = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'ingress', name: 'public' };
  expect(fieldsAt(canary, 'spec', 'service')).toMatchObject({
    gatewayRefs: [gateway],
    hosts: ['web.example.com', 'www.example.com'],
    match: [{ uri: { prefix: '/' } }, { uri: { prefix: '/a' } }],
  });
  expect(
    objects
      .filter(({ kind }) => kind === 'HTTPRoute')
      .map((route) => [route.metadata.name, listAt(route, 'spec', 'parentRefs'), listAt(route, 'spec', 'hostnames')]),
  ).toEqual([['api', [gateway], ['api.example.com']]]);
  const { findings } = loadCatalog(
    JSON.stringify(catalog({ provider: 'gateway-api', gateway: undefined })),
    'services.json',
  );
  expect(findings.map(({ place, message }) => `${place.pointer} ${message}`)).toEqual(
    [0, 1].map(
      (index) =>
        `/services/${index}/expose "${['web', 'api'][index]}" is exposed, and nothing names the Gateway that provider "gateway-api" has`,
    ),
  );
});

test('Linkerd by the Gateway API: the Service is the parent, and what its proxies count is asked by templates', () => {
  const asked = {
    ...catalog({ mesh: 'linkerd-gateway-api' }),
    services: [
      service('web', { env: { CART: { service: 'cart' } }, canary: { stepWeight: 20, maxWeight: 60 } }),
      service('cart', {
        ports: [{ port: 7000, protocol: 'grpc' }],
        probes: { readiness: { grpc: {} } },
        canary: { stepWeight: 20, maxWeight: 60 },
      }),
    ],
  };
  const { catalog: loaded, findings } = loadCatalog(JSON.stringify(asked), 'services.json');
  expect(findings).toEqual([]);
  const objects = renderCatalog(loaded as Catalog).flatMap((file) => file.objects);
  const named = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  // What the proxies count is read by the Prometheus that the platform installs.
  expect(listAt(named('PodMonitor', 'linkerd-proxies'), 'spec', 'podMetricsEndpoints')).toMatchObject([
    { port: 'linkerd-admin', interval: '15s' },
  ]);
  expect(
    ['web', 'cart'].map((name) => [
      textAt(named('Canary', name), 'spec', 'provider'),
      listAt(named('Canary', name), 'spec', 'service', 'gatewayRefs'),
      listAt(named('Canary', name), 'spec', 'analysis', 'metrics').map((metric) => fieldsAt(metric, 'templateRef')),
    ]),
  ).toEqual([
    [
      'gatewayapi:v1',
      [{ group: '', kind: 'Service', name: 'web', port: 80 }],
      [
        { name: 'http-success-rate', namespace: 'flagger-system' },
        { name: 'request-duration-p99', namespace: 'flagger-system' },
      ],
    ],
    [
      'gatewayapi:v1',
      [{ group: '', kind: 'Service', name: 'cart', port: 7000 }],
      [
        { name: 'grpc-success-rate', namespace: 'flagger-system' },
        { name: 'request-duration-p99', namespace: 'flagger-system' },
      ],
    ],
  ]);
  const { successRate, duration } = allProviders.find(({ id }) => id === 'linkerd')!.builtin!;
  expect(
    ['grpc-success-rate', 'http-success-rate', 'request-duration-p99'].map((name) =>
      textAt(named('MetricTemplate', name), 'spec', 'query'),
    ),
  ).toEqual([successRate, successRate, duration]);
  expect(fieldsAt(named('Namespace', 'shop'), 'metadata', 'annotations')).toMatchObject({
    'linkerd.io/inject': 'enabled',
  });
});

const entered = fc.record({
  mode: fc.constantFrom(...entranceModes),
  services: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('web', 'api', 'cart', `long-${'x'.repeat(40)}`),
      namespace: fc.constantFrom(undefined, 'other'),
      port: fc.constantFrom(80, 8080),
      isGrpc: fc.boolean(),
      hosts: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
      paths: fc.constantFrom(undefined, ['/'], ['/', '/api'], ['/api/v1/']),
      canary: fc.constantFrom<object | false>(
        false,
        {},
        { stepWeights: [5, 20, 50] },
        { stepWeight: 20, maxWeight: 60, stepWeightPromotion: 50, loadTest: { requestsPerSecond: 5 } },
        { iterations: 3, loadTest: { requestsPerSecond: 5 } },
      ),
    }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
  ),
});

test('whatever comes in by an ingress controller synthesizes, and preflight has no error', () => {
  fc.assert(
    fc.property(entered, ({ mode, services }) => {
      const { refusesGrpc }: Mesh = MESH_FACTS[mode];
      const asked = {
        ...catalog({ provider: mode }),
        services: services.map(({ name, namespace, port, isGrpc, hosts, paths, canary }) => {
          const protocol = isGrpc && !refusesGrpc ? 'grpc' : 'http';
          return service(name, {
            ...(namespace && { namespace }),
            ports: [{ port, targetPort: 8080, protocol }],
            probes: { readiness: protocol === 'grpc' ? { grpc: {} } : { http: { path: '/ready' } } },
            expose: { hosts: hosts.map((host) => `${host}.${name}.{domain}`), ...(paths && { paths }) },
            canary: protocol === 'grpc' && canary !== false ? { ...canary, loadTest: false as const } : canary,
          });
        }),
      };
      const { catalog: loaded, findings } = loadCatalog(JSON.stringify(asked), 'services.json');
      expect(findings.map(({ message }) => message)).toEqual([]);
      const objects = renderCatalog(loaded as Catalog).flatMap((file) => file.objects);
      const inputs = objects
        .filter(({ metadata, apiVersion }) => isFields(metadata) && !apiVersion.startsWith('kustomize.config.k8s.io/'))
        .map((object) => ({ object, place: { file: 'tree.yaml' } }));
      const world = buildWorld(inputs, {
        defaultNamespace: 'shop',
        exists: alreadyInstalled((loaded as Catalog).platform),
        judgesSteps: true,
      });
      const errors = runPreflight(world).findings.filter(({ severity }) => severity === 'error');
      expect(errors.map(({ code, message }) => `${mode} ${code}: ${message}`)).toEqual([]);
    }),
    { seed: 21, numRuns: runs(120) },
  );
});
