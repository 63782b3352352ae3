import { parseServiceHost } from './service-host';

test.each([
  ['cart', { name: 'cart', namespace: 'shop' }],
  ['Cart', { name: 'cart', namespace: 'shop' }],
  ['cart.other', { name: 'cart', namespace: 'other' }],
  ['cart.other.svc', { name: 'cart', namespace: 'other' }],
  ['cart.other.svc.cluster.local', { name: 'cart', namespace: 'other' }],
  ['cart.other.svc.cluster.local.', { name: 'cart', namespace: 'other' }],
  ['cart.', undefined],
  ['cart.other.svc.', undefined],
  ['', undefined],
  ['10.0.0.1', undefined],
  ['www.example.com', undefined],
  ['pod.cart.other.svc.cluster.local', undefined],
  ['cart.other.svc.cluster', undefined],
  ['*.other', undefined],
])('%s', (host, expected) => expect(parseServiceHost(host, 'shop')).toEqual(expected));

test('another cluster domain', () => {
  expect(parseServiceHost('cart.other.svc.k8s.example', 'shop', 'k8s.example')).toEqual({
    name: 'cart',
    namespace: 'other',
  });
  expect(parseServiceHost('cart.other.svc.cluster.local', 'shop', 'k8s.example')).toBeUndefined();
});
