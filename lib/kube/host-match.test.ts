import { hostMatches, wildcardHostError } from './host-match';

test.each([
  ['*', 'a.b', true],
  ['*.example.com', 'shop.example.com', true],
  ['*.example.com', 'a.b.example.com', true],
  ['*.example.com', 'example.com', false],
  ['*.example.com', 'badexample.com', false],
  ['shop.example.com', '*.example.com', true],
  ['*.example.com', '*.shop.example.com', true],
  ['*.shop.example.com', '*.example.com', true],
  ['*.a.com', '*.b.com', false],
  ['a.com', 'A.com', true],
  ['a.com', 'b.com', false],
])('%s and %s: %s', (a, b, expected) => expect(hostMatches(a, b)).toBe(expected));

const FORM =
  'must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit';

test.each([
  ['shop.example.com', undefined],
  ['*.example.com', undefined],
  ['localhost', undefined],
  ['', 'is empty'],
  ['*', FORM],
  ['a.*.com', FORM],
  ['Shop.example.com', FORM],
  ['shop.example.com.', FORM],
  ['https://shop.example.com', 'has a scheme: write the host alone'],
  ['shop.example.com/cart', 'has a path: write the host alone'],
  ['shop.example.com:443', 'has a port: write the host alone'],
  ['10.0.0.1', 'is an IP address, not a host'],
  [`${'a'.repeat(64)}.com`, 'has a part of more than 63 characters (64)'],
])('host %j', (text, error) => expect(wildcardHostError(text)).toBe(error));
