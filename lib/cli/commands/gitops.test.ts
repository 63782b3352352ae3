import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, GitOpsFolder, image } from './gitops.fixture';

let place: GitOpsFolder;
beforeEach(() => {
  place = new GitOpsFolder();
});
afterEach(() => place.remove());
const aviary = (...args: string[]) => place.aviary(...args);

describe('what is wrong is said', () => {
  test.each<[string[], number, string]>([
    [['images', 'set', 'cart'], 2, '"cart" names no image: write SERVICE=REFERENCE@sha256:…'],
    [['images', 'set', 'cart=x:1'], 2, 'the image "x:1" has no digest, and a tag can move'],
    [['images', 'set', image('cart', 'v1', 'a')], 2, 'say with --cluster where the images run: staging, production'],
    [
      ['images', 'set', '--cluster', 'stagin', image('cart', 'v1', 'a')],
      1,
      'there is no cluster "stagin" in the catalog. Did you mean "staging"?',
    ],
    [['promote', 'production', 'staging'], 1, '"staging" comes before "production" in the catalog. [promotion-order]'],
    [['promote', 'staging', 'staging'], 1, '"staging" cannot be promoted to itself'],
    [['rollback', 'cart'], 2, 'say with --cluster where: staging, production'],
    [['publish', '--image', image('cart', 'v1', 'a')], 2, 'say with --cluster where the images run'],
    [['publish', '--create', '--tree', 'nowhere'], 1, 'nowhere/index.json cannot be read'],
    [['publish', '--attempts', '0'], 2, 'Give a whole number from 1 on.'],
    [['publish', '--catalog', 'nowhere.json'], 1, 'nowhere.json: error: there is no such file'],
    [['publish', '--create'], 1, 'the image of "cart" has neither tag nor digest'],
    [['publish', '--oci', 'registry.example.com/x'], 1, 'is not the address of an artifact'],
    [['changed'], 2, 'say either --base REF or --running CLUSTER'],
    [['changed', '--base', 'nowhere'], 1, 'the checkout has no commit "nowhere"'],
  ])('%j', async (args, code, message) => {
    const result = await aviary(...args);
    expect(result.err).toContain(message);
    expect(result.code).toBe(code);
  });
});

describe('a promotion goes the way that the catalog says', () => {
  const clusters = (...promotions: (object | undefined)[]) => {
    const file = join(place.folder, 'app', 'services.json');
    const catalog = JSON.parse(readFileSync(file, 'utf8')) as { clusters: object[] };
    catalog.clusters = ['staging', 'qa', 'production'].map((name, index) => ({
      ...{ name, domain: `${name}.example.com`, flux: { mode: 'gotk' } },
      ...(promotions[index] && { promotion: promotions[index] }),
    }));
    writeFileSync(file, JSON.stringify(catalog));
  };
  test.each<[string, object | undefined, string[], string]>([
    [
      'the next one',
      undefined,
      ['staging', 'production'],
      'between "staging" and "production" the catalog has "qa". [promotion-order]\n  fix: promote to "qa" first, or say --skip',
    ],
    [
      'another one than the one before',
      { from: 'staging' },
      ['qa', 'production'],
      '"production" gets its images from "staging", not from "qa". [promotion-order]\n  fix: promote from "staging", or say --skip',
    ],
    [
      'a merge request, where it says so',
      { gate: 'merge-request' },
      ['qa', 'production', '--direct'],
      'the catalog lets images come to "production" by a merge request only. [promotion-gate]\n  fix: leave --direct out, or change promotion.gate of cluster "production"',
    ],
  ])('%s', async (_, promotion, args, message) => {
    clusters(undefined, undefined, promotion);
    const { code, err } = await aviary('promote', ...args);
    expect(err).toContain(message);
    expect(code).toBe(1);
  });
});

describe('images are built with the program that is there', () => {
  /** A stand-in that records its arguments and leaves a digest. */
  const standIn = (name: string) => {
    const bin = join(place.folder, 'bin');
    mkdirSync(bin, { recursive: true });
    const script = `#!/bin/sh
echo "${name} $*" >> ${place.folder}/calls
while [ $# -gt 0 ]; do case "$1" in --metadata-file|--digestfile) printf '{"containerimage.digest": "${digest('c')}"}' > "$2";; esac; shift; done
`;
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  };

  test('docker, and what it pushed is published', async () => {
    standIn('docker');
    const { code, out } = await aviary('images', 'build', 'cart', '--push', '--tag', 'v9');
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'docker buildx build --tag registry.example.com/shop/cart:v9 --file src/cart/Dockerfile --metadata-file metadata.json --push src/cart',
        `pushed registry.example.com/shop/cart:v9@${digest('c')}`,
        '',
      ].join('\n'),
    );
    expect(readFileSync(join(place.folder, 'calls'), 'utf8')).toContain(
      'docker buildx build --tag registry.example.com/shop/cart:v9',
    );
    expect(JSON.parse(readFileSync(join(place.folder, 'app', 'built-images', 'cart.json'), 'utf8'))).toEqual({
      image: 'registry.example.com/shop/cart:v9',
      digest: digest('c'),
      source: place.git('app', 'rev-parse', 'HEAD:src/cart'),
    });
  });

  test('podman where there is no docker; a dry run runs nothing', async () => {
    standIn('podman');
    const { out } = await aviary('images', 'build', 'cart', '--push', '--dry-run', '--tag', 'v9');
    expect(out).toContain('podman push --digestfile metadata.json registry.example.com/shop/cart:v9\n');
    expect(existsSync(join(place.folder, 'calls'))).toBe(false);
  });

  test.each<[string[], number, string]>([
    [['images', 'build', 'web'], 1, '"web" says nothing of how its image is built'],
    [['images', 'build', 'cart', '--builder', 'kaniko'], 2, '--builder kaniko: docker, podman, buildctl'],
  ])('%j', async (args, code, message) => {
    standIn('docker');
    const result = await aviary(...args);
    expect(result.err).toContain(message);
    expect(result.code).toBe(code);
  });
});
