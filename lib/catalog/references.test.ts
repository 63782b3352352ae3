import { referredServices } from './references';

test('references come from containers and init containers, once each', () => {
  const services = referredServices({
    name: 'frontend',
    env: { A: { service: 'cart' }, B: { service: 'cart' }, C: { service: 'frontend' }, D: 'text' },
    initContainers: [
      { name: 'wait', image: 'busybox', env: { ADDR: { service: 'ads' }, KEY: { secret: { name: 'a', key: 'b' } } } },
      { name: 'none', image: 'busybox' },
    ],
  });
  expect(services).toEqual(['ads', 'cart', 'frontend']);
});
