import { loadCatalog, lockedImage, parseImageLock, printImageLock, resolveCluster, withImages } from '.';
import { type ImageLock, noImages } from './image-lock';

const digest = `sha256:${'a'.repeat(64)}`;
const source = 'b'.repeat(40);
const lock: ImageLock = {
  clusters: {
    staging: { web: { image: 'r.example.com/web', digest }, cart: { image: 'r.example.com/cart:v2', digest, source } },
    production: {},
  },
};
const text = `{
  "clusters": {
    "production": {},
    "staging": {
      "cart": { "image": "r.example.com/cart:v2", "digest": "${digest}", "source": "${source}" },
      "web": { "image": "r.example.com/web", "digest": "${digest}" }
    }
  }
}
`;

test('is written with one line a service, and read as it was', () => {
  expect(printImageLock(lock)).toBe(text);
  expect(parseImageLock(text, 'images.lock.json')).toEqual({ lock: JSON.parse(text), findings: [] });
  expect(printImageLock(noImages)).toBe('{\n  "clusters": {}\n}\n');
  expect(JSON.parse(printImageLock(noImages))).toEqual(noImages);
});

test.each([
  ['{', '', /^the list of images is not JSON: /],
  ['[]', '', 'the list of images has no "clusters"'],
  ['{"clusters": {"a": []}}', '/clusters/a', 'the images of a cluster are an object'],
  ['{"clusters": {"a": {"x": {"image": "x:1"}}}}', '/clusters/a/x', 'the image of "x" has no "image" or no "digest"'],
  [
    `{"clusters": {"a": {"x": {"image": "x:1@${digest}", "digest": "${digest}"}}}}`,
    '/clusters/a/x',
    'the image of "x" has a digest in its reference: it belongs into "digest"',
  ],
  [
    '{"clusters": {"a": {"x": {"image": "x:1", "digest": "sha256:1"}}}}',
    '/clusters/a/x',
    'the image of "x" has a digest that is not "sha256:" and 64 hexadecimal digits',
  ],
  [
    `{"clusters": {"a": {"x": {"image": "x:1", "digest": "${digest}", "source": "main"}}}}`,
    '/clusters/a/x',
    'the image of "x" has a "source" that is no id of git',
  ],
  [
    `{"clusters": {"a": {"x": {"image": "x:1", "digest": "${digest}", "when": 1}}}}`,
    '/clusters/a/x',
    'the image of "x" has the unknown key "when"',
  ],
  ['{"clusters": {"a": {"X": {}}}}', '/clusters/a/X', 'the image of "X" has a name that no service can have'],
])('refuses %s', (bad, pointer, message) => {
  const { lock: none, findings } = parseImageLock(bad, 'images.lock.json');
  expect(none).toBeUndefined();
  expect(findings).toEqual([
    expect.objectContaining({
      code: 'invalid-image-lock',
      place: { file: 'images.lock.json', pointer },
      message: expect.stringMatching(message),
    }),
  ]);
});

test('entries are set and removed, and others stay', () => {
  const changed = withImages(lock, 'staging', { cart: undefined, web: { image: 'w:2', digest } });
  expect(changed.clusters).toEqual({ production: {}, staging: { web: { image: 'w:2', digest } } });
});

const catalog = (image: object) =>
  JSON.stringify({
    platform: { namespace: 'shop', registry: 'r.example.com', gitops: { url: 'https://git.example.com/g.git' } },
    clusters: ['staging', 'production'].map((name) => ({ name, domain: 'example.com', flux: { mode: 'gotk' } })),
    services: [{ name: 'web', image, ports: [{ port: 80, protocol: 'http' }] }],
  });

test('stands above the catalog, with the whole image', () => {
  const { catalog: loaded } = loadCatalog(catalog({ tag: 'v1' }), 'services.json', undefined, lock);
  const image = (cluster: string) => resolveCluster(loaded!, cluster).services[0]!.image;
  expect(image('staging')).toEqual({ repository: 'r.example.com/web', digest });
  expect(image('production')).toEqual({ tag: 'v1' });
});

test('a service may leave its version to it', () => {
  const load = (images?: ImageLock) =>
    loadCatalog(catalog({}), 'services.json', undefined, images).findings.map(({ code }) => code);
  expect(load()).toEqual(['image-without-version']);
  expect(load(withImages(lock, 'production', lock.clusters.staging!))).toEqual([]);
});

test('asks for own keys only', () => {
  expect(lockedImage(lock, 'constructor', 'toString')).toBeUndefined();
  expect(lockedImage(lock, 'staging', 'toString')).toBeUndefined();
});
