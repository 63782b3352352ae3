import { nearest } from './nearest';

const services = ['frontend', 'cartservice', 'currencyservice', 'paymentservice', 'emailservice'];

test.each([
  ['cartservise', services, 'cartservice'],
  ['Frontend', services, 'frontend'],
  ['fornt', ['port', 'front'], 'front'],
  ['replcias', ['replicas', 'resources'], 'replicas'],
  ['stepWieght', ['stepWeight', 'stepWeights', 'maxWeight'], 'stepWeight'],
  ['redis', services, undefined],
  ['x', ['a', 'b'], undefined],
  ['', ['a'], undefined],
  ['frontend', [], undefined],
  ['ab', ['abc', 'abd'], 'abc'],
  ['a'.repeat(101), ['a'.repeat(101)], undefined],
])('%j → %3$j', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});
