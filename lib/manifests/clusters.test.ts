import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { disk, findKustomize } from '../cli/disk';
import { readManifestFiles } from '../cli/manifest-files';
import { memoryIo } from '../cli/memory-io';
import { runProgram } from '../cli/program';
import type { Finding } from '../findings';
import { sortByCluster } from './clusters';
import { Kustomizations } from './kustomize';
import { namesOf } from './overlays';

let folder: string;
let bin: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-clusters-')));
  bin = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-bin-')));
});
afterEach(() => {
  for (const path of [folder, bin]) rmSync(path, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;
const write = (files: Files) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
};
/** A kustomize whose result for a folder is the file `built` in it. */
const fakeKustomize = () => {
  writeFileSync(join(bin, 'kustomize'), '#!/bin/sh\nfor last; do :; done\n/bin/cat "$last/built"\n');
  chmodSync(join(bin, 'kustomize'), 0o755);
};

/** The worlds that come of the files: the names of their objects. */
function worlds(files: Files, ...paths: string[]): Record<string, string[]> {
  write(files);
  const options = { cwd: folder, largestBytes: 1e6, tooLarge: () => ({}) as never };
  const surroundings = { cwd: folder, disk, builder: () => findKustomize({ PATH: bin }) };
  const read = readManifestFiles(paths.length > 0 ? paths : ['.'], options);
  const kustomizations = new Kustomizations(read.files, surroundings);
  const { clusters } = sortByCluster(read.files, kustomizations, surroundings);
  return Object.fromEntries(
    clusters.map(({ name = '', inputs }) => [
      name,
      inputs.map(
        ({ object, cluster }) => `${object.metadata.name}${cluster === name || !cluster ? '' : ` (${cluster})`}`,
      ),
    ]),
  );
}

const config = (name: string, value = 'x') => `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: shop}
data: {value: ${value}}
---
`;
const flux = (name: string, path: string, spec = '') => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${name}, namespace: flux-system}
spec: {interval: 10m, path: "${path}", prune: true, ${spec || 'sourceRef: {kind: GitRepository, name: flux-system}'}}
---
`;
/** What `flux bootstrap` writes. */
const sync = (path: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: "https://git.example.com/fleet.git"}
---
${flux('flux-system', path)}`;

describe('Flux with several clusters', () => {
  const monorepo = {
    'clusters/staging/flux-system/gotk-sync.yaml': sync('./clusters/staging'),
    'clusters/staging/apps.yaml': flux('staging-apps', './apps/staging'),
    'clusters/staging/infrastructure.yaml': flux('infrastructure', './infrastructure'),
    'clusters/production/flux-system/gotk-sync.yaml': sync('./clusters/production'),
    'clusters/production/apps.yaml': flux('production-apps', './apps/production'),
    'clusters/production/infrastructure.yaml': flux('infrastructure', './infrastructure'),
    'infrastructure/mesh.yaml': config('mesh'),
    'apps/base/kustomization.yaml': 'resources: [cart.yaml]\n',
    'apps/base/cart.yaml': config('cart'),
    'apps/staging/kustomization.yaml': 'resources: [../base]\npatches: [{path: patch.yaml}]\n',
    'apps/staging/patch.yaml': config('cart', 'staging'),
    'apps/staging/built': config('cart', 'staging'),
    'apps/production/kustomization.yaml': 'resources: [../base, extra.yaml]\n',
    'apps/production/extra.yaml': config('extra'),
  };

  test('each gets what its Kustomizations lead to', () => {
    fakeKustomize();
    const own = ['flux-system', 'flux-system', 'infrastructure', 'mesh'];
    expect(worlds(monorepo)).toEqual({
      production: ['cart', 'extra', 'production-apps', ...own],
      staging: ['staging-apps', ...own, 'cart'],
    });
  });

  test('one cluster is one world without a name', () => {
    const { 'clusters/staging/apps.yaml': _, ...files } = monorepo;
    const one = Object.fromEntries(Object.entries(files).filter(([name]) => !name.includes('staging')));
    expect(worlds({ ...one, 'other/x.yaml': config('x') })).toEqual({
      '': ['cart', 'extra', 'production-apps', 'flux-system', 'flux-system', 'infrastructure', 'mesh', 'x'],
    });
  });

  test('what none leads to stays together, with what all clusters have', () => {
    fakeKustomize();
    const rest = { 'apps/unused/x.yaml': config('unused'), 'values.yaml': 'a: 1\n' };
    expect(worlds({ ...monorepo, ...rest })['']).toEqual([
      'unused',
      'flux-system (production)',
      'infrastructure (production)',
      'mesh (production)',
    ]);
  });

  test('what lies in the folder of a cluster, and overlays of its name, are of the cluster', () => {
    fakeKustomize();
    const files = {
      'clusters/staging/kustomization.yaml':
        'resources: [apps.yaml, infrastructure.yaml, flux-system/gotk-sync.yaml]\n',
      'clusters/staging/forgotten.yaml': config('forgotten'),
      'tools/overlays/staging/kustomization.yaml': 'namePrefix: a\n',
      'tools/overlays/staging/built': config('tool', 'staging'),
      'tools/overlays/production/kustomization.yaml': 'namePrefix: b\n',
      'tools/overlays/production/built': config('tool', 'production'),
    };
    const found = worlds({ ...monorepo, ...files });
    expect(Object.keys(found)).toEqual(['production', 'staging']);
    expect(found.production).toContain('tool');
    expect(found.production).not.toContain('forgotten');
    expect(found.staging).toEqual(expect.arrayContaining(['forgotten', 'tool']));
  });

  test('a FluxInstance says where its cluster begins', () => {
    const instance = (path: string) => `apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: {name: flux, namespace: flux-system}
spec: {sync: {kind: GitRepository, path: ${path}}}
`;
    const files = {
      'fleet/eu/flux.yaml': instance('fleet/eu'),
      'fleet/eu/apps.yaml': flux('apps', 'apps'),
      'fleet/us/flux.yaml': instance('fleet/us'),
      'apps/cart.yaml': config('cart'),
    };
    expect(worlds(files)).toEqual({ eu: ['cart', 'apps', 'flux'], us: ['flux'] });
  });

  test.each<[string, Files, Record<string, string[]>]>([
    [
      'without its Kustomization of the bootstrap: the folders below clusters',
      { 'clusters/a/apps.yaml': flux('a-apps', 'apps/a'), 'clusters/b/apps.yaml': flux('b-apps', 'apps/b') },
      { a: ['x', 'a-apps'], b: ['y', 'b-apps'] },
    ],
    [
      'what clusters share is none',
      {
        'clusters/base/apps.yaml': flux('a-apps', 'apps/a'),
        'clusters/a/kustomization.yaml': 'resources: [../base/apps.yaml, config.yaml]\n',
        'clusters/a/config.yaml': flux('config', 'nowhere'),
        'clusters/b/kustomization.yaml': 'resources: [../base]\n',
        'clusters/base/kustomization.yaml': 'resources: [apps.yaml]\n',
        'clusters/b/config.yaml': flux('b-config', 'nowhere'),
      },
      { a: ['x', 'config', 'a-apps'], b: ['x', 'b-config', 'a-apps'], '': ['y', 'x (a)', 'a-apps (a)'] },
    ],
    [
      'a folder that a cluster leads to is none',
      {
        'clusters/hub/spoke.yaml': flux('spoke', './clusters/spoke'),
        'clusters/spoke/apps.yaml': flux('apps', 'apps/a'),
      },
      { '': ['x', 'y', 'spoke', 'apps'] },
    ],
    [
      'the whole of a source of its own is not this repository',
      {
        'clusters/a/apps.yaml': sync('./').replaceAll('flux-system, ', 'chart, ') + flux('a-apps', 'apps/a'),
        'clusters/b/apps.yaml': flux('b-apps', 'apps/b'),
      },
      { a: ['x', 'chart', 'chart', 'a-apps'], b: ['y', 'b-apps'] },
    ],
    [
      'an artifact that is put together of folders',
      {
        'clusters/a/apps.yaml': flux('a-apps', './one', 'sourceRef: {kind: ExternalArtifact, name: apps}'),
        'clusters/a/artifacts.yaml': `apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: flux-system, namespace: flux-system}
spec:
  artifacts:
    - {name: other, copy: [{from: "@repo/apps/b/**", to: "@artifact/"}]}
    - {name: apps, copy: [{from: "@repo/apps/a/**", to: "@artifact/one/"}]}
`,
        'clusters/b/apps.yaml': flux('b-apps', 'b', 'sourceRef: {kind: ExternalArtifact, name: apps}'),
        'clusters/b/artifacts.yaml': `apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: flux-system, namespace: flux-system}
spec: {artifacts: [{name: apps, copy: [{from: "@repo/apps/b/", to: "@artifact/"}]}]}
`,
      },
      { a: ['x', 'a-apps', 'flux-system'], b: ['y', 'b-apps', 'flux-system'] },
    ],
  ])('%s', (_, files, expected) => {
    expect(worlds({ 'apps/a/x.yaml': config('x'), 'apps/b/y.yaml': config('y'), ...files })).toEqual(expected);
  });
});

describe('overlays of kustomize', () => {
  const base = { 'cart/base/kustomization.yaml': 'resources: [cart.yaml]\n', 'cart/base/cart.yaml': config('cart') };
  const overlay = (path: string, name: string) => ({
    [`${path}/kustomization.yaml`]: 'namePrefix: x\n',
    [`${path}/built`]: config(name),
  });

  test('overlays of one name are one environment, with all that is common', () => {
    fakeKustomize();
    const files = {
      ...overlay('cart/overlays/staging', 'cart'),
      ...overlay('cart/overlays/production', 'cart'),
      ...overlay('shop/staging/web', 'web'),
      ...overlay('shop/production/web', 'web'),
      ...overlay('tools', 'tool'),
      'common.yaml': config('common'),
    };
    expect(worlds(files)).toEqual({
      production: ['common', 'tool', 'cart', 'web'],
      staging: ['common', 'tool', 'cart', 'web'],
    });
  });

  test('one that only lists its base is not lost beside one that changes it', () => {
    fakeKustomize();
    const files = {
      'cart/production/kustomization.yaml': 'resources: [../base]\nnamePrefix: x\n',
      'cart/production/built': config('cart'),
      'cart/staging/kustomization.yaml': 'resources: [../base]\n',
    };
    expect(worlds({ ...base, ...files })).toEqual({ production: ['cart'], staging: ['cart'] });
  });

  test('lists with objects of their own', () => {
    const files = {
      'cart/production/kustomization.yaml': 'resources: [../base, route.yaml]\n',
      'cart/production/route.yaml': config('route', 'production'),
      'cart/staging/kustomization.yaml': 'resources: [../base, route.yaml]\n',
      'cart/staging/route.yaml': config('route', 'staging'),
    };
    expect(worlds({ ...base, ...files })).toEqual({ production: ['cart', 'route'], staging: ['cart', 'route'] });
  });

  test('applications that share a base or bring the same Namespace are one cluster', () => {
    fakeKustomize();
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n';
    const files = {
      'a/kustomization.yaml': 'resources: [../cart/base, x.yaml]\n',
      'a/x.yaml': config('x'),
      'b/kustomization.yaml': 'resources: [../cart/base]\n',
      'c/kustomization.yaml': 'namePrefix: x\n',
      'c/built': namespace + config('c'),
      'd/kustomization.yaml': 'namePrefix: x\n',
      'd/built': namespace + config('d'),
    };
    expect(worlds({ ...base, ...files })).toEqual({ '': ['x', 'cart', 'shop', 'c', 'shop', 'd'] });
  });
});

test.each([
  [
    ['/r/app/overlays/staging', '/r/app/overlays/production'],
    ['staging', 'production'],
  ],
  [
    ['/r/staging/app', '/r/production/app'],
    ['staging', 'production'],
  ],
  [
    ['/r/staging/eu/app', '/r/production/app', '/r/production/web'],
    ['staging/eu/app', 'production/app', 'production/web'],
  ],
])('tells %j apart as %j', (folders, names) => {
  expect(namesOf(folders)).toEqual(names);
});

describe('findings', () => {
  const canary = (threshold: string, annotations = '{}') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: server, image: 'cart:1.0.0'}]}}
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: cart, namespace: shop, annotations: ${annotations}}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: cart}
  service: {port: 80}
  analysis: {interval: 1m, threshold: 5, stepWeight: 10, maxWeight: ${threshold}}
`;
  const clusters = (names: readonly string[], spec = '') =>
    Object.fromEntries(names.map((name) => [`clusters/${name}/apps.yaml`, flux('apps', `apps/${name}`, spec)]));

  async function found(files: Files, code: string) {
    write(files);
    const io = memoryIo({ cwd: folder, env: { PATH: bin } });
    await runProgram(['preflight', '--manifests', '.', '--format', 'json'], io);
    const { findings } = JSON.parse(io.out) as { findings: Finding[] };
    return findings.filter((finding) => finding.code === code).map(({ place }) => [place.file, place.cluster]);
  }

  test('carry the cluster', async () => {
    const files = { 'apps/a/cart.yaml': canary('50'), 'apps/b/cart.yaml': canary('150') };
    expect(await found({ ...clusters(['a', 'b']), ...files }, 'maxweight-gt-100')).toEqual([['apps/b/cart.yaml', 'b']]);
  });

  test('of what all clusters share are said once, without a name', async () => {
    const files = { 'apps/cart.yaml': canary('150') };
    const shared = Object.fromEntries(['a', 'b'].map((name) => [`clusters/${name}/apps.yaml`, flux('apps', 'apps')]));
    expect(await found({ ...shared, ...files }, 'maxweight-gt-100')).toEqual([['apps/cart.yaml', undefined]]);
  });

  test('of what some clusters share are said once, with their names', async () => {
    const shared = Object.fromEntries(['a', 'b'].map((name) => [`clusters/${name}/apps.yaml`, flux('apps', 'apps/a')]));
    const files = { ...clusters(['c']), ...shared, 'apps/a/cart.yaml': canary('150') };
    expect(await found(files, 'maxweight-gt-100')).toEqual([['apps/a/cart.yaml', 'a, b']]);
  });

  test('a silence that serves in one cluster is not unused', async () => {
    fakeKustomize();
    const ignore = (maxWeight: string, code: string) => canary(maxWeight, `{aviary.dev/ignore: ${code}=a reason}`);
    const overlays = (code: string) => ({
      'apps/base/kustomization.yaml': 'resources: [cart.yaml]\n',
      'apps/base/cart.yaml': ignore('50', code),
      'apps/a/kustomization.yaml': 'resources: [../base]\nnamePrefix: x\n',
      'apps/a/built': ignore('50', code),
      'apps/b/kustomization.yaml': 'resources: [../base]\nnamePrefix: x\n',
      'apps/b/built': ignore('150', code),
    });
    const files = clusters(['a', 'b']);
    expect(await found({ ...files, ...overlays('maxweight-gt-100') }, 'ignore-unused')).toEqual([]);
    expect(await found({ ...files, ...overlays('canary-ref') }, 'ignore-unused')).toEqual([
      ['apps/base/cart.yaml', undefined],
    ]);
  });

  test('of what no cluster has know what all clusters have', async () => {
    const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: istio}
spec: {selector: {istio: ingress}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [HOST]}]}
`;
    const files = {
      ...clusters(['a', 'b']),
      'apps/a/gateway.yaml': gateway.replace('HOST', 'a.example.com'),
      'apps/b/gateway.yaml': gateway.replace('HOST', 'b.example.com'),
      'unused/cart.yaml': canary('50').replace(
        '{port: 80}',
        '{port: 80, gateways: [istio/public], hosts: [c.example.com]}',
      ),
    };
    expect(await found(files, 'gateway-not-found')).toEqual([]);
    rmSync(join(folder, 'apps/b/gateway.yaml'));
    expect(await found({}, 'gateway-not-found')).toEqual([['unused/cart.yaml', undefined]]);
  });
});
