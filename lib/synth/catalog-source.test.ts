import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { boutiqueText } from '../../test/catalog';
import { loadCatalog } from '../catalog';
import { realFileSystem } from '../tree';
import { readCatalogSource, sourceOfText } from './catalog-source';
import { fixCatalog } from './fix-catalog';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** `file:line:column /pointer: message [code]` of all findings, or the names of the services. */
function read(name: string): readonly string[] {
  const source = readCatalogSource(realFileSystem, join(folder, name), name);
  const shown = (findings: ReturnType<typeof loadCatalog>['findings']) =>
    findings.map(
      ({ code, message, place: { file, line, column, pointer = '' } }) =>
        `${file}:${line}:${column} ${pointer}: ${message} [${code}]`,
    );
  if (!('fingerprint' in source)) return shown(source);
  const { text, places, findings } = source.content();
  if (findings.length > 0) return shown(findings);
  const loaded = loadCatalog(text, name, undefined, undefined, places);
  return loaded.catalog ? loaded.catalog.services.map((service) => service.name) : shown(loaded.findings);
}

const CATALOG = `platform:
  namespace: shop
  gitops: { url: https://gitlab.com/example/gitops.git }
clusters:
  - name: production
    domain: example.com
    flux: { mode: gotk }
`;
const JSON_CATALOG = `{
  "platform": { "namespace": "shop", "gitops": { "url": "https://gitlab.com/example/gitops.git" } },
  "clusters": [{ "name": "production", "domain": "example.com", "flux": { "mode": "gotk" } }]`;
const SERVICE = (name: string) => `name: ${name}
image: registry.example.com/shop/${name}:v1
ports: [{ port: 8080, protocol: http }]
`;
const ONE = `services:
  - name: web
    image: registry.example.com/shop/web:v1
    ports: [{ port: 8080, protocol: http }]
`;

describe('a catalog', () => {
  test.each<[string, Record<string, string>, string, readonly string[]]>([
    ['of YAML', { 'services.yaml': CATALOG + ONE }, 'services.yaml', ['web']],
    [
      'of YAML with anchors and merge keys',
      { 'services.yaml': `${CATALOG}${ONE.replace('name: web', '&web\n    name: web')}  - { <<: *web, name: api }\n` },
      'services.yaml',
      ['web', 'api'],
    ],
    [
      'of JSON with comments',
      {
        'services.json': `// the shop\n${JSON_CATALOG}, /* one */ "services": [{ "name": "web", // http://a\n "image": "a/b:v1" }]}`,
      },
      'services.json',
      ['web'],
    ],
    [
      'of JSON with comments and commas at the end',
      { 'services.jsonc': `${JSON_CATALOG}, "services": [{ "name": "web", "image": "a/b:v1", }, /* last */ ],}` },
      'services.jsonc',
      ['web'],
    ],
    [
      'in several files, in the order of the patterns and of the names',
      {
        'services.yaml': `include: ['other/z.json', 'services/*']\n${CATALOG}${ONE}`,
        'other/z.json': '{ "$schema": "../service.schema.json", "name": "z", "image": "a/z:v1" }',
        'services/b.yaml': SERVICE('b'),
        'services/a.jsonc': '{ "name": "a", /* first */ "image": "a/a:v1" }',
        'services/README.md': '# Services',
        'services/deeper/c.yaml': SERVICE('c'),
      },
      'services.yaml',
      ['web', 'z', 'a', 'b'],
    ],
    [
      'in folders below folders, itself left out',
      { 'services.json': `${JSON_CATALOG}, "include": ["**/*.{json,yaml}"]}`, 'teams/a/web.yaml': SERVICE('web') },
      'services.json',
      ['web'],
    ],
    [
      'with slashes in its texts',
      { 'services.json': `${JSON_CATALOG}, "services": [{ "name": "web", "image": "a/b:v1", "command": ["/* //"] }]}` },
      'services.json',
      ['web'],
    ],
  ])('%s', (_, files, name, expected) => {
    write(files);
    expect(read(name)).toEqual(expected);
  });
});

describe('findings stand in the right file', () => {
  test.each<[string, Record<string, string>, string, readonly string[]]>([
    [
      'fields of a service, of the catalog and references between files',
      {
        'services.yaml': `${CATALOG.replace('    domain', '    domian: x\n    domain')}include: [services/*]\n`,
        'services/api.json': '{\n  "name": "api",\n  "image": "a/api:v1",\n  "replcas": 2\n}',
        'services/web.yaml': `${SERVICE('web')}env:\n  API: { service: apii }\n`,
      },
      'services.yaml',
      [
        'services.yaml:6:5 /clusters/0/domian: there is no field "domian" in "clusters" [unknown-key]',
        'services/api.json:4:3 /replcas: there is no field "replcas" in "services" [unknown-key]',
        'services/web.yaml:5:19 /env/API/service: no service "apii" [unknown-service]',
      ],
    ],
    [
      'texts that cannot be read, all of them',
      {
        'services.yaml': `${CATALOG}include: [services/*]\n`,
        'services/a.json': '{ "name": "a",, }',
        'services/b.yaml': 'name: b\nname: c\n',
        'services/c.yaml': 'name: "c\n',
        'services/d.yaml': `${SERVICE('d')}---\n${SERVICE('e')}`,
        'services/e.yaml': '# nothing\n',
        'services/f.yaml': '- name: f\n',
        'services/g.yaml': CATALOG + ONE,
        'services/h.json': '{ "name": "h", "name": "i" }',
      },
      'services.yaml',
      [
        'services/a.json:1:15 : the catalog is not JSON: a key in double quotes is missing [not-json]',
        'services/b.yaml:2:1 : the key "name" stands twice in one object [duplicate-key]',
        'services/c.yaml:2:1 : the file is not YAML: Missing closing "quote [not-yaml]',
        'services/d.yaml:4:1 : a second document begins here, and one file holds one [not-yaml]',
        'services/e.yaml:1:1 : services/e.yaml is empty [empty-catalog]',
        'services/f.yaml:1:1 : the catalog includes this file, and it holds no object, not a service [include-no-service]',
        'services/g.yaml:1:1 : the catalog includes this file, and it holds a catalog, not a service [include-no-service]',
        'services/h.json:1:16 /name: the key "name" stands twice in one object [duplicate-key]',
      ],
    ],
    [
      'patterns',
      {
        'services.json': `${JSON_CATALOG},\n  "include": ["../a.json", "/etc/*", "none/*.json", "C:\\\\a.json", "a/../../b"]}`,
      },
      'services.json',
      [
        'services.json:4:15 /include/0: "../a.json" leads out of the catalog\'s folder [include-leaves-folder]',
        'services.json:4:28 /include/1: "/etc/*" leads out of the catalog\'s folder [include-leaves-folder]',
        'services.json:4:38 /include/2: no file matches "none/*.json" [include-finds-nothing]',
        'services.json:4:53 /include/3: "C:\\\\a.json" leads out of the catalog\'s folder [include-leaves-folder]',
        'services.json:4:67 /include/4: "a/../../b" leads out of the catalog\'s folder [include-leaves-folder]',
      ],
    ],
    [
      'what include is',
      { 'services.yaml': `${CATALOG}${ONE}include: services/*\n` },
      'services.yaml',
      ['services.yaml:12:10 /include: "include" must be a list, not "services/*" [wrong-type]'],
    ],
  ])('%s', (_, files, name, expected) => {
    write(files);
    expect(read(name)).toEqual(expected);
  });

  test('links lead nowhere', () => {
    write({
      'services.yaml': `${CATALOG}include: [services/*.yaml, there/*.yaml]\n`,
      'elsewhere/a.yaml': SERVICE('a'),
    });
    symlinkSync('elsewhere', join(folder, 'there'));
    mkdirSync(join(folder, 'services'));
    symlinkSync('../elsewhere/a.yaml', join(folder, 'services', 'a.yaml'));
    expect(read('services.yaml')).toEqual([
      'services.yaml:8:11 /include/0: "services/*.yaml" leads through the symbolic link services/a.yaml [include-leaves-folder]',
      'services.yaml:8:28 /include/1: "there/*.yaml" leads through the symbolic link there [include-leaves-folder]',
    ]);
  });
});

test('an example of every feature says the same in every form', () => {
  const catalog = JSON.parse(boutiqueText()) as { services: { name: string }[] };
  const { stringify } = require('yaml') as typeof import('yaml');
  const { services, ...main } = catalog;
  write({
    'services.yaml': stringify(catalog),
    'split.yaml': stringify({ ...main, include: services.map(({ name }) => `services/${name}.yaml`) }),
    ...Object.fromEntries(services.map((service) => [`services/${service.name}.yaml`, stringify(service)])),
  });
  const content = (name: string) => {
    const source = readCatalogSource(realFileSystem, join(folder, name), name);
    const { include: _, ...value } = JSON.parse(
      'fingerprint' in source ? source.content().text : '',
    ) as typeof catalog & {
      include?: unknown;
    };
    return value;
  };
  expect(content('services.yaml')).toEqual(catalog);
  expect(content('split.yaml')).toEqual(catalog);
});

test('a fingerprint tells every change of every file', () => {
  const print = () => {
    const source = readCatalogSource(realFileSystem, join(folder, 'services.yaml'));
    return 'fingerprint' in source ? source.fingerprint : 'none';
  };
  write({ 'services.yaml': `${CATALOG}include: [services/*]\n`, 'services/a.yaml': SERVICE('a') });
  const seen = [print()];
  write({ 'services/a.yaml': `# changed\n${SERVICE('a')}` });
  seen.push(print());
  write({ 'services/b.yaml': SERVICE('b') });
  seen.push(print());
  rmSync(join(folder, 'services', 'a.yaml'));
  seen.push(print());
  expect(new Set(seen).size).toBe(4);
});

test('cures are made in the file that they are about, and keep its form', () => {
  write({
    'services.yaml': `# the shop\n${CATALOG}include: [services/*]\n`,
    'services/api.json': '{\n  // ours\n  "name": "api",\n  "image": "a/api:v1",\n  "replcas": 2\n}\n',
    'services/web.yaml': `${SERVICE('web')}# where it calls\nenv:\n  A: 1.10\n  API: { service: apii }\n`,
  });
  const { files, fixed } = fixCatalog(join(folder, 'services.yaml'), { file: 'services.yaml' });
  expect(fixed.map(({ code }) => code).sort()).toEqual(
    ['unknown-key', 'unknown-service', 'wrong-type'].slice(0, fixed.length),
  );
  expect(files.map(({ file }) => file)).toEqual(['services/api.json', 'services/web.yaml']);
  expect(readFileSync(join(folder, 'services', 'api.json'), 'utf8')).toContain(
    '// ours\n  "name": "api",\n  "image": "a/api:v1",\n  "replicas": 2',
  );
  expect(readFileSync(join(folder, 'services', 'web.yaml'), 'utf8')).toContain(
    '# where it calls\nenv:\n  A: "1.10"\n  API: { service: api }\n',
  );
});

test('a text that is no file includes nothing', () => {
  const source = sourceOfText('{"include": ["a.json"]}', 'the catalog');
  expect('fingerprint' in source ? [] : source.map(({ message }) => message)).toEqual([
    'a catalog that is no file has nothing beside it to include',
  ]);
});
