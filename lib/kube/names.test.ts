import {
  configKeyError,
  dnsLabelError,
  dnsSubdomainError,
  envNameError,
  labelValueError,
  portNameError,
  qualifiedNameError,
  serviceNameError,
} from './names';

const LABEL = 'must consist of lower case letters, digits and "-", and start and end with a letter or digit';
const VALUE = 'must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit';
const SUBDOMAIN =
  'must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit';
const a = (length: number) => 'a'.repeat(length);

test.each([
  ['a', undefined],
  ['0a-1', undefined],
  [a(63), undefined],
  ['', 'is empty'],
  [a(64), 'is longer than 63 characters (64)'],
  ['Cart', LABEL],
  ['a_b', LABEL],
  ['a.b', LABEL],
  ['-a', LABEL],
  ['a-', LABEL],
  ['a\n', LABEL],
])('label %j', (text, error) => expect(dnsLabelError(text)).toBe(error));

test.each([
  ['a', undefined],
  ['a0-1', undefined],
  ['0a', 'must start with a letter'],
  ['', 'is empty'],
  [a(64), 'is longer than 63 characters (64)'],
  ['a_b', LABEL],
])('service name %j', (text, error) => expect(serviceNameError(text)).toBe(error));

test.each([
  ['a.b-c.0', undefined],
  [`${a(63)}.${a(189)}`, undefined],
  [a(254), 'is longer than 253 characters (254)'],
  ['', 'is empty'],
  ['a..b', SUBDOMAIN],
  ['a.', SUBDOMAIN],
  ['*.a', SUBDOMAIN],
  ['A.b', SUBDOMAIN],
])('subdomain %j', (text, error) => expect(dnsSubdomainError(text)).toBe(error));

test.each([
  ['', undefined],
  ['v1.2_3-x', undefined],
  ['A', undefined],
  [a(64), 'is longer than 63 characters (64)'],
  ['a b', VALUE],
  ['-a', VALUE],
  ['a.', VALUE],
])('label value %j', (text, error) => expect(labelValueError(text)).toBe(error));

test.each([
  ['app', undefined],
  ['app.kubernetes.io/name', undefined],
  ['example.com/My_Name.x', undefined],
  ['', 'is empty'],
  ['/name', 'has a part before the "/" that is empty'],
  ['example.com/', 'has nothing after the "/"'],
  ['a/b/c', 'has more than one "/"'],
  ['Example.com/a', `has a part before the "/" that ${SUBDOMAIN}`],
  [a(64), 'is longer than 63 characters (64)'],
  [`x/${a(64)}`, 'has a part after the "/" that is longer than 63 characters (64)'],
  ['a b', `${VALUE}, after an optional domain and "/"`],
])('qualified name %j', (text, error) => expect(qualifiedNameError(text)).toBe(error));

test.each([
  ['PORT', undefined],
  ['my.var-1', undefined],
  ['', 'is empty'],
  ['1A', 'must consist of letters, digits, "-", "_" and ".", and not start with a digit or ".."'],
  ['A B', 'must consist of letters, digits, "-", "_" and ".", and not start with a digit or ".."'],
  ['..a', 'must consist of letters, digits, "-", "_" and ".", and not start with a digit or ".."'],
])('env name %j', (text, error) => expect(envNameError(text)).toBe(error));

test.each([
  ['products.json', undefined],
  ['', 'is empty'],
  ['a/b', 'must consist of letters, digits, "-", "_" and "."'],
  ['..', 'must not be "." or start with ".."'],
  ['.', 'must not be "." or start with ".."'],
])('config key %j', (text, error) => expect(configKeyError(text)).toBe(error));

test.each([
  ['grpc', undefined],
  ['http-web-8080', undefined],
  ['', 'is empty'],
  [a(16), 'is longer than 15 characters (16)'],
  ['8080', 'must contain at least one letter'],
  ['a--b', 'must not contain two "-" in a row'],
  ['-a', 'must not start or end with "-"'],
  ['Http', 'must consist of lower case letters, digits and "-"'],
])('port name %j', (text, error) => expect(portNameError(text)).toBe(error));
