import { deniedBy } from '../mesh/authorization-policies';
import { droppedBy, type End } from '../mesh/network-policies';
import { hiddenBy } from '../mesh/sidecars';
import type { LiveObject } from './kube-client';

const object = (kind: string, name: string, spec: object, metadata: object = {}): LiveObject =>
  ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', ...metadata },
    spec,
  }) as LiveObject;
const network = (name: string, spec: object, metadata: object = {}) => object('NetworkPolicy', name, spec, metadata);
const end = (name: string, namespace = 'shop'): End => ({
  who: `${namespace}/${name}`,
  namespace,
  labels: { app: name },
  namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
  ports: { http: 8080 },
});
const of = (app: string) => ({ podSelector: { matchLabels: { app } } });
const space = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });
const office: End = { who: 'the office', address: '10.20.3.4' };

test.each<[string, LiveObject[], End, End, number, string | undefined]>([
  ['no policy', [], end('web'), end('cart'), 8080, undefined],
  ['of other pods', [network('x', of('other'))], end('web'), end('cart'), 8080, undefined],
  [
    'none is named',
    [network('cart', of('cart'))],
    end('web'),
    end('cart'),
    8080,
    'ingress of shop/cart: NetworkPolicy shop/cart names no shop/web on 8080/TCP',
  ],
  [
    'by another one of the same pods',
    [network('cart', of('cart')), network('more', { podSelector: {}, ingress: [{ from: [of('web')] }] })],
    end('web'),
    end('cart'),
    8080,
    undefined,
  ],
  [
    'the same labels in another namespace',
    [network('cart', { ...of('cart'), ingress: [{ from: [of('web')] }] })],
    end('web', 'elsewhere'),
    end('cart'),
    8080,
    'ingress of shop/cart: NetworkPolicy shop/cart names no elsewhere/web on 8080/TCP',
  ],
  [
    'namespace and pods together',
    [network('cart', { ...of('cart'), ingress: [{ from: [{ ...space('elsewhere'), ...of('web') }] }] })],
    end('web', 'elsewhere'),
    end('cart'),
    8080,
    undefined,
  ],
  [
    'a port by its name',
    [network('cart', { ...of('cart'), ingress: [{ from: [of('web')], ports: [{ port: 'http' }] }] })],
    end('web'),
    end('cart'),
    8080,
    undefined,
  ],
  [
    'a range of ports',
    [network('cart', { ...of('cart'), ingress: [{ ports: [{ port: 8000, endPort: 8079 }] }] })],
    end('web'),
    end('cart'),
    8080,
    'ingress of shop/cart: NetworkPolicy shop/cart names no shop/web on 8080/TCP',
  ],
  [
    'egress is isolated where it has rules',
    [network('web', { ...of('web'), egress: [{ to: [of('db')] }], ingress: [{}] })],
    end('web'),
    end('cart'),
    8080,
    'egress of shop/web: NetworkPolicy shop/web names no shop/cart on 8080/TCP',
  ],
  [
    'an address',
    [network('cart', { ...of('cart'), ingress: [{ from: [{ ipBlock: { cidr: '10.20.0.0/16' } }] }] })],
    office,
    end('cart'),
    8080,
    undefined,
  ],
  [
    'an address that is left out',
    [
      network('cart', {
        ...of('cart'),
        ingress: [{ from: [{ ipBlock: { cidr: '10.20.0.0/16', except: ['10.20.3.0/24'] } }] }],
      }),
    ],
    office,
    end('cart'),
    8080,
    'ingress of shop/cart: NetworkPolicy shop/cart names no the office on 8080/TCP',
  ],
  [
    'both values of a label',
    [
      network('cart', {
        podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['cart', 'cart-primary'] }] },
      }),
    ],
    end('web'),
    end('cart-primary'),
    8080,
    'ingress of shop/cart-primary: NetworkPolicy shop/cart names no shop/web on 8080/TCP',
  ],
])('NetworkPolicy: %s', (_, policies, from, to, port, expected) => {
  expect(droppedBy(policies, from, to, { port })).toBe(expected);
});

const authorization = (name: string, spec: object, metadata: object = {}) =>
  object('AuthorizationPolicy', name, spec, metadata);
const cart = { at: 'pod', namespace: 'shop', labels: { app: 'cart' } } as const;
const web = 'cluster.local/ns/shop/sa/web';
const from = (...principals: string[]) => ({ from: [{ source: { principals } }] });
const request = { method: 'POST', path: '/shop.Cart/Add' };

test.each<[string, LiveObject[], object, string | undefined]>([
  ['no policy', [], {}, undefined],
  ['by name', [authorization('cart', { rules: [from(web)] })], {}, undefined],
  [
    'without a certificate',
    [authorization('cart', { rules: [from('*')] })],
    { principal: undefined },
    'AuthorizationPolicy shop/cart does not allow a caller without identity on 7070 (POST /shop.Cart/Add)',
  ],
  [
    'no rule at all',
    [authorization('default-deny', {})],
    {},
    `AuthorizationPolicy shop/default-deny does not allow ${web} on 7070 (POST /shop.Cart/Add)`,
  ],
  [
    'any of several is enough',
    [authorization('default-deny', {}), authorization('cart', { rules: [from(web)] })],
    {},
    undefined,
  ],
  [
    'another path',
    [authorization('cart', { rules: [{ ...from(web), to: [{ operation: { paths: ['/shop.Cart/Get*'] } }] }] })],
    {},
    `AuthorizationPolicy shop/cart does not allow ${web} on 7070 (POST /shop.Cart/Add)`,
  ],
  [
    'a rule about requests where only connections are seen',
    [authorization('cart', { rules: [{ ...from(web), to: [{ operation: { methods: ['POST'] } }] }] })],
    { request: undefined },
    `AuthorizationPolicy shop/cart does not allow ${web} on 7070`,
  ],
  [
    'denied, though allowed',
    [
      authorization('cart', { rules: [from(web)] }),
      authorization('deny', { action: 'DENY', rules: [from('cluster.local/ns/shop/*')] }),
    ],
    {},
    `AuthorizationPolicy shop/deny denies ${web} on 7070 (POST /shop.Cart/Add)`,
  ],
  ['one that only logs', [authorization('cart', {}, { annotations: { 'istio.io/dry-run': 'true' } })], {}, undefined],
  [
    'of the mesh',
    [authorization('all', {}, { namespace: 'istio-system' })],
    {},
    `AuthorizationPolicy istio-system/all does not allow ${web} on 7070 (POST /shop.Cart/Add)`,
  ],
  ['of a waypoint', [authorization('cart', { targetRefs: [{ kind: 'Service', name: 'cart' }] })], {}, undefined],
])('AuthorizationPolicy: %s', (_, policies, asked, expected) => {
  expect(deniedBy(policies, cart, { principal: web, port: 7070, request, ...asked })).toBe(expected);
});

test('AuthorizationPolicy: a waypoint asks those of its Service alone', () => {
  const policies = [
    authorization('default-deny', {}),
    authorization('cart', { targetRefs: [{ kind: 'Service', name: 'cart' }], rules: [from(web)] }),
  ];
  const asked = { principal: web, port: 80, request };
  expect(deniedBy(policies, { at: 'service', namespace: 'shop', service: 'cart' }, asked)).toBeUndefined();
  expect(deniedBy(policies, { at: 'service', namespace: 'shop', service: 'web' }, asked)).toBeUndefined();
});

test.each([
  [
    () => droppedBy([network('x', { ...of('cart'), tier: 'first' })], end('web'), end('cart'), { port: 80 }),
    'NetworkPolicy shop/x: the mesh imitation does not understand tier',
  ],
  [
    () => deniedBy([authorization('x', { action: 'CUSTOM' })], cart, { port: 80 }),
    'AuthorizationPolicy shop/x: the mesh imitation does not understand action CUSTOM',
  ],
  [
    () => deniedBy([authorization('x', { rules: [{ when: [] }] })], cart, { port: 80 }),
    'AuthorizationPolicy shop/x: the mesh imitation does not understand when',
  ],
])('what is not understood is not passed over: %#', (judge, message) => {
  expect(judge).toThrow(message);
});

const sidecar = (name: string, hosts: readonly string[], spec: object = {}) =>
  object('Sidecar', name, { egress: [{ hosts }], outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' }, ...spec });

test.each<[string, LiveObject[], string | undefined]>([
  ['none', [], undefined],
  ['by name', [sidecar('web', ['shop/cart.shop.svc.cluster.local'])], undefined],
  ['its namespace', [sidecar('web', ['./*'])], undefined],
  [
    'another host',
    [sidecar('web', ['shop/db.shop.svc.cluster.local'])],
    'Sidecar shop/web does not name cart.shop.svc.cluster.local',
  ],
  [
    "the pods' own before the namespace's",
    [sidecar('default', ['*/*']), sidecar('web', ['istio-system/*'], { workloadSelector: { labels: { app: 'web' } } })],
    'Sidecar shop/web does not name cart.shop.svc.cluster.local',
  ],
])('Sidecar: %s', (_, sidecars, expected) => {
  const pod = { namespace: 'shop', labels: { app: 'web' } };
  expect(hiddenBy(sidecars, pod, { name: 'cart', namespace: 'shop' })).toBe(expected);
});
