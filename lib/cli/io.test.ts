import { wantsColor } from './io';
import { memoryIo } from './memory-io';

test.each([
  ['a pipe', false, {}, false],
  ['a terminal', true, {}, true],
  ['NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['TERM=dumb', true, { TERM: 'dumb' }, false],
  ['FORCE_COLOR', false, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
  ['NO_COLOR before FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
])('colour: %s', (_, isTTY, env, expected) => {
  expect(wantsColor(memoryIo({ isTTY }).stdout, env)).toBe(expected);
});
