import { MeshCounters } from '../mesh/counters';
import { parseLoadTest } from '../mesh/load-test';
import { type Stream, split } from '../mesh/routes';
import { type MeshState, portProtocol } from '../mesh/state';
import type { LiveObject } from './kube-client';

const object = (kind: string, name: string, fields: object): LiveObject =>
  ({
    apiVersion: 'v1',
    kind,
    ...fields,
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      resourceVersion: '1',
      ...(fields as { metadata?: object }).metadata,
    },
  }) as LiveObject;

const service = (name: string, workload: string): LiveObject =>
  object('Service', name, { spec: { selector: { app: workload }, ports: [{ port: 80, name: 'http' }] } });

const pod = (workload: string, labels: object = {}): LiveObject =>
  object('Pod', `${workload}-abc-1`, {
    metadata: {
      labels: { app: workload, 'pod-template-hash': 'abc', ...labels },
      ownerReferences: [{ kind: 'ReplicaSet', name: `${workload}-abc` }],
    },
    spec: { containers: [{ name: workload, image: `${workload}:1` }] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });

const namespaces = [object('Namespace', 'shop', { metadata: { labels: { 'istio-injection': 'enabled' } } })];
const services = [service('web', 'web-primary'), service('web-primary', 'web-primary'), service('web-canary', 'web')];
const route = (spec: object): LiveObject => object('VirtualService', 'web', { spec });
const weighted = route({
  gateways: ['istio-ingress/public', 'mesh'],
  hosts: ['shop.example.com', 'web'],
  http: [
    {
      route: [
        { destination: { host: 'web-primary' }, weight: 80 },
        { destination: { host: 'web-canary' }, weight: 20 },
      ],
    },
  ],
});
const state = (fields: Partial<MeshState> = {}): MeshState => ({
  virtualServices: [weighted],
  httpRoutes: [],
  gateways: [],
  services,
  pods: [pod('web-primary'), pod('web')],
  namespaces,
  networkPolicies: [],
  authorizationPolicies: [],
  sidecars: [],
  ...fields,
});
const stream = (fields: Partial<Stream> = {}): Stream => ({
  from: { workload: 'caller', namespace: 'shop' },
  host: 'web',
  port: 80,
  requestsPerSecond: 10,
  inMesh: true,
  ...fields,
});
const shares = (given: MeshState, sent: Stream): Record<string, number> =>
  Object.fromEntries(split(given, sent).map(({ service: name, share }) => [name, share]));

test.each<[string, MeshState, Stream, Record<string, number>]>([
  ['a caller in the mesh follows the weights', state(), stream(), { 'web-primary': 0.8, 'web-canary': 0.2 }],
  [
    'by its full name, too',
    state(),
    stream({ host: 'web.shop.svc.cluster.local' }),
    { 'web-primary': 0.8, 'web-canary': 0.2 },
  ],
  ['a caller without a proxy goes to the Service', state(), stream({ inMesh: false }), { web: 1 }],
  ['a load test at the -canary host goes there', state(), stream({ host: 'web-canary.shop' }), { 'web-canary': 1 }],
  [
    'a visitor through the gateway follows the weights',
    state(),
    stream({ gateway: 'istio-ingress/public', host: 'shop.example.com' }),
    { 'web-primary': 0.8, 'web-canary': 0.2 },
  ],
  [
    'a visitor through another gateway finds no route',
    state(),
    stream({ gateway: 'x/y', host: 'shop.example.com' }),
    {},
  ],
  [
    'a route without gateways is for the mesh only',
    state({
      virtualServices: [route({ hosts: ['web'], http: [{ route: [{ destination: { host: 'web-primary' } }] }] })],
    }),
    stream(),
    { 'web-primary': 1 },
  ],
  [
    'mirrored requests are copies',
    state({
      virtualServices: [
        route({
          hosts: ['web'],
          http: [
            {
              route: [{ destination: { host: 'web-primary' }, weight: 100 }],
              mirror: { host: 'web-canary' },
              mirrorPercentage: { value: 50 },
            },
          ],
        }),
      ],
    }),
    stream(),
    { 'web-primary': 1, 'web-canary': 0.5 },
  ],
])('%s', (_, given, sent, expected) => {
  expect(shares(given, sent)).toEqual(expected);
});

const httpRoute = (spec: object): LiveObject => object('HTTPRoute', 'web', { spec });
const backendRefs = [
  { name: 'web-primary', weight: 60 },
  { name: 'web-canary', weight: 40 },
];
const attached = httpRoute({
  parentRefs: [
    { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public', namespace: 'istio-ingress' },
    { group: '', kind: 'Service', name: 'web', port: 80 },
  ],
  hostnames: ['shop.example.com'],
  rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs }],
});
const ambient = [
  object('Namespace', 'shop', {
    metadata: { labels: { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' } },
  }),
];
const waypoint = object('Gateway', 'waypoint', { spec: { gatewayClassName: 'istio-waypoint' } });

test.each<[string, Partial<MeshState>, Stream, Record<string, number>]>([
  ['a caller in the mesh', {}, stream(), { 'web-primary': 0.6, 'web-canary': 0.4 }],
  ['another port of the Service', {}, stream({ port: 81 }), { web: 1 }],
  [
    'a visitor',
    {},
    stream({ gateway: 'istio-ingress/public', host: 'shop.example.com' }),
    { 'web-primary': 0.6, 'web-canary': 0.4 },
  ],
  ['a visitor of another host', {}, stream({ gateway: 'istio-ingress/public', host: 'x.example.com' }), {}],
  ['ambient, without a waypoint', { namespaces: ambient }, stream(), { web: 1 }],
  [
    'ambient, with a waypoint',
    { namespaces: ambient, gateways: [waypoint] },
    stream(),
    { 'web-primary': 0.6, 'web-canary': 0.4 },
  ],
  [
    'a header, a mirror',
    {
      httpRoutes: [
        httpRoute({
          parentRefs: [{ kind: 'Service', name: 'web' }],
          rules: [
            { matches: [{ headers: [{ name: 'x-canary', value: 'yes' }] }], backendRefs: [{ name: 'web-canary' }] },
            {
              backendRefs: [{ name: 'web-primary' }],
              filters: [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'web-canary' }, percent: 50 } }],
            },
          ],
        }),
      ],
    },
    stream(),
    { 'web-primary': 1, 'web-canary': 0.5 },
  ],
])('HTTPRoute: %s', (_, fields, sent, expected) => {
  expect(shares(state({ virtualServices: [], httpRoutes: [attached], ...fields }), sent)).toEqual(expected);
});

test.each([
  [[waypoint], /reporter="waypoint"[^}]*destination_workload="web-primary"/],
  [[], /^(?!.*reporter=)/s],
])('ambient: HTTP is counted by the waypoint or by nobody', (gateways, expected) => {
  const counters = new MeshCounters(() => ({ errorRate: 0, latencyMilliseconds: 20 }));
  counters.advance(state({ namespaces: ambient, gateways, httpRoutes: [attached] }), [stream()], 10);
  expect(counters.expose()).toMatch(expected);
});

test('A/B: only requests with the header reach the canary', () => {
  const given = state({
    virtualServices: [
      route({
        hosts: ['web'],
        http: [
          {
            match: [{ headers: { 'x-canary': { exact: 'yes' } } }],
            route: [{ destination: { host: 'web-canary' }, weight: 100 }],
          },
          { route: [{ destination: { host: 'web-primary' }, weight: 100 }] },
        ],
      }),
    ],
  });
  expect(shares(given, stream({ headers: { 'X-Canary': 'yes' } }))).toEqual({ 'web-canary': 1 });
  expect(shares(given, stream())).toEqual({ 'web-primary': 1 });
});

test('counters appear with the first request, name the workload and go with the pod', () => {
  const counters = new MeshCounters((image) => ({ errorRate: image === 'web:1' ? 0.5 : 0, latencyMilliseconds: 20 }));
  expect(counters.expose()).not.toContain('destination_workload');
  counters.advance(state(), [stream()], 10);
  const text = counters.expose();
  expect(text).toMatch(
    /istio_requests_total\{[^}]*destination_workload="web-primary"[^}]*response_code="200"[^}]*\} 80$/m,
  );
  expect(text).toMatch(/istio_requests_total\{[^}]*destination_workload="web"[^}]*response_code="500"[^}]*\} 10$/m);
  expect(text).toMatch(/_bucket\{[^}]*destination_workload="web"[^}]*le="10"\} 0$/m);
  expect(text).toMatch(/_bucket\{[^}]*destination_workload="web"[^}]*le="25"\} 10$/m);
  counters.advance(state({ pods: [pod('web-primary')] }), [], 1);
  expect(counters.expose()).not.toContain('destination_workload="web"');
});

test('a pod without a proxy counts nothing', () => {
  const counters = new MeshCounters(() => ({ errorRate: 0, latencyMilliseconds: 20 }));
  counters.advance(state({ pods: [pod('web-primary', { 'sidecar.istio.io/inject': 'false' })] }), [stream()], 10);
  expect(counters.expose()).not.toContain('destination_workload');
});

test.each([
  [{ appProtocol: 'grpc', name: 'http' }, 'grpc'],
  [{ name: 'grpc-web' }, 'grpc'],
  [{ name: 'redis' }, 'tcp'],
  [{ appProtocol: 'http' }, 'http'],
  [{}, 'http'],
])('protocol of port %j', (port, protocol) => {
  expect(portProtocol(port)).toBe(protocol);
});

test.each([
  [
    'hey -z 55s -q 5 -c 2 -H "X-Test: a b" http://web-canary.shop:80/shop',
    { requestsPerSecond: 10, host: 'web-canary.shop', port: 80, path: '/shop', seconds: 55 },
  ],
  [
    'ghz -z 1m5s --rps 10 -c 2 --insecure --call=grpc.health.v1.Health/Check cart-canary.shop:7070',
    { requestsPerSecond: 10, host: 'cart-canary.shop', port: 7070, seconds: 65 },
  ],
])('load test %s', (command, expected) => {
  expect(parseLoadTest(command)).toMatchObject(expected);
});

test('what is no load test makes no traffic', () => {
  expect(parseLoadTest('curl -sf http://web-canary.shop/')).toBeUndefined();
});
