import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '../catalog';
import { buildSteps, digestOfMetadata, makefile } from '.';

const service = {
  name: 'cart',
  build: {
    context: 'src/cart',
    dockerfile: 'docker/Dockerfile',
    target: 'final',
    args: { B: '2', A: 'x y' },
    platforms: ['linux/amd64'],
  },
} as unknown as Service;
const request = {
  service,
  source: 'a'.repeat(40),
  repository: 'r.example.com/cart',
  image: 'r.example.com/cart:v1',
  metadata: 'm.json',
};
const common =
  '--tag r.example.com/cart:v1 --file src/cart/docker/Dockerfile --target final --platform linux/amd64 --build-arg A=x y --build-arg B=2';

test.each([
  ['docker', true, [`docker buildx build ${common} --metadata-file m.json --push src/cart`]],
  ['docker', false, [`docker buildx build ${common} --metadata-file m.json --load src/cart`]],
  ['podman', true, [`podman build ${common} src/cart`, 'podman push --digestfile m.json r.example.com/cart:v1']],
  ['podman', false, [`podman build ${common} src/cart`]],
] as const)('%s, pushed: %s', (builder, isPushed, expected) => {
  const steps = buildSteps(builder, { ...request, isPushed });
  expect(steps.map(({ program, args }) => [program, ...args].join(' '))).toEqual(expected);
});

test('buildctl builds as the pipeline does', () => {
  const [{ program, args } = { program: '', args: [] }] = buildSteps('buildctl', { ...request, isPushed: true });
  expect(program).toBe('buildctl');
  expect(args.slice(0, 7)).toEqual([
    'build',
    '--frontend',
    'dockerfile.v0',
    '--local',
    'context=src/cart',
    '--local',
    'dockerfile=src/cart/docker',
  ]);
  expect(args.slice(-4)).toEqual([
    '--output',
    'type=image,name=r.example.com/cart:v1,push=true',
    '--metadata-file',
    'm.json',
  ]);
});

test.each([
  ['{"containerimage.config.digest": "sha256:0", "containerimage.digest": "sha256:DIGEST"}', true],
  ['sha256:DIGEST\n', true],
  ['{}', false],
])('the digest of %j', (text, isThere) => {
  const hex = 'f'.repeat(64);
  expect(digestOfMetadata(text.replace('DIGEST', hex))).toBe(isThere ? `sha256:${hex}` : undefined);
});

describe('Makefile', () => {
  let folder: string;
  const hasMake = (() => {
    try {
      execFileSync('make', ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-make-')));
    writeFileSync(
      join(folder, 'Makefile'),
      makefile({ command: './aviary', clusters: ['staging', 'production'], writtenBy: 'test', test: ['echo "$HOME"'] }),
    );
    // Records what it is asked, and says that two services have changed.
    writeFileSync(
      join(folder, 'aviary'),
      `#!/bin/sh\necho "$*" >> calls\ncase "$*" in *names) echo cart; echo web;; esac\n`,
    );
    chmodSync(join(folder, 'aviary'), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const make = (...args: string[]) =>
    execFileSync('make', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

  (hasMake ? test : test.skip).each([
    [['synth'], ['synth']],
    [['test'], ['preflight']],
    [
      ['diff'],
      [
        'publish --cluster staging --dry-run --trees .aviary-diff',
        'diff .aviary-diff/before .aviary-diff/after --exit-zero',
      ],
    ],
    [['image-cart'], ['images build --out built-images cart']],
    [['push-cart', 'BUILDER=podman'], ['images build --out built-images --builder podman --push cart']],
    [
      ['push', '-j2'],
      [
        'changed --running staging --format names',
        'images build --out built-images --push cart',
        'images build --out built-images --push web',
      ],
    ],
    [['publish', 'CLUSTER=dev'], ['publish --cluster dev --images built-images']],
    [['promote'], ['promote staging production']],
  ])('make %j', (args, expected) => {
    make(...args);
    expect(calls().sort()).toEqual([...expected].sort());
  });

  (hasMake ? test : test.skip)('make is a list, and -n does nothing', () => {
    expect(make()).toContain('push-<service>    build and push it\n');
    expect(make('-n', 'promote')).toBe('./aviary promote staging production\n');
  });
});
