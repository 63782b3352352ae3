import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { disk, findKustomize } from '../cli/disk';
import { readManifestFiles } from '../cli/manifest-files';
import { memoryIo } from '../cli/memory-io';
import { runProgram } from '../cli/program';
import type { Finding } from '../findings';
import { sortByCluster } from './clusters';
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
  const { clusters } = sortByCluster(read.files, surroundings);
  return Object.fromEntries(
    clusters.map(({ name = '', inputs }) => [
      name,
      inputs.map(
        ({ object, cluster }) => `${object.metadata.name}${cluster === name || !cluster ? '' : ` (${cluster})`}`,
      ),
    ]),
  );
}

const config = (name: string, value = 'x') => `# beside flagger
apiVersion: v1
kind: ConfigMap
metadata: {name: "${name}", namespace: shop}
data: {value: ${value}}
---
`;
const flux = (name: string, path: string, spec = '') => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: "${name}", namespace: flux-system}
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

test('what tests of somebody else need is applied by nobody, unless it is named', () => {
  const files = {
    'app/cart.yaml': config('cart'),
    'app/testdata/broken.yaml': config('broken'),
    'node_modules/x/chart.yaml': config('foreign'),
    'istio-1.9.0/samples/app.yaml': config('sample'),
    'argo-rollouts-1.1.0-rc2/test/kustomization.yaml': 'resources: [a.yaml]\n',
    'argo-rollouts-1.1.0-rc2/test/a.yaml': config('tested'),
  };
  expect(worlds(files)).toEqual({ '': ['cart'] });
  expect(worlds(files, 'app/testdata')).toEqual({ '': ['broken'] });
});

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
      staging: ['cart', 'staging-apps', ...own],
    });
  });

  test('a repository that is named like a folder in it', () => {
    const files = { 'apps/flux.yaml': flux('apps', './apps'), 'apps/apps/cart.yaml': config('cart') };
    expect(worlds(files, 'apps')).toEqual({ '': ['cart', 'apps'] });
  });

  test('one cluster is one world without a name', () => {
    const { 'clusters/staging/apps.yaml': _, ...files } = monorepo;
    const one = Object.fromEntries(Object.entries(files).filter(([name]) => !name.includes('staging')));
    expect(worlds({ ...one, 'other/x.yaml': config('x') })).toEqual({
      '': ['cart', 'extra', 'production-apps', 'flux-system', 'flux-system', 'infrastructure', 'mesh'],
    });
  });

  test('what none leads to is in no cluster, whatever its folder is called', () => {
    fakeKustomize();
    const files = {
      'apps/unused/x.yaml': config('unused'),
      'clusters/staging/kustomization.yaml':
        'resources: [apps.yaml, infrastructure.yaml, flux-system/gotk-sync.yaml]\n',
      'clusters/staging/forgotten.yaml': config('forgotten'),
      'tools/overlays/staging/kustomization.yaml': 'namePrefix: a\n',
      'tools/overlays/staging/built': config('tool', 'staging'),
    };
    const found = worlds({ ...monorepo, ...files });
    expect(Object.keys(found)).toEqual(['production', 'staging']);
    for (const name of ['unused', 'forgotten', 'tool']) expect(Object.values(found).flat()).not.toContain(name);
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
    expect(worlds(files)).toEqual({ eu: ['cart', 'apps', 'flux'], us: [] });
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
      { a: ['x', 'config', 'a-apps'], b: ['x', 'a-apps'] },
    ],
    [
      'a folder that a cluster leads to is none',
      {
        'clusters/hub/spoke.yaml': flux('spoke', './clusters/spoke'),
        'clusters/spoke/apps.yaml': flux('apps', 'apps/a'),
      },
      { '': ['x', 'spoke', 'apps'] },
    ],
    [
      'the whole of a source of its own is not this repository',
      {
        'clusters/a/apps.yaml': sync('./').replaceAll(/"?flux-system"?, /g, 'chart, ') + flux('a-apps', 'apps/a'),
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
      production: ['cart', 'common', 'web', 'tool'],
      staging: ['cart', 'common', 'web', 'tool'],
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
    expect(worlds({ ...base, ...files })).toEqual({ '': ['x', 'shop', 'c', 'cart', 'shop', 'd'] });
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

  const service = (port: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: "${port}"}]}\n`;

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

  test.each([
    [
      'two files of one object that one Kustomization applies',
      {
        'apps/one.yaml': service('9090'),
        'apps/more/two.yaml': service('9091'),
        'clusters/a/apps.yaml': flux('apps', 'apps'),
      },
      'Service shop/cart is written here and at apps/more/two.yaml:1, and Kustomization "apps" applies both: kustomize refuses two objects of one id, and nothing of the Kustomization is applied',
      'error',
    ],
    [
      'one file that Flux applies with a value, and Argo CD as it is',
      {
        'apps/cart.yaml': service('${PORT}'),
        'clusters/a/apps.yaml': flux('one', 'apps', 'postBuild: {substitute: {PORT: "80"}}'),
        'clusters/a/more.yaml':
          'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: two, namespace: argocd}\nspec: {source: {path: apps}, destination: {namespace: shop}}\n',
      },
      'Service shop/cart is applied twice, with different content: by Kustomization "one" and by Application "two"',
      'warning',
    ],
  ])('of %s', async (_, files, message, severity) => {
    write({ ...files, 'apps/canary.yaml': canary('50') });
    const io = memoryIo({ cwd: folder, env: { PATH: bin } });
    await runProgram(['preflight', '--manifests', '.', '--format', 'json'], io);
    const { findings } = JSON.parse(io.out) as { findings: Finding[] };
    const twice = findings.filter(({ code, place }) => code === 'object-twice' && place.object === 'Service shop/cart');
    expect(twice).toMatchObject([{ message, severity }]);
  });

  test('of what all clusters share are said once, without a name', async () => {
    const files = { 'apps/cart.yaml': canary('150') };
    const shared = Object.fromEntries(['a', 'b'].map((name) => [`clusters/${name}/apps.yaml`, flux('apps', 'apps')]));
    expect(await found({ ...shared, ...files }, 'maxweight-gt-100')).toEqual([['apps/cart.yaml', undefined]]);
  });

  test('of one place are those of the cluster that has more to say of it', async () => {
    const scaler =
      'apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: cart, namespace: shop}\nspec: {minReplicas: 1, maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: cart}}\n';
    const scaled = canary('50').replace(
      'service: {port: 80}',
      'service: {port: 80}\n  autoscalerRef: {kind: HorizontalPodAutoscaler, name: cart}',
    );
    write({
      'clusters/a/apps.yaml': flux('apps', 'apps'),
      'clusters/a/more.yaml': flux('more', 'more'),
      'clusters/b/apps.yaml': flux('apps', 'apps'),
      'apps/hpa.yaml': `# flagger\n${scaler}`,
      'more/cart.yaml': scaled,
    });
    const io = memoryIo({ cwd: folder, env: { PATH: bin } });
    await runProgram(['preflight', '--manifests', '.', '--format', 'json'], io);
    const { findings } = JSON.parse(io.out) as { findings: Finding[] };
    expect(findings.filter(({ code }) => code === 'hpa-v2beta').map(({ message }) => message)).toEqual([
      'HorizontalPodAutoscaler "cart" is of autoscaling/v2beta2, which Kubernetes serves up to 1.25 only: Canary "cart" waits for it',
    ]);
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

  test('a Canary that no cluster gets is a note', async () => {
    const files = {
      ...clusters(['a', 'b']),
      'apps/a/cart.yaml': canary('50'),
      'apps/b/cart.yaml': canary('50'),
      'unused/cart.yaml': canary('150'),
      'apps/a/kustomization.yaml': 'resources: [cart.yaml]\n',
      'apps/a/commented.yaml': canary('150').replaceAll('cart', 'old'),
    };
    expect(await found(files, 'manifest-not-applied')).toEqual([
      ['apps/a/commented.yaml', undefined],
      ['unused/cart.yaml', undefined],
    ]);
    expect(await found({}, 'maxweight-gt-100')).toEqual([]);
  });
});

describe('Argo CD', () => {
  const app = (name: string, path: string, destination = 'namespace: shop') => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: ${name}, namespace: argocd}
spec:
  source: {repoURL: "https://git.example.com/fleet.git", path: ${path}, targetRevision: HEAD}
  destination: {server: "https://kubernetes.default.svc", ${destination}}
---
`;
  const plain = (name: string) => config(name).replace(', namespace: shop', '');

  test('an Application of Applications leads to the folders that it names', () => {
    const files = {
      'root.yaml': app('root', 'apps'),
      'apps/cart.yaml': app('cart', 'deploy/cart'),
      'apps/web.yaml': app('web', 'deploy/web'),
      'deploy/cart/x.yaml': plain('cart'),
      'deploy/cart/deeper/x.yaml': plain('deeper'),
      'deploy/web/kustomization.yaml': 'resources: [web.yaml]\n',
      'deploy/web/web.yaml': plain('web'),
      'deploy/web/left.yaml': plain('left'),
      'docs/x.yaml': plain('docs'),
    };
    expect(worlds(files)).toEqual({ '': ['cart', 'web', 'cart', 'web', 'root'] });
  });

  test('an ApplicationSet leads to the folders that its generator finds', () => {
    const files = {
      'set.yaml': `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argocd}
spec:
  generators: [{git: {repoURL: x, directories: [{path: "deploy/*"}]}}]
  template: {spec: {source: {path: "{{path}}"}, destination: {namespace: "{{path.basename}}"}}}
`,
      'deploy/cart/x.yaml': plain('cart'),
      'other/x.yaml': plain('other'),
    };
    expect(worlds(files)).toEqual({ '': ['cart', 'apps'] });
  });

  test('another destination is another cluster', () => {
    const files = {
      'apps/cart.yaml': app('cart', 'deploy/cart'),
      'apps/web.yaml': app('web', 'deploy/web').replace('server: "https://kubernetes.default.svc"', 'name: eu'),
      'deploy/cart/x.yaml': plain('cart'),
      'deploy/web/x.yaml': plain('web'),
    };
    expect(worlds(files)).toEqual({ '': ['cart', 'web', 'cart'], eu: ['web'] });
  });
});

describe('plain folders', () => {
  test('beside each other with the same objects are looked at one by one', () => {
    const files = {
      'k8s/common.yaml': config('common'),
      'k8s/01-plain/x.yaml': config('cart'),
      'k8s/02-canary/all.yaml': config('cart', 'y') + config('canary'),
    };
    expect(worlds(files)).toEqual({ '01-plain': ['cart', 'common'], '02-canary': ['cart', 'canary', 'common'] });
  });

  test('charts are no manifests', () => {
    const files = {
      'chart/Chart.yaml': 'name: x\n',
      'chart/templates/x.yaml': config('templated'),
      'chart/crds/x.yaml': config('crd'),
      'x.yaml': config('x'),
    };
    expect(worlds(files)).toEqual({ '': ['x'] });
  });
});

describe('values of postBuild', () => {
  test('reach the objects, and the paths of what comes behind', () => {
    const files = {
      'clusters/a/flux-system/gotk-sync.yaml': sync('./clusters/a').replace(
        'prune: true,',
        'prune: true, postBuild: {substitute: {TIER: gold}, substituteFrom: [{kind: ConfigMap, name: settings}]},',
      ),
      'clusters/a/settings.yaml': config('settings').replace('{value: x}', '{SIZE: "3"}'),
      'clusters/a/apps.yaml': flux('apps-${TIER}', 'apps/${TIER}', 'postBuild: {substitute: {REGION: eu}}'),
      'apps/gold/x.yaml': config('x-${REGION}-${NONE:=left}'),
      'apps/iron/x.yaml': config('iron'),
    };
    expect(worlds(files)).toEqual({ '': ['x-eu-left', 'apps-gold', 'flux-system', 'flux-system', 'settings'] });
  });
});
