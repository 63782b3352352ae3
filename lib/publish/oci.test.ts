import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { artifactBlobs, CONFIG_TYPE, CONTENT_TYPE, parseOciAddress, pushOci } from './oci';
import { PublishProblem } from './problem';

const files = new Map([
  ['index.json', '{}\n'],
  ['clusters/staging/apps/wave-0/cart.yaml', 'kind: ConfigMap\n'],
]);
const about = { revision: 'main@sha1:abc', source: 'https://git.example.com/app', created: '2026-01-02T03:04:05Z' };

test.each<[string, object | string]>([
  [
    'oci://registry.example.com/shop/manifests:staging',
    { host: 'registry.example.com', repository: 'shop/manifests', tag: 'staging' },
  ],
  ['oci://127.0.0.1:5000/m:v1', { host: '127.0.0.1:5000', repository: 'm', tag: 'v1' }],
  ['registry.example.com/m:v1', 'is not the address of an artifact'],
  ['oci://registry.example.com/m', 'is not the address of an artifact'],
  ['oci://user:secret@registry.example.com/m:v1', 'is not the address of an artifact'],
  ['oci://registry.example.com/M:v1', 'is not the address of an artifact'],
])('%s', (address, expected) => {
  if (typeof expected === 'object') expect(parseOciAddress(address)).toEqual(expected);
  else expect(() => parseOciAddress(address)).toThrow(expected);
});

test('the layout is that of flux push artifact', () => {
  const { manifest, blobs } = artifactBlobs({ files, ...about });
  const { config, layers, annotations, schemaVersion } = JSON.parse(manifest.content.toString());
  expect(schemaVersion).toBe(2);
  expect(config.mediaType).toBe(CONFIG_TYPE);
  expect(layers.map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual([CONTENT_TYPE]);
  expect(annotations).toEqual({
    'org.opencontainers.image.created': about.created,
    'org.opencontainers.image.revision': about.revision,
    'org.opencontainers.image.source': about.source,
  });
  const archive = gunzipSync(blobs[1]!.content);
  expect(archive.subarray(0, 100).toString().replace(/\0+$/, '')).toBe('clusters/staging/apps/wave-0/cart.yaml');
  expect(archive.length % 512).toBe(0);
});

test('the same files are the same bytes, in whatever order', () => {
  const [one, other] = [files, new Map([...files].reverse())].map((all) => artifactBlobs({ files: all, ...about }));
  expect(one!.manifest.content.equals(other!.manifest.content)).toBe(true);
});

test('a path of more than 100 bytes is cut at a slash', () => {
  const long = `clusters/${'c'.repeat(60)}/apps/wave-0/${'s'.repeat(63)}.yaml`;
  const archive = gunzipSync(artifactBlobs({ files: new Map([[long, 'a: 1\n']]) }).blobs[1]!.content);
  const field = (from: number, length: number) =>
    archive
      .subarray(from, from + length)
      .toString()
      .replace(/\0+$/, '');
  expect(`${field(345, 155)}/${field(0, 100)}`).toBe(long);
});

describe('pushing', () => {
  /** A registry that asks for a token, as the specification has it; `requests` are those with one. */
  let server: Server;
  let requests: string[];
  let stored: Map<string, Buffer>;
  let isBroken = false;
  const body = async (request: IncomingMessage) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  const address = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  beforeEach(async () => {
    requests = [];
    stored = new Map();
    isBroken = false;
    server = createServer(async (request, response) => {
      const url = new URL(request.url ?? '/', `http://${address()}`);
      const content = await body(request);
      if (url.pathname === '/token') {
        const isKnown = request.headers.authorization === `Basic ${Buffer.from('me:planted').toString('base64')}`;
        response.writeHead(isKnown ? 200 : 401).end(isKnown ? JSON.stringify({ token: 'short' }) : 'no such user');
        return;
      }
      if (request.headers.authorization !== 'Bearer short') {
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${address()}/token",service="registry"` })
          .end();
        return;
      }
      requests.push(`${request.method} ${url.pathname.replace(/sha256:[0-9a-f]+/, 'DIGEST')}`);
      if (isBroken) response.writeHead(500).end('no disk: planted');
      else if (request.method === 'HEAD') {
        const found = stored.get(url.pathname);
        if (!found) response.writeHead(404).end();
        else
          response
            .writeHead(200, {
              'docker-content-digest': `sha256:${require('node:crypto').createHash('sha256').update(found).digest('hex')}`,
            })
            .end();
      } else if (request.method === 'POST') response.writeHead(202, { location: '/upload?state=1' }).end();
      else {
        const digest = url.searchParams.get('digest');
        stored.set(digest ? `/v2/shop/blobs/${digest}` : url.pathname, content);
        response.writeHead(201).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const env = { AVIARY_REGISTRY_USERNAME: 'me', AVIARY_REGISTRY_TOKEN: 'planted' };
  const push = (some: Record<string, string> = env) =>
    pushOci(`oci://${address()}/shop:staging`, { files, ...about }, some);

  test('blobs first, the manifest last, and nothing when the tag is there', async () => {
    const first = await push();
    expect(first.isUnchanged).toBe(false);
    const upload = ['HEAD /v2/shop/blobs/DIGEST', 'POST /v2/shop/blobs/uploads/', 'PUT /upload'];
    expect(requests).toEqual([
      'HEAD /v2/shop/manifests/staging',
      ...upload,
      ...upload,
      'PUT /v2/shop/manifests/staging',
    ]);
    requests.length = 0;
    expect(await push()).toEqual({ digest: first.digest, isUnchanged: true });
    expect(requests).toEqual(['HEAD /v2/shop/manifests/staging']);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['without credentials', {}, /^the registry .* does not take the credentials \(401: no such user\)$/],
    [
      'with wrong ones',
      { ...env, AVIARY_REGISTRY_TOKEN: 'other' },
      /^the registry .* does not take the credentials \(401: no such user\)$/,
    ],
  ])('%s', async (_, some, message) => {
    await expect(push(some)).rejects.toThrow(message);
    expect(requests).toEqual([]);
  });

  test('a registry that fails is told, without the token', async () => {
    isBroken = true;
    await expect(push()).rejects.toThrow(/^the registry .* answers 500: no disk: \*\*\*$/);
  });

  test('nobody listens', async () => {
    await expect(pushOci('oci://127.0.0.1:9/m:v1', { files }, {})).rejects.toThrow(PublishProblem);
  });
});
