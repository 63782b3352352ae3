import { dangers } from '../../lib/diff';
import { shown } from '../tiers/flagger-diff';
import { dangerPairs, NOT_HERE, stageOf } from './danger-pairs';

const hasStep = (id: string, isBad: boolean): boolean =>
  dangerPairs.some((pair) => pair.danger === id && pair.isBad === isBad && stageOf(pair) !== undefined);

test.each([
  ['bad', true],
  ['good', false],
])('no danger is without a %s pair that takes its step on the real thing', (_, isBad) => {
  expect(dangers.map(({ id }) => id).filter((id) => !hasStep(id, isBad))).toEqual([]);
});

test('no bad pair is left out, and every good one that is left out is there', () => {
  const left = dangerPairs.filter((pair) => stageOf(pair) === undefined);
  expect(left.filter(({ isBad }) => isBad)).toEqual([]);
  expect([...new Set(left.map(({ name }) => name))].sort()).toEqual([...NOT_HERE.keys()].sort());
});

test('somebody has said how a pair with a Canary is shown', () => {
  const needed = dangerPairs.filter((pair) => stageOf(pair) === 'flagger').map(({ danger }) => danger);
  expect([...new Set(needed)].sort()).toEqual([...shown].sort());
});
