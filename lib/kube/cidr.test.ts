import { cidrsOverlap, parseCidr } from './cidr';

test.each([
  ['10.4.0.0/14', 'from 168034304 to 168296447'],
  ['0.0.0.0/0', 'from 0 to 4294967295'],
  ['10.0.0.1/32', 'from 167772161 to 167772161'],
  ['10.0.0.0', 'is no range such as "10.4.0.0/14"'],
  ['256.0.0.0/8', 'is no range such as "10.4.0.0/14"'],
  ['10.0.0.0/33', 'is no range such as "10.4.0.0/14"'],
  ['10.5.0.0/14', 'has bits behind the prefix; "10.4.0.0/14" begins there'],
])('%s %s', (text, expected) => {
  const parsed = parseCidr(text);
  expect(parsed.ok ? `from ${parsed.value.first} to ${parsed.value.last}` : parsed.error).toBe(expected);
});

test.each([
  ['10.0.0.0/20', '10.0.16.0/20', false],
  ['10.0.0.0/20', '10.0.15.0/24', true],
  ['10.4.0.0/14', '10.0.0.0/8', true],
])('%s and %s overlap: %s', (a, b, expected) => {
  const [one, two] = [parseCidr(a), parseCidr(b)];
  expect(one.ok && two.ok && cidrsOverlap(one.value, two.value)).toBe(expected);
});
