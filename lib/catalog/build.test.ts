import { load } from './load.fixture';

const catalog = (build: object) =>
  JSON.stringify({
    platform: { namespace: 'shop', registry: 'r.example.com', gitops: { url: 'https://git.example.com/g.git' } },
    clusters: [{ name: 'staging', domain: 'example.com', flux: { mode: 'gotk' } }],
    services: [{ name: 'web', image: { tag: 'v1' }, build, ports: [{ port: 80, protocol: 'http' }] }],
  });

test.each<[object, readonly [code: string, pointer: string, message: string] | undefined]>([
  [{ context: 'src/web' }, undefined],
  [{ context: '.', dockerfile: 'docker/web.Dockerfile', platforms: ['linux/amd64', 'linux/arm/v7'] }, undefined],
  [{ context: 'src/web', args: { GO_VERSION: '1.26', TOKEN: '' }, paths: ['protos', 'go.work'] }, undefined],
  [
    { context: '../web' },
    [
      'invalid-build',
      '/services/0/build/context',
      'the image of "web" is built from "../web", which is no path inside the repository',
    ],
  ],
  [
    { context: 'src/$(id)' },
    [
      'invalid-build',
      '/services/0/build/context',
      'the image of "web" is built from "src/$(id)", which is no path inside the repository',
    ],
  ],
  [
    { context: 'src', paths: ['/etc'] },
    [
      'invalid-build',
      '/services/0/build/paths/0',
      'the image of "web" is built from "/etc", which is no path inside the repository',
    ],
  ],
  [
    { context: 'src', platforms: ['amd64'] },
    ['invalid-build', '/services/0/build/platforms/0', '"amd64" is no platform that an image of "web" can have'],
  ],
  [
    { context: 'src', args: { 'A B': '1' } },
    ['invalid-build', '/services/0/build/args/A B', '"A B" is no name of a build argument'],
  ],
  [
    { context: 'src', args: { NPM_TOKEN: 'x' } },
    [
      'literal-secret',
      '/services/0/build/args/NPM_TOKEN',
      'the build argument NPM_TOKEN holds a literal value, and its name says that it is a secret',
    ],
  ],
])('%j', (build, expected) => {
  const errors = load(catalog(build)).findings.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ code, place, message }) => [code, place.pointer, message])).toEqual(expected ? [expected] : []);
});
