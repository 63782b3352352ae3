import * as fc from 'fast-check';
import type { Catalog, Platform, Service } from '../../lib/catalog';
import { entranceModes, MESH_FACTS, type MeshMode, meshModes, sharesOnlyEntering } from '../../lib/mesh';
import { ports, service, text } from './service';

const MESHES = ['istio-sidecar', 'istio-gateway-api', 'istio-ambient', 'kubernetes'] as const;
/** What somebody else runs: meshes, ingress controllers, gateways. */
const FOREIGN = [...meshModes.filter((mode) => !(MESHES as readonly string[]).includes(mode)), ...entranceModes];
const optional = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });

const policies = fc.constantFrom('off' as const, 'audit' as const, 'enforce' as const);

function platform(mode: MeshMode): fc.Arbitrary<Platform> {
  const isEntrance = (entranceModes as readonly string[]).includes(mode);
  return fc
    .record(
      {
        namespace: fc.constantFrom('shop', 'microservices-demo'),
        mesh: fc.constant(mode as NonNullable<Platform['mesh']>),
        registry: fc.constantFrom('registry.example.com/shop', 'localhost:5000', 'shop'),
        prometheus: optional({
          address: fc.constant('http://prometheus.monitoring:9090'),
          scrapeInterval: fc.constantFrom('15s', '1m'),
          install: fc.boolean(),
          retention: fc.constantFrom('7d', '12h'),
        }),
        gitops: fc.record(
          {
            url: fc.constantFrom('https://gitlab.com/example/gitops.git', 'ssh://git@gitlab.com/example/gitops.git'),
            branch: fc.constantFrom('main', 'release/1.x'),
            path: fc.constantFrom('.', 'deploy/tree'),
            secretName: fc.constant('flux-system'),
            interval: fc.constantFrom('1m', '30s'),
          },
          { requiredKeys: ['url'] },
        ),
        metricStores: fc.constantFrom<NonNullable<Platform['metricStores']>>(
          { dd: { type: 'datadog', secretName: 'datadog' } },
          {
            cw: { type: 'cloudwatch', region: 'eu-central-1' },
            own: { type: 'prometheus', address: 'https://prometheus.example.com' },
          },
        ),
        gateway: optional({
          name: fc.constant('edge'),
          namespace: fc.constant('ingress'),
          tlsSecretName: fc.constant('tls'),
        }),
        versions: optional({ istio: fc.constant('1.31.0'), flagger: fc.constant('1.44.0') }),
        observability: optional({ accessLog: fc.boolean(), tracingSamplingPercent: fc.constantFrom(0, 0.5, 100) }),
        namespaces: fc.constant({ shop: { labels: { team: 'a' }, annotations: { 'example.com/x': 'y' } } }),
        policies,
        podSecurity: fc.constantFrom<NonNullable<Platform['podSecurity']>>('baseline', 'restricted', 'privileged'),
        alerts: fc.record(
          {
            type: fc.constantFrom(
              'slack' as const,
              'msteams' as const,
              'discord' as const,
              'rocket' as const,
              'gchat' as const,
            ),
            channel: fc.constant('on-call'),
            secretName: fc.constant('alert-address'),
            severity: fc.constantFrom('info' as const, 'warn' as const, 'error' as const),
          },
          { requiredKeys: ['type', 'secretName'] },
        ),
      },
      { requiredKeys: ['namespace', 'mesh', 'registry', 'gitops'] },
    )
    .map(({ mesh, ...rest }) =>
      isEntrance
        ? // A Gateway that is there has a name.
          // And policies are refused: they would cut the controller off.
          ({
            ...rest,
            provider: mode,
            gateway: { ...rest.gateway, name: 'edge' },
            ...(rest.policies && { policies: 'off' }),
          } as Platform)
        : { ...rest, mesh },
    )
    .map(({ namespaces, ...rest }) =>
      // Of the one that there is.
      namespaces ? { ...rest, namespaces: { [rest.namespace]: namespaces.shop } } : rest,
    );
}

const flux = fc.oneof(
  fc.constant({ mode: 'gotk' as const }),
  fc.record(
    {
      mode: fc.constant('FluxInstance' as const),
      version: fc.constant('2.9.x'),
      size: fc.constantFrom('small' as const, 'large' as const),
    },
    { requiredKeys: ['mode'] },
  ),
);

const external: fc.Arbitrary<NonNullable<Catalog['external']>> = fc
  .array(
    fc.record(
      {
        hosts: fc.constantFrom<string[]>(['api.example.org'], ['*.example.net', 'b.example.org']),
        ports: fc.constantFrom<NonNullable<Catalog['external']>[number]['ports']>(
          [{ port: 443, protocol: 'https' }],
          [
            { name: 'db', port: 5432, protocol: 'tcp' },
            { port: 80, protocol: 'http' },
          ],
        ),
        addresses: fc.constantFrom<string[]>(['10.0.0.1'], ['10.0.0.0/8']),
      },
      { requiredKeys: ['hosts', 'ports'] },
    ),
    { maxLength: 2 },
  )
  .map((list) => list.map((one, index) => ({ name: `external-${index}`, ...one })));

/** Overrides that are valid for every service, whatever it says itself. */
const allOverrides = optional({
  imagePullPolicy: fc.constant('Always' as const),
  env: fc.dictionary(fc.constantFrom('LEVEL', 'ADDR'), text, { maxKeys: 2 }),
  labels: fc.constant({ region: 'eu' }),
  disruptionBudget: fc.constant(false as const),
  expose: fc.constant(false as const),
  canary: fc.constant(false as const),
  priorityClassName: fc.constant('low'),
  terminationGracePeriodSeconds: fc.nat(60),
});

const overridesOf = (services: readonly Service[], overrides: typeof allOverrides) =>
  services.length === 0
    ? fc.constant({})
    : fc.dictionary(fc.constantFrom(...services.map(({ name }) => name)), overrides, { maxKeys: 2 });

/** Where services run, what they listen on, and so who may call whom. */
const framesOf = (modes: readonly MeshMode[]) =>
  fc.record({
    mode: fc.constantFrom(...modes),
    clusters: fc.uniqueArray(fc.constantFrom('staging', 'production', 'eu-1'), { minLength: 1, maxLength: 3 }),
    services: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('cart', 'web', 'redis-cart', 'a', 'web2', `long-${'x'.repeat(50)}`),
        ports: fc.oneof(
          { weight: 5, arbitrary: ports },
          { weight: 1, arbitrary: fc.constant<NonNullable<Service['ports']>>([]) },
        ),
        isEverywhere: fc.boolean(),
      }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 5 },
    ),
  });

/** A patch of a Deployment that exists wherever the patch applies. */
const patches = (services: readonly Service[]): fc.Arbitrary<NonNullable<Catalog['patches']>> => {
  const everywhere = services.filter(({ clusters }) => clusters === undefined);
  if (everywhere.length === 0) return fc.constant([]);
  type Patch = NonNullable<Catalog['patches']>[number];
  const one = fc.constantFrom(...everywhere).chain(({ name, workloadName }) =>
    fc.record<Patch>({
      target: fc.constant({ kind: 'Deployment', name: workloadName ?? name }),
      ...(workloadName === undefined ? {} : { service: fc.constant(name) }),
      reason: fc.constant('the field is not in the catalog'),
      operations: fc.constantFrom(
        [{ op: 'add' as const, path: '/spec/revisionHistoryLimit', value: 5 }],
        [
          {
            op: 'add' as const,
            path: '/spec/strategy',
            value: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          },
        ],
        [
          { op: 'test' as const, path: '/kind', value: 'Deployment' },
          { op: 'add' as const, path: '/metadata/annotations/b~1c', value: 'x' },
        ],
        [{ op: 'remove' as const, path: '/spec/template/spec/securityContext' }],
      ),
    }),
  );
  return fc.array(one, { maxLength: 2 });
};

/** Valid catalogs with every feature: what `loadCatalog` must take and every room after it must manage. */
const promotionFrom = (clusters: readonly string[]) =>
  fc.record(
    {
      from: fc.constantFrom(...clusters),
      gate: fc.constantFrom('merge-request' as const, 'click' as const, 'none' as const),
    },
    { requiredKeys: [] },
  );

const catalogsOf = (modes: readonly MeshMode[]): fc.Arbitrary<Catalog> =>
  framesOf(modes)
    .chain(({ mode, clusters, services: framed }) => {
      // Without a host a canary would get nothing.
      const overrides = sharesOnlyEntering(MESH_FACTS[mode])
        ? allOverrides.map(({ expose: _, ...rest }) => rest)
        : allOverrides;
      const runsIn = (isEverywhere: boolean) => (isEverywhere ? undefined : [clusters[0]!]);
      const services = fc.tuple(
        ...framed.map(({ name, ports: own, isEverywhere }) =>
          service({
            name,
            mode,
            ports: own,
            clusters: runsIn(isEverywhere),
            callable: framed.filter((other) => other.ports.length > 0 && (other.isEverywhere || !isEverywhere)),
          }),
        ),
      );
      return services.chain((list) =>
        fc.record(
          {
            platform: platform(mode),
            clusters: fc.tuple(
              ...clusters.map((name, index) =>
                fc.record(
                  {
                    name: fc.constant(name),
                    ...(index === 0 ? {} : { promotion: promotionFrom(clusters.slice(0, index)) }),
                    domain: fc.constant(`${name}.example.com`),
                    policies,
                    flux,
                    defaults: overrides,
                    services: overridesOf(
                      list.filter((one) => one.clusters?.includes(name) ?? true),
                      overrides,
                    ),
                  },
                  { requiredKeys: ['name', 'domain', 'flux'] },
                ),
              ),
            ),
            defaults: overrides,
            services: fc.constant(list),
            external,
            patches: patches(list),
          },
          { requiredKeys: ['platform', 'clusters', 'services'] },
        ),
      );
    })
    .map((catalog) => JSON.parse(JSON.stringify(catalog)) as Catalog);

/** With the meshes that the platform installs, and with none. */
export const catalogs = catalogsOf(MESHES);
/** With what somebody else runs. */
export const foreignCatalogs = catalogsOf(FOREIGN);
