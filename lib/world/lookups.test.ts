import * as fc from 'fast-check';
import type { KubeObject } from '../kube';
import { buildWorld, type World, type WorldFacts } from './index';

const meta = (name: string, more = {}) => ({ name, namespace: 'shop', ...more });
const deployment = (name: string, container = {}, template = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: meta(name),
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'server', ...container }] },
      ...template,
    },
  },
});
const service = (name: string, selector = { app: name }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name),
  spec: { selector, ports: [{ port: 80 }] },
});
const canary = (name: string, spec = {}): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: meta(name),
  spec: {
    targetRef: { kind: 'Deployment', name },
    service: { port: 80, ...(spec as any).service },
    analysis: {},
    ...spec,
  },
});
const world = (objects: KubeObject[], facts?: WorldFacts): World =>
  buildWorld(
    objects.map((object) => ({ object, place: { file: 'a.yaml' } })),
    facts,
  );

test('holds what Flagger makes, at the place of the Canary', () => {
  const one = world([deployment('cart'), canary('cart')]);
  const made = (kind: string) => one.ofKind(kind).flatMap(({ name, madeBy }) => (madeBy ? [name] : []));
  expect(made('Deployment')).toEqual(['cart-primary']);
  expect(made('Service')).toEqual(['cart', 'cart-primary', 'cart-canary']);
  expect(made('VirtualService')).toEqual(['cart']);
  expect(made('DestinationRule')).toEqual(['cart-canary', 'cart-primary']);
  expect(one.find('Deployment', 'shop', 'cart-primary')?.place()).toMatchObject({ object: 'Canary shop/cart' });
});

test('a written Service that Flagger takes over selects the primary, and is still known', () => {
  const cart = world([deployment('cart'), service('cart'), canary('cart')]).service('shop', 'cart')!;
  expect([cart.selector, cart.role, cart.entry.replaces?.object.spec]).toEqual([
    { app: 'cart-primary' },
    'apex',
    { selector: { app: 'cart' }, ports: [{ port: 80 }] },
  ]);
  expect(cart.workloads.map(({ name }) => name)).toEqual(['cart-primary']);
});

test('edges come from environment, config maps, arguments, routes and load tests', () => {
  const one = world([
    deployment('cart'),
    canary('cart', {
      analysis: {
        webhooks: [
          {
            name: 'load',
            url: 'http://tester.test/',
            metadata: { cmd: 'hey -z 1m -q 5 -c 2 http://cart-canary.shop:80/' },
          },
        ],
      },
    }),
    deployment('web', {
      env: [
        { name: 'CART_ADDR', value: 'cart:7070' },
        { name: 'MODE', value: 'cart' },
      ],
    }),
    deployment('jobs', { envFrom: [{ configMapRef: { name: 'jobs' } }], args: ['--cart=http://cart.shop/'] }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('jobs'), data: { CART_HOST: 'cart' } },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: meta('ingress'),
      spec: { hosts: ['x.example'], gateways: ['gw'], http: [{ route: [{ destination: { host: 'cart' } }] }] },
    },
  ]);
  const edges = (name: string) =>
    one.edgesTo('shop', name).map(({ via, entry, pointer, port }) => [via, entry.name, pointer, port]);
  expect(edges('cart')).toEqual([
    ['workload', 'web', '/spec/template/spec/containers/0/env/0/value', 7070],
    ['workload', 'jobs', '/data/CART_HOST', undefined],
    ['workload', 'jobs', '/spec/template/spec/containers/0/args/0', 80],
    ['route', 'ingress', '/spec/http/0/route/0', undefined],
  ]);
  expect(edges('cart-canary')).toEqual([['load-test', 'cart', '/spec/analysis/webhooks/0', 80]]);
});

test.each<[string, KubeObject[], WorldFacts, string]>([
  ['no namespace', [], {}, 'unknown'],
  ['a namespace without labels', [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }], {}, 'no'],
  [
    'a label',
    [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } }],
    {},
    'yes',
  ],
  ['a stated namespace', [], { injectedNamespaces: ['shop'] }, 'yes'],
])('injection by %s', (_, objects, facts, sidecar) => {
  const one = world([...objects, deployment('cart')], facts);
  expect(one.workload('Deployment', 'shop', 'cart')?.injection.sidecar).toBe(sidecar);
});

test.each([
  ['istio/proxyv2:1.31.1', 'yes'],
  ['auto', 'no'],
])('a container istio-proxy of the image %s: sidecar %s', (image, sidecar) => {
  const plain: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  const one = world([plain, deployment('cart', { name: 'istio-proxy', image })]);
  expect(one.workload('Deployment', 'shop', 'cart')?.injection.sidecar).toBe(sidecar);
});

test.each([
  ['mesh', 'mesh'],
  ['public', 'shop/public'],
  ['./public', 'shop/public'],
  ['ingress/public', 'ingress/public'],
  ['public.ingress', 'ingress/public'],
  ['public.ingress.svc.cluster.local', 'ingress/public'],
])('the gateway %s is %s', (written, gateway) => {
  expect(world([canary('cart', { service: { gateways: [written] } })]).canary('shop', 'cart')?.gateways).toEqual([
    gateway,
  ]);
});

test('policies are found by the pods that they select, those of the whole mesh too', () => {
  const policy = (name: string, namespace: string, matchLabels?: object): KubeObject => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace },
    spec: matchLabels ? { selector: { matchLabels } } : {},
  });
  const one = world([
    deployment('cart'),
    policy('mesh', 'istio-system'),
    policy('all', 'shop'),
    policy('cart', 'shop', { app: 'cart' }),
    policy('other', 'shop', { app: 'other' }),
  ]);
  const cart = one.workload('Deployment', 'shop', 'cart')!;
  expect(one.selecting('AuthorizationPolicy', cart).map(({ name }) => name)).toEqual(['mesh', 'all', 'cart']);
});

test('a selector with expressions finds its pods by the values that it lists, or among all of the namespace', () => {
  const budget = (name: string, selector: object): KubeObject => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: meta(name),
    spec: { selector },
  });
  const key = 'app';
  const one = world([
    deployment('cart'),
    deployment('other'),
    canary('cart'),
    budget('both', { matchExpressions: [{ key, operator: 'In', values: ['cart', 'cart', 'cart-primary'] }] }),
    budget('not-other', { matchExpressions: [{ key, operator: 'NotIn', values: ['other'] }] }),
    budget('oops', { matchExpressions: 'oops' }),
    budget('none', { matchExpressions: [{ key, operator: 'In', values: 5 }] }),
  ]);
  const budgetsOf = (name: string) =>
    one.selecting('PodDisruptionBudget', one.workload('Deployment', 'shop', name)!).map((entry) => entry.name);
  expect(budgetsOf('cart')).toEqual(['not-other', 'oops', 'both']);
  expect(budgetsOf('cart-primary')).toEqual(['not-other', 'oops', 'both']);
  expect(budgetsOf('other')).toEqual(['oops']);
});

test('the Kustomization of an object is the one with the longest path to its file', () => {
  const kustomization = (name: string, path: string): KubeObject => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system' },
    spec: { path, interval: '10m' },
  });
  const one = buildWorld([
    { object: kustomization('all', './clusters/eu'), place: { file: 'dist/clusters/eu/flux.yaml' } },
    { object: kustomization('apps', './clusters/eu/apps/'), place: { file: 'dist/clusters/eu/flux.yaml' } },
    { object: service('cart'), place: { file: 'dist/clusters/eu/apps/cart.yaml' } },
  ]);
  expect(one.kustomizationOf(one.entries()[2]!)?.name).toBe('apps');
});

test('Flagger is found in a HelmRelease, else stated, else assumed', () => {
  const release: KubeObject = {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: meta('flagger'),
    spec: { chart: { spec: { chart: 'flagger' } }, values: { meshProvider: 'kubernetes' } },
  };
  const provider = (one: World) => [one.flagger.meshProvider.value, one.flagger.meshProvider.certainty];
  expect(provider(world([release]))).toEqual(['kubernetes', 'known']);
  expect(provider(world([], { meshProvider: 'linkerd' }))).toEqual(['linkerd', 'stated']);
  expect(provider(world([]))).toEqual(['istio', 'assumed']);
});

test.each([
  ['gateways of Istio', { service: { gateways: ['public'] } }, 'istio', 'known'],
  ['gateways of the Gateway API', { service: { gatewayRefs: [{ name: 'gw' }] } }, 'gatewayapi:v1', 'assumed'],
  ['a mesh of App Mesh', { service: { meshName: 'global', hosts: ['*'] } }, 'appmesh', 'assumed'],
  ['an Ingress', { ingressRef: { name: 'web' } }, 'nginx', 'assumed'],
  ['a route of APISIX', { routeRef: { name: 'web' } }, 'apisix', 'assumed'],
  ['nothing', {}, 'istio', 'assumed'],
])('where nobody names the provider, %s speaks for one', (_, spec, value, certainty) => {
  const one = world([{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', metadata: meta('web'), spec }]);
  expect(one.canaries()[0]?.provider).toMatchObject({ value, certainty });
});

test('objects of one identity that are written twice', () => {
  const one = world([service('cart'), service('cart')]);
  expect([one.entries().length, one.duplicates().length]).toEqual([1, 1]);
});

test('whatever the fields hold, every question has an answer', () => {
  const kinds = [
    'Deployment',
    'Service',
    'Canary',
    'VirtualService',
    'HTTPRoute',
    'Ingress',
    'HelmRelease',
    'Namespace',
    'Kustomization',
    'HorizontalPodAutoscaler',
    'NetworkPolicy',
    'ConfigMap',
  ];
  const sound: KubeObject[] = [deployment('cart'), service('cart'), canary('cart')];
  const broken = fc.record({
    apiVersion: fc.constantFrom('v1', 'apps/v1', 'flagger.app/v1beta1', 'networking.istio.io/v1'),
    kind: fc.constantFrom(...kinds),
    metadata: fc.oneof(fc.constant(meta('cart')), fc.anything()),
    spec: fc.oneof(
      fc.anything(),
      fc.record({
        targetRef: fc.anything(),
        service: fc.anything(),
        analysis: fc.anything(),
        template: fc.anything(),
        rules: fc.anything(),
        http: fc.anything(),
        selector: fc.anything(),
      }),
    ),
  });
  fc.assert(
    fc.property(fc.array(broken, { maxLength: 4 }), (objects) => {
      const one = world([...(objects as KubeObject[]), ...sound]);
      one.edges();
      for (const view of one.canaries()) [view.metrics, view.webhooks, view.ports, view.inbound, view.loadTests];
      for (const workload of one.workloads())
        [
          workload.injection,
          workload.configReferences,
          one.servicesOf(workload),
          one.selecting('NetworkPolicy', workload),
        ];
      one.fluxKustomizations();
    }),
    { seed: 7, numRuns: 300 },
  );
});

test.each<[string[], boolean]>([
  [['*'], true],
  [['Secret shop/*'], true],
  [['* shop/token'], true],
  [['Secret */token'], true],
  [['Secret shop/token'], true],
  [['Secret shop/toke'], false],
  [['ConfigMap *', 'Secret mall/*'], false],
])('the statement that %j exist covers Secret shop/token: %s', (exists, expected) => {
  expect(buildWorld([], { exists }).mayExist('Secret', 'shop', 'token')).toBe(expected);
});
