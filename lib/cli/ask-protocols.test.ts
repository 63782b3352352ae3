import { alikePorts, protocolQuestion } from './ask-protocols';

test('alike ports are asked for once', () => {
  const alike = alikePorts([
    { service: 'cart', port: 7070 },
    { service: 'mail', port: 2525 },
    { service: 'shop', port: 7070 },
  ]);
  expect(alike.map(protocolQuestion)).toEqual([
    'What does mail:2525 speak? Nothing in the manifests tells.',
    'What do the 2 ports 7070 speak (cart:7070, shop:7070)? Nothing in the manifests tells.',
  ]);
});

test('a question lists five names', () => {
  const ports = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((service) => ({ service, port: 1 }));
  expect(alikePorts(ports).map(protocolQuestion)).toEqual([
    'What do the 7 ports 1 speak (a:1, b:1, c:1, d:1, e:1 and 2 more)? Nothing in the manifests tells.',
  ]);
});
