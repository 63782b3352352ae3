import type { ResolvedService } from '../catalog';
import { callees, depths } from './call-graph';

const service = (name: string, ...calls: string[]): ResolvedService => ({
  name,
  pointer: '',
  env: Object.fromEntries(calls.map((callee, index) => [`ADDR_${index}`, { service: callee }])),
});

test('callees come from references of containers and init containers, once each', () => {
  const frontend: ResolvedService = {
    ...service('frontend', 'cart', 'cart', 'frontend'),
    initContainers: [{ name: 'wait', image: 'busybox', env: { ADDR: { service: 'ads' } } }],
  };
  expect(callees(frontend)).toEqual(['ads', 'cart']);
});

test.each<[string, ResolvedService[], Record<string, number>]>([
  ['a chain', [service('a', 'b'), service('b', 'c'), service('c')], { a: 2, b: 1, c: 0 }],
  ['a diamond', [service('a', 'b', 'c'), service('b', 'd'), service('c'), service('d')], { a: 2, b: 1, c: 0, d: 0 }],
  ['a circle shares a depth', [service('a', 'b'), service('b', 'a', 'c'), service('c')], { a: 1, b: 1, c: 0 }],
  ['a callee that is not in the cluster counts nothing', [service('a', 'gone')], { a: 0 }],
])('%s', (_, services, expected) => {
  expect(Object.fromEntries(depths(services))).toEqual(expected);
});

test('a chain of twenty thousand services is no recursion', () => {
  const chain = Array.from({ length: 20_000 }, (_, index) =>
    service(`s${index}`, ...(index < 19_999 ? [`s${index + 1}`] : [])),
  );
  expect(depths(chain).get('s0')).toBe(19_999);
});
