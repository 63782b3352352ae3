import { deployment, helmRelease, kustomization, object } from './case-objects';
import type { DangerCase } from './danger';
import { reportDiff } from './diff-report';
import { caseDiff } from './find-dangers';

const effects = (one: Omit<DangerCase, 'name'>) =>
  reportDiff([caseDiff({ name: '', ...one })]).clusters.flatMap(({ services }) =>
    services.flatMap((all) => all.effects),
  );

const both = [deployment('cart'), deployment('web')];
const web = [deployment('web')];
const flux = (...spec: object[]) => spec.map((one) => kustomization('apps', 'apps', { ...one }));

describe('what is said of an object that leaves the folder of a Kustomization', () => {
  const ends =
    'deleted or left, which is not certain, as the commit also changes whether "apps" prunes: Deployment cart';
  test.each([
    ['it prunes', {}, {}, 'deleted: Deployment cart'],
    [
      'it does not',
      { prune: false },
      { prune: false },
      'left in the cluster, as what applied it lets it be: Deployment cart',
    ],
    ['it begins to', { prune: false }, {}, ends],
    ['it ends to', {}, { prune: false }, ends],
    ['it goes to sleep', {}, { suspend: true }, ends],
    [
      'it sleeps',
      { suspend: true },
      { suspend: true },
      'nothing happens until somebody resumes Kustomization "apps": it is suspended',
    ],
    ['it wakes up', { suspend: true }, {}, 'deleted: Deployment cart'],
  ])('%s', (_, before, after, expected) => {
    expect(
      effects({
        before: { 'flux.yaml': flux(before), 'apps/all.yaml': both },
        after: { 'flux.yaml': flux(after), 'apps/all.yaml': web },
      }),
    ).toContain(expected);
  });

  test('the last one of the folder', () => {
    const all = effects({
      before: { 'flux.yaml': flux({}), 'apps/all.yaml': web, 'other.yaml': [deployment('cart')] },
      after: { 'flux.yaml': flux({}), 'other.yaml': [deployment('cart')] },
    });
    expect(all).toEqual([
      'deleted where Git still has the folder "apps", else left, as Flux fails then: Deployment web',
    ]);
  });
});

describe('what is said of an object that another Kustomization applies', () => {
  const moves = (from: object, to: object) => {
    const flux = [kustomization('a', 'a', { ...from }), kustomization('b', 'b', { ...to })];
    const rest = { 'a/x.yaml': [deployment('x')], 'b/y.yaml': [deployment('y')] };
    return effects({
      before: { 'flux.yaml': flux, ...rest, 'a/cart.yaml': [deployment('cart')] },
      after: { 'flux.yaml': flux, ...rest, 'b/cart.yaml': [deployment('cart')] },
    });
  };
  test.each([
    [
      'it waits for the first one',
      {},
      { dependsOn: [{ name: 'a' }] },
      'deleted by "a" and made again by "b" once that is Ready: down meanwhile',
    ],
    [
      'the first one waits for it',
      { dependsOn: [{ name: 'b' }] },
      {},
      '"b" takes it over before "a" lets it go: nothing is deleted',
    ],
    [
      'neither waits',
      {},
      {},
      '"a" deletes it unless "b" is first, which is not certain: deleted, it is made again when "b" comes to it, and down meanwhile',
    ],
    ['it sleeps', {}, { suspend: true }, 'deleted by "a", and "b", which is suspended, does not make it again'],
    [
      'the first one deletes nothing',
      { prune: false },
      {},
      '"b" takes it over before "a" lets it go: nothing is deleted',
    ],
  ])('%s', (_, from, to, expected) => {
    expect(moves(from, to)).toEqual([expected]);
  });
});

test('a release that gets another name is installed anew', () => {
  const before = [helmRelease('redis', 'redis', '19.6.0')];
  const after = [helmRelease('redis', 'redis', '19.6.0')].map((one) => ({
    ...one,
    spec: { ...(one.spec as object), releaseName: 'cache' },
  }));
  expect(effects({ before, after })).toEqual([
    'Helm uninstalls redis and installs it anew: what its chart makes of it is not seen here',
  ]);
});

test('what kustomize names by its content is compared with what it was', () => {
  const config = (name: string, mode: string) => object('v1', 'ConfigMap', name, { data: { mode, region: 'eu' } });
  const { clusters } = reportDiff([
    caseDiff({
      name: '',
      before: [config('settings-5k2d8bg7mf', 'slow'), config('other-5k2d8bg7mf', 'x')],
      after: [config('settings-9gbc2t46hm', 'fast')],
    }),
  ]);
  const objects = clusters.flatMap(({ services }) => services.flatMap((one) => one.objects));
  expect(objects.map(({ object: name, change, fields }) => [name, change, fields])).toEqual([
    ['ConfigMap shop/other-5k2d8bg7mf', 'removed', []],
    ['ConfigMap shop/settings-5k2d8bg7mf', 'removed', []],
    ['ConfigMap shop/settings-9gbc2t46hm', 'added', [{ path: 'data.mode', before: 'slow', after: 'fast' }]],
  ]);
});
