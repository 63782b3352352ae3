import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sound } from '../catalog/load.fixture';
import { preflightCatalog } from './preflight-catalog';
import { readTree, removeTemporaryFolders, temporaryFolder } from './synth.fixture';
import { synthCatalog } from './synth-catalog';

afterEach(removeTemporaryFolders);

const configMap = (name: string, more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: shop\ndata:\n  a: "1" # kept\n${more}`;
const encrypted = `apiVersion: v1
kind: Secret
metadata:
    name: db
    namespace: shop
stringData:
    password: ENC[AES256_GCM,data:8f7d,iv:zz==,tag:yy==,type:str]
sops:
    mac: ENC[AES256_GCM,data:aa==,type:str]
    version: 3.10.2
`;

/** Writes the files, and a catalog of two clusters that names them. */
function repository(files: Readonly<Record<string, string>>, change: (catalog: any) => void) {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const catalog = sound();
  delete catalog.services[0].canary;
  change(catalog);
  write('services.json', JSON.stringify(catalog, null, 2));
  const options = {
    catalog: join(folder, 'services.json'),
    outdir: join(folder, 'dist'),
    cacheDir: join(folder, 'cache'),
    codeDigest: 'code',
  };
  const run = async () => {
    const { findings, summary, work } = await synthCatalog(options);
    const said = findings.map(
      ({ code, place, message }) =>
        `${place.file?.replace(`${folder}/`, '')}${place.line === undefined ? '' : `:${place.line}`} ${message} [${code}]`,
    );
    return { said, summary, work, tree: readTree(join(folder, 'dist')) ?? {} };
  };
  return { folder, write, run, preflight: () => preflightCatalog(options.catalog).findings.map(({ code }) => code) };
}

test('manifests are copied before the first wave or beside a service, with their origin', async () => {
  const { run } = repository(
    { 'k8s/extra/a.yaml': configMap('a'), 'k8s/extra/readme.md': '#', 'k8s/prod.yaml': configMap('b') },
    (catalog) => {
      catalog.manifests = ['./k8s/extra/'];
      catalog.clusters[1].manifests = [{ path: 'k8s/prod.yaml', beside: 'web' }];
    },
  );
  const { said, tree } = await run();
  expect(said).toEqual([]);
  expect(tree['clusters/staging/manifests/k8s/extra/a.yaml']).toBe(
    `# From k8s/extra/a.yaml: change it there.\n${configMap('a')}`,
  );
  expect(tree['clusters/staging/manifests/kustomization.yaml']).toContain('- k8s/extra/a.yaml\n');
  expect(tree['clusters/staging/layers.yaml']).toMatch(
    /name: manifests\n[\s\S]*dependsOn:\n\s+- name: mesh-config\n[\s\S]*path: \.\/clusters\/staging\/manifests\n/,
  );
  expect(tree['clusters/production/apps/wave-1/manifests/k8s/prod.yaml']).toContain('name: b');
  expect(tree['clusters/production/apps/wave-1/kustomization.yaml']).toContain('- manifests/k8s/prod.yaml\n');
  expect(Object.keys(tree).filter((file) => file.startsWith('clusters/staging') && file.includes('prod.yaml'))).toEqual(
    [],
  );
});

test('a change of a file is a change; an unchanged one is none', async () => {
  const { run, write } = repository({ 'k8s/a.yaml': configMap('a') }, (catalog) => (catalog.manifests = ['k8s']));
  await run();
  expect((await run()).work.unitsBuilt).toBe(0);
  write('k8s/a.yaml', configMap('a', '  b: "2"\n'));
  const { tree, summary } = await run();
  expect(tree['clusters/staging/manifests/k8s/a.yaml']).toContain('b: "2"');
  expect(summary!.written).toBe(2);
});

test('what SOPS has encrypted passes byte for byte, with the key named to Flux', async () => {
  const { run } = repository({ 'k8s/db.yaml': encrypted }, (catalog) => {
    catalog.manifests = ['k8s'];
    catalog.platform.gitops.decryption = { secretName: 'sops-age' };
  });
  const { said, tree } = await run();
  expect(said).toEqual([]);
  expect(tree['clusters/production/manifests/k8s/db.yaml']).toBe(encrypted);
  expect(tree['clusters/production/layers.yaml']!.match(/decryption:\n\s+provider: sops\n/g)).toHaveLength(3);
});

test('a folder with a kustomization is taken as it is', async () => {
  const kustomization = 'resources:\n  - a.yaml\nconfigMapGenerator:\n  - name: gen\n    files: [x.conf]\n';
  const { run } = repository(
    { 'k8s/kustomization.yaml': kustomization, 'k8s/a.yaml': configMap('a'), 'k8s/x.conf': 'x = ${y}\n' },
    (catalog) => (catalog.manifests = ['k8s']),
  );
  const { said, tree } = await run();
  expect(said).toEqual([]);
  expect(tree['clusters/staging/manifests/k8s/kustomization.yaml']).toBe(kustomization);
  expect(tree['clusters/staging/manifests/k8s/a.yaml']).toBe(configMap('a'));
  expect(tree['clusters/staging/manifests/k8s/x.conf']).toBe('x = ${y}\n');
  expect(tree['clusters/staging/manifests/kustomization.yaml']).toContain('- k8s\n');
});

test('its objects are checked where they are written', async () => {
  const files = {
    'k8s/web.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: raw\n  namespace: shop\nspec:\n  selector:\n    matchLabels: {app: raw}\n  template:\n    metadata:\n      labels: {app: raw}\n    spec:\n      hostNetwork: true\n      containers: []\n',
  };
  const { run, preflight } = repository(files, (catalog) => (catalog.manifests = ['k8s']));
  const { said } = await run();
  expect(said).toEqual([
    'k8s/web.yaml:13 namespace "shop" enforces Pod Security "restricted", and no pod of Deployment "raw" is admitted. It asks for: no hostNetwork [pod-security-refuses]',
  ]);
  expect(preflight()).toEqual(['pod-security-refuses']);
});

const secret = `${encrypted.slice(0, encrypted.indexOf('stringData'))}stringData:\n  password: hunter22\n`;
test.each<[string, Record<string, string>, (catalog: any) => void, string[]]>([
  [
    'an object twice',
    { 'k8s/a.yaml': configMap('a'), 'k8s/b.yaml': configMap('a') },
    () => {},
    ['manifests/k8s/a.yaml'],
  ],
  [
    'a plain Secret',
    { 'k8s/db.yaml': secret },
    () => {},
    ['k8s/db.yaml:4 Secret "db" holds its values in plain text [plain-secret]'],
  ],
  [
    'SOPS without a key',
    { 'k8s/db.yaml': encrypted },
    () => {},
    ['undefined manifests hold a Secret that SOPS has encrypted, and no key to decrypt it is named [sops-without-key]'],
  ],
  ['nothing there', { 'k8s/readme.md': '' }, () => {}, ['k8s there are no manifests at "k8s" [no-manifests]']],
  ['no YAML', { 'k8s/a.yaml': 'a: [' }, () => {}, ['not-yaml']],
  [
    'paths and services that are not there',
    { 'k8s/a.yaml': configMap('a') },
    (catalog) => {
      catalog.manifests = ['../x', '/etc', { path: 'k8s', beside: 'car' }];
      catalog.services[1].clusters = ['staging'];
      catalog.services[0].env = {};
      catalog.clusters[1].manifests = [{ path: 'k8s', beside: 'cart' }];
    },
    [
      'the path "../x" leaves the folder of the catalog [path-outside]',
      'the path "/etc" is not relative [path-outside]',
      'no service "car" [unknown-service]',
      '"cart" does not run in cluster "production" [service-not-in-cluster]',
    ],
  ],
])('%s', async (_name, files, change, expected) => {
  const { run } = repository(files, (catalog) => {
    catalog.manifests = ['k8s'];
    change(catalog);
  });
  const { said, tree } = await run();
  expect(tree).toEqual({});
  for (const one of expected) expect(said.join('\n')).toContain(one);
});

test('a link is refused', async () => {
  const { run, folder } = repository({ 'k8s/a.yaml': configMap('a') }, (catalog) => (catalog.manifests = ['k8s']));
  symlinkSync('/etc/hostname', join(folder, 'k8s/link.yaml'));
  expect((await run()).said).toEqual([`k8s/link.yaml "${folder}/k8s/link.yaml" is a symbolic link [manifest-is-link]`]);
  expect(readFileSync(join(folder, 'k8s/a.yaml'), 'utf8')).toBe(configMap('a'));
});
