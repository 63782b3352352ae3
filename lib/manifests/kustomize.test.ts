import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { memoryIo } from '../cli/memory-io';
import { runProgram } from '../cli/program';
import type { Finding } from '../findings';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-kustomize-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
};
/** An executable that writes down how it was called. */
const fake = (name: string, script: string) => {
  write({ [`bin/${name}`]: `#!/bin/sh\necho "$0 $*" >> ${folder}/calls\n${script}\n` });
  chmodSync(join(folder, 'bin', name), 0o755);
};
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().replaceAll(folder, '');

async function preflight(path: string, PATH = `${join(folder, 'bin')}:/usr/bin:/bin`) {
  const io = memoryIo({ cwd: folder, env: { PATH } });
  const code = await runProgram(['preflight', '--manifests', path, '--format', 'json'], io);
  const { findings } = JSON.parse(io.out || '{"findings": []}') as { findings: Finding[] };
  return { code, findings, codes: findings.map((finding) => finding.code), err: io.err };
}

const workload = `apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  selector: {matchLabels: {app: cart}}
  template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: server, image: 'cart:1.0.0'}]}}
`;
const canary = `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: cart}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: cart}
  service: {port: 80}
  analysis: {interval: 1m, threshold: 5, maxWeight: 150, stepWeight: 10}
`;
const overlay = {
  'app/base/kustomization.yaml': 'resources: [cart.yaml, canary.yaml]\n',
  'app/base/cart.yaml': workload,
  'app/base/canary.yaml': canary,
  'app/prod/kustomization.yaml': 'namespace: shop\nresources: [../base]\npatches: [{path: patch.yaml}]\n',
  'app/prod/patch.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {minReadySeconds: 5}\n',
};
const inShop = (text: string) => text.replace('metadata: {name: cart}', 'metadata: {name: cart, namespace: shop}');
const print = (text: string) => `/bin/cat <<'YAML'\n${text}YAML`;

describe('with a builder', () => {
  test('builds the root that changes something, and finds things where they were written', async () => {
    write(overlay);
    fake('kustomize', print(`${inShop(workload)}---\n${inShop(canary)}`));
    const { findings } = await preflight('app');
    expect(calls()).toBe('/bin/kustomize build --load-restrictor=LoadRestrictionsNone /app/prod');
    const found = findings.find(({ code }) => code === 'maxweight-gt-100');
    expect(found?.place).toEqual({
      file: 'app/base/canary.yaml',
      line: 7,
      column: 53,
      pointer: '/spec/analysis/maxWeight',
      object: 'Canary shop/cart',
    });
    // Neither the patch nor the base is an object of its own.
    expect(findings.every(({ place }) => place.object === undefined || place.object.includes('shop/'))).toBe(true);
  });

  test('what the build changed is found at the root', async () => {
    write(overlay);
    fake('kubectl', print(`${inShop(workload)}---\n${inShop(canary).replace('150', '160')}`));
    const { findings } = await preflight('app', join(folder, 'bin'));
    expect(findings.find(({ code }) => code === 'maxweight-gt-100')?.place).toEqual({
      file: 'app/prod/kustomization.yaml',
      object: 'Canary shop/cart',
    });
  });

  test('two environments of one base are two worlds', async () => {
    write({ ...overlay, 'app/stage/kustomization.yaml': 'namespace: shop\nresources: [../base]\n' });
    fake('kustomize', print(`${inShop(workload)}---\n${inShop(canary)}`));
    const { codes } = await preflight('app');
    expect(codes.filter((code) => code === 'maxweight-gt-100')).toHaveLength(1);
    expect(codes).not.toContain('dup-target');
  });

  test('says what it complains about', async () => {
    write(overlay);
    fake('kustomize', `echo "Error: accumulating resources: $5 no such thing" >&2; exit 1`);
    const { code, findings } = await preflight('app');
    expect(code).toBe(1);
    expect(findings.find((finding) => finding.code === 'kustomize-failed')).toMatchObject({
      place: { file: 'app/prod/kustomization.yaml' },
      message: 'the kustomization cannot be built: accumulating resources:  no such thing',
    });
  });

  test('plain lists need no build', async () => {
    write({ 'app/kustomization.yaml': 'resources: [cart.yaml, canary.yaml]\n' });
    write({ 'app/cart.yaml': workload, 'app/canary.yaml': canary });
    fake('kustomize', 'exit 1');
    const { codes } = await preflight('app');
    expect(codes).toContain('maxweight-gt-100');
    expect(() => calls()).toThrow('ENOENT');
  });

  test.each([
    ['resources: ["https://example.com/x.yaml"]\nnamespace: x', '/resources/0'],
    ['resources: ["github.com/fluxcd/flagger//kustomize/istio?ref=main"]\nnamespace: x', '/resources/0'],
    ['resources: ["git@example.com:a/b.git"]\nnamespace: x', '/resources/0'],
    ['patches: [{path: "https://example.com/p.yaml"}]', '/patches/0/path'],
    ['configMapGenerator: [{name: a, files: ["k=https://example.com/k"]}]', '/configMapGenerator/0/files/0'],
    ['helmCharts: [{name: podinfo, repo: "https://stefanprodan.github.io/podinfo"}]', '/helmCharts'],
    ['namespace: x\nresources: [../deep]', '/components/0'],
  ])('fetches nothing: %s', async (text, pointer) => {
    write({
      'app/kustomization.yaml': `# for flagger\n${text}\n`,
      'deep/kustomization.yaml': 'components: ["https://example.com/c"]\n',
    });
    fake('kustomize', 'exit 1');
    const { findings } = await preflight('app');
    expect(findings.map(({ code, place }) => [code, place.pointer])).toEqual([['kustomize-remote', pointer]]);
    expect(() => calls()).toThrow('ENOENT');
  });
});

test('without a builder it says so once, and reads the files as they are', async () => {
  write({ ...overlay, 'app/stage/kustomization.yaml': 'namespace: shop\nresources: [../base]\n' });
  const { findings, codes } = await preflight('app', join(folder, 'nothing'));
  expect(codes.filter((code) => code === 'kustomize-not-built')).toHaveLength(1);
  expect(findings.find(({ code }) => code === 'kustomize-not-built')?.message).toContain(
    'this and 1 more kustomization change what they list',
  );
  expect(codes).toContain('maxweight-gt-100');
});

test('kustomizations of Flux, broken ones and loops are left to others', async () => {
  write({
    'app/kustomization.yaml': 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\n',
    'b/kustomization.yaml': 'namespace: [\n',
    'c/kustomization.yaml': 'namespace: x\nresources: [../d]\n',
    'd/kustomization.yaml': 'namespace: y\nresources: [../c]\n',
  });
  fake('kustomize', 'exit 1');
  expect((await preflight('.')).codes).not.toContain('kustomize-failed');
});

const real = ['kustomize', 'kubectl'].find((name) => spawnSync(name, ['version', '--client']).status === 0);
(real ? test : test.skip)('with the real kustomize or kubectl', async () => {
  write(overlay);
  write({
    'app/prod/kustomization.yaml': `namespace: shop
resources: [../base]
patches: [{path: patch.yaml}]
configMapGenerator: [{name: settings, literals: [a=b]}]
images: [{name: cart, newTag: 2.0.0}]
`,
  });
  const { findings } = await preflight('app', process.env.PATH);
  expect(findings.find(({ code }) => code === 'maxweight-gt-100')?.place.file).toBe('app/base/canary.yaml');
  expect(findings.filter(({ code }) => code.startsWith('kustomize-'))).toEqual([]);
  write({ 'app/prod/kustomization.yaml': 'namespace: shop\nresources: [../base, none.yaml]\n' });
  expect((await preflight('app', process.env.PATH)).findings[0]).toMatchObject({
    code: 'kustomize-failed',
    place: { file: 'app/prod/kustomization.yaml' },
  });
});

(real ? test : test.skip)('patches, images and components of a Kustomization of Flux', async () => {
  const flux = (patch: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: "https://git.example.com/fleet.git"}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  interval: 10m
  path: ./app/base
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
  images: [{name: cart, newTag: 2.0.0}]
  components: [../../part]
  patches: ${patch}
`;
  write({
    ...overlay,
    'part/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: {kind: Deployment}\n  patch: |\n    - {op: add, path: /spec/replicas, value: 3}\n',
    'fleet/flux.yaml': flux(
      '[{target: {kind: Canary}, patch: "- {op: replace, path: /spec/analysis/stepWeight, value: 0}"}]',
    ),
  });
  const { codes, findings } = await preflight('.', process.env.PATH);
  expect(findings.filter(({ code }) => code.startsWith('kustomize-'))).toEqual([]);
  expect(codes).toContain('no-advance-zero-step');
  expect(codes).toContain('replicas-in-git');
  expect(findings.filter(({ code }) => code.startsWith('kustomize-'))).toEqual([]);
  write({ 'fleet/flux.yaml': flux('[{patch: "{apiVersion: v1, kind: Secret, metadata: {name: none}}"}]') });
  const broken = (await preflight('.', process.env.PATH)).findings.find(({ code }) => code === 'kustomize-failed');
  expect(broken?.severity).toBe('warning');
  expect(broken?.message).toMatch(/^the patches, images or components of Kustomization "flux-system" of Flux cannot/);
  expect(broken?.message).not.toContain('aviary-kustomize-');
});
