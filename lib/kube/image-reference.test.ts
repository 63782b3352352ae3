import { parseImageReference } from './image-reference';

const SHA = `sha256:${'0123456789abcdef'.repeat(4)}`;

test.each([
  ['nginx', { repository: 'nginx' }],
  ['nginx:1.27', { repository: 'nginx', tag: '1.27' }],
  ['library/nginx:1', { repository: 'library/nginx', tag: '1' }],
  ['localhost:5000/a/b', { repository: 'localhost:5000/a/b' }],
  ['localhost:5000/a:t', { repository: 'localhost:5000/a', tag: 't' }],
  ['gcr.io/p/frontend:v0.10.6', { repository: 'gcr.io/p/frontend', tag: 'v0.10.6' }],
  [`redis:alpine@${SHA}`, { repository: 'redis', tag: 'alpine', digest: SHA }],
  [`redis@${SHA}`, { repository: 'redis', digest: SHA }],
  ['[::1]:5000/a', { repository: '[::1]:5000/a' }],
  ['Registry/a', { repository: 'Registry/a' }],
  ['a__b/c--d.e_f', { repository: 'a__b/c--d.e_f' }],
  ['foo:80', { repository: 'foo', tag: '80' }],
])('%s', (text, value) => expect(parseImageReference(text)).toEqual({ ok: true, value }));

const part = (component: string) =>
  `has the part "${component}" in the repository: only lower case letters, digits and single separators (".", "_", "-") between them are allowed`;

test.each([
  ['', 'is empty'],
  [':tag', 'has no repository'],
  ['nginx:', 'has an empty tag'],
  ['Nginx', 'has capital letters in the repository'],
  ['gcr.io/P/x', 'has capital letters in the repository'],
  ['a//b', 'has an empty part in the repository'],
  ['a/', 'has an empty part in the repository'],
  ['gcr.io/', 'has no repository'],
  ['a b', part('a b')],
  ['-a', part('-a')],
  ['a___b', part('a___b')],
  ['a..b', part('a..b')],
  ['https://gcr.io/a', 'has "https:" in the place of a registry, which is not a host'],
  [
    'nginx:a b',
    'has the tag "a b": a tag has up to 128 letters, digits, "_", "." and "-", and does not start with "." or "-"',
  ],
  [
    'nginx:.a',
    'has the tag ".a": a tag has up to 128 letters, digits, "_", "." and "-", and does not start with "." or "-"',
  ],
  ['nginx@sha256:12', 'has a digest that is not "sha256:" and 64 hexadecimal digits'],
  [`nginx@sha256:${'a'.repeat(63)}`, 'has a digest of 63 characters where sha256 has 64 lower case hexadecimal digits'],
  [`nginx@sha256:${'A'.repeat(64)}`, 'has a digest of 64 characters where sha256 has 64 lower case hexadecimal digits'],
  [`nginx@md5:${'a'.repeat(32)}`, 'has a digest of the unknown algorithm "md5"'],
  ['a'.repeat(64), 'is an image id, not a name'],
  ['b'.repeat(240), 'has a repository of more than 255 characters'],
])('%s is refused', (text, error) => expect(parseImageReference(text)).toEqual({ ok: false, error }));
