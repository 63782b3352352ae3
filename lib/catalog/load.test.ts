import { boutiqueText } from '../../test/catalog';
import { formatGitlab, formatJson, formatMarkdown, formatSarif, formatText } from '../findings';
import { broken, lines, load, sound } from './load.fixture';

const TEXT = boutiqueText();

test('Online Boutique has nothing to complain about', () => {
  const { catalog, findings } = load(TEXT);
  expect(findings).toEqual([]);
  expect(catalog?.services).toHaveLength(12);
});

test('the small catalog of these tests is sound', () => {
  expect(broken(() => {}).findings).toEqual([]);
});

test('an error says place, cause, nearest name and fix', () => {
  const text = TEXT.replace('"service": "cartservice"', '"service": "cartservise"');
  const [finding] = load(text).findings;
  expect(finding).toEqual({
    code: 'unknown-service',
    severity: 'error',
    place: {
      file: 'services.json',
      line: expect.any(Number),
      column: expect.any(Number),
      pointer: '/services/0/env/CART_SERVICE_ADDR/service',
    },
    message: 'no service "cartservise"',
    cause: 'Services are named in /services/*/name.',
    nearest: 'cartservice',
    edits: [{ pointer: '/services/0/env/CART_SERVICE_ADDR/service', value: 'cartservice' }],
    fix: 'write "cartservice"',
  });
  const lineText = text.split('\n')[finding!.place.line! - 1]!;
  expect(lineText.slice(finding!.place.column! - 1)).toMatch(/^"cartservise"/);
  expect(formatText([finding!], { source: () => text } as never)).toContain('services.json:');
});

test('all errors at once, in the order of the text, those of the schema and those of meaning', () => {
  const result = broken((catalog) => {
    catalog.services[0].env.CART.service = 'kart';
    catalog.services[0].resources = { requests: { cpu: 5 } };
    catalog.services[1].portz = [];
    catalog.clusters[0].flux.mode = 'gotk2';
    catalog.services[1].ports[0].port = 70_000;
  });
  expect(result.catalog).toBeUndefined();
  expect(lines(result)).toEqual([
    '/clusters/0/flux/mode: "mode" cannot be "gotk2" ~ gotk [unknown-value]',
    '/services/0/env/CART/service: no service "kart" ~ cart [unknown-service]',
    '/services/0/resources/requests/cpu: "cpu" must be a text, not 5 [wrong-type]',
    '/services/1/ports/0/port: port 70000 is not a port [invalid-port]',
    '/services/1/portz: there is no field "portz" in "services" ~ ports [unknown-key]',
  ]);
});

describe('text that is not a catalog', () => {
  test.each<[string, string, string, number, number]>([
    ['empty', '', 'the catalog is empty', 1, 1],
    ['blank', ' \n ', 'the catalog is empty', 1, 1],
    ['cut off', '{\n  "platform": {', 'the catalog is not JSON: a "}" is missing', 2, 16],
    [
      'a trailing comma',
      '{\n  "services": [],\n}',
      'the catalog is not JSON: a "," stands before the closing bracket',
      2,
      17,
    ],
    ['a comment', '{\n  // no\n}', 'the catalog is not JSON: JSON has no comments', 2, 3],
    ['single quotes', "{'a': 1}", 'the catalog is not JSON: a word that JSON does not know', 1, 2],
    ['a missing comma', '{"a": 1 "b": 2}', 'the catalog is not JSON: a "," is missing behind this', 1, 7],
    ['a byte order mark', '\uFEFF{}', 'the catalog starts with a byte order mark', 1, 1],
  ])('%s', (_, text, message, line, column) => {
    const { catalog, findings } = load(text);
    expect(catalog).toBeUndefined();
    expect([findings[0]?.message, findings[0]?.place.line, findings[0]?.place.column]).toEqual([message, line, column]);
  });

  test.each<[string, string, string]>([
    ['a list', '[]', 'the catalog must be an object, not a list'],
    ['a number', '7', 'the catalog must be an object, not 7'],
    ['null', 'null', 'the catalog must be an object, not null'],
    ['an empty object', '{}', '"platform" is missing at the top of the catalog'],
  ])('%s', (_, text, message) => {
    expect(load(text).findings[0]?.message).toBe(message);
  });

  test.each(['__proto__', 'constructor', 'prototype'])('the key %s, at any depth', (key) => {
    const text = TEXT.replace('"env": {', `"env": { ${JSON.stringify(key)}: "x",`);
    expect(lines(load(text))).toEqual([
      `/services/0/env/${key}: the key "${key}" is not allowed anywhere [forbidden-key]`,
    ]);
  });

  test('what reading finds, the schema and the meaning, all at once', () => {
    const text = TEXT.replace('"env": {', '"env": { "__proto__": "x", "__proto__": "y",')
      .replace('"replicas": 1', '"replicas": "1"')
      .replace('"service": "cartservice"', '"service": "cart"');
    expect(lines(load(text))).toEqual([
      '/services/0/env/__proto__: the key "__proto__" stands twice in one object [duplicate-key]',
      '/services/0/env/__proto__: the key "__proto__" is not allowed anywhere [forbidden-key]',
      '/services/0/env/CART_SERVICE_ADDR/service: no service "cart" [unknown-service]',
      '/services/11/replicas: "replicas" must be a number, not "1" [wrong-type]',
    ]);
  });

  const tooDeep = [':1:101: lists and objects lie more than 100 deep in each other [too-deep]'];
  test.each<[string, string, string[]]>([
    ['a hundred thousand lists', '['.repeat(100_000) + ']'.repeat(100_000), tooDeep],
    ['a hundred thousand lists, none of them closed', '['.repeat(100_000), tooDeep],
    [
      'a hundred lists',
      '['.repeat(100) + ']'.repeat(100),
      [':1:1: the catalog must be an object, not a list [wrong-type]'],
    ],
    [
      'brackets in a text',
      JSON.stringify('[{"'.repeat(200)),
      [':1:1: the catalog must be an object, not a text [wrong-type]'],
    ],
    [
      'a text of eight million characters',
      JSON.stringify('a"\\'.repeat(2e6)),
      [':1:1: the catalog must be an object, not a text [wrong-type]'],
    ],
    [
      'a text that never ends',
      `"${'\\'.repeat(1e6)}`,
      [':1:1: the catalog is not JSON: the closing quote is missing [not-json]'],
    ],
  ])('%s', (_, text, expected) => {
    expect(
      load(text).findings.map(
        ({ code, message, place }) => `${place.pointer}:${place.line}:${place.column}: ${message} [${code}]`,
      ),
    ).toEqual(expected);
  });

  test('a key that stands twice', () => {
    const text = TEXT.replace('"name": "cartservice",', '"name": "cartservice",\n      "name": "cartservice",');
    const { catalog, findings } = load(text);
    expect(catalog).toBeUndefined();
    const expected = text.slice(0, text.lastIndexOf('"name": "cartservice"')).split('\n').length;
    expect(findings.map(({ code, message, place }) => [code, message, place.line])).toEqual([
      ['duplicate-key', 'the key "name" stands twice in one object', expected],
    ]);
  });
});

describe('what does not fit the schema', () => {
  test.each<[string, (catalog: any) => void, string[]]>([
    [
      'an unknown key at the top',
      (c) => (c.platfrom = {}),
      ['/platfrom: there is no field "platfrom" at the top of the catalog ~ platform [unknown-key]'],
    ],
    [
      'an unknown key deep down',
      (c) => (c.services[0].ports[0].prot = 1),
      ['/services/0/ports/0/prot: there is no field "prot" in "ports" ~ port [unknown-key]'],
    ],
    [
      'an unknown key of a canary',
      (c) => (c.services[0].canary.stepWeigth = 5),
      ['/services/0/canary/stepWeigth: there is no field "stepWeigth" in "canary" ~ stepWeight [unknown-key]'],
    ],
    [
      'an unknown key of a reference',
      (c) => (c.services[0].env.CART = { servise: 'cart' }),
      ['/services/0/env/CART/servise: there is no field "servise" in "CART" ~ service [unknown-key]'],
    ],
    [
      'a missing key',
      (c) => delete c.services[0].ports[0].protocol,
      ['/services/0/ports/0: "protocol" is missing in "ports" [missing-key]'],
    ],
    [
      'a missing name',
      (c) => delete c.services[1].name,
      ['/services/1: "name" is missing in "services" [missing-key]'],
    ],
    [
      'a number in quotes',
      (c) => (c.services[0].ports[0].port = '80'),
      ['/services/0/ports/0/port: "port" must be a number, not "80" [wrong-type]'],
    ],
    ['null', (c) => (c.services[0].ports = null), ['/services/0/ports: "ports" must be a list, not null [wrong-type]']],
    [
      'a wrong choice',
      (c) => (c.services[0].ports[0].protocol = 'htttp'),
      ['/services/0/ports/0/protocol: "protocol" cannot be "htttp" ~ http [unknown-value]'],
    ],
    [
      'true where false or an object may stand',
      (c) => (c.services[0].canary = true),
      ['/services/0/canary: "canary" must be false or an object, not true [wrong-type]'],
    ],
    [
      'a number for a variable',
      (c) => (c.services[0].env.PORT = 8080),
      ['/services/0/env/PORT: "PORT" must be a text or an object, not 8080 [wrong-type]'],
    ],
    [
      'a number that is a secret',
      (c) => (c.services[0].env.DB_PASSWORD = 1234),
      ['/services/0/env/DB_PASSWORD: "DB_PASSWORD" must be a text or an object, not a number [wrong-type]'],
    ],
    [
      'a wrong type in an override',
      (c) => (c.clusters[0].services = { web: { replicas: 'two' } }),
      ['/clusters/0/services/web/replicas: "replicas" must be a number, not "two" [wrong-type]'],
    ],
  ])('%s', (_, change, expected) => {
    expect(lines(broken(change))).toEqual(expected);
  });
});

describe('what cannot work', () => {
  const long = (length: number) => 'a'.repeat(length);
  test.each<[string, (catalog: any) => void, string[]]>([
    [
      'a service that does not exist',
      (c) => (c.services[0].env.CART.service = 'crat'),
      ['/services/0/env/CART/service: no service "crat" ~ cart [unknown-service]'],
    ],
    [
      'a port that does not exist',
      (c) => (c.services[0].env.CART.port = 'http'),
      ['/services/0/env/CART/port: "cart" has no port "http" [unknown-port]'],
    ],
    [
      'a service of another cluster',
      (c) => (c.services[1].clusters = ['production']),
      [
        '/services/0/env/CART/service: "web" refers to "cart", which does not run in cluster "staging" [service-not-in-cluster]',
      ],
    ],
    [
      'a name that is no DNS label',
      (c) => (c.services[1].name = 'Cart_1'),
      [
        '/services/0/env/CART/service: no service "cart" [unknown-service]',
        '/services/1/name: the service name "Cart_1" must consist of lower case letters, digits and "-", and start and end with a letter or digit [invalid-name]',
      ],
    ],
    [
      'a name too long for -primary',
      (c) => (c.services[0].name = long(56)),
      [
        `/services/0/name: the service name "${long(56)}" has 56 characters; with a canary it may have 55 [name-too-long]`,
      ],
    ],
    [
      'a name that Flagger uses',
      (c) => c.services.push({ name: 'web-primary' }),
      ['/services/2/name: "web-primary" is the name of an object that Flagger makes for "web" [reserved-name]'],
    ],
    [
      'two services of one name',
      (c) => (c.services[1].name = 'web'),
      [
        '/services/0/env/CART/service: no service "cart" [unknown-service]',
        '/services/1/name: two services are named "web"; the first is /services/0 [duplicate-service]',
      ],
    ],
    [
      'a port out of range',
      (c) => (c.services[0].ports[0].targetPort = 0),
      ['/services/0/ports/0/targetPort: targetPort 0 is not a port [invalid-port]'],
    ],
    [
      'two ports of one number',
      (c) => c.services[0].ports.push({ name: 'b', port: 80, protocol: 'http' }),
      ['/services/0/ports/1/port: "web" has the port 80 twice [duplicate-port]'],
    ],
    [
      'two ports of one name',
      (c) => c.services[0].ports.push({ name: 'http', port: 81, protocol: 'http' }),
      ['/services/0/ports/1/name: "web" has two ports named "http" [duplicate-port-name]'],
    ],
    [
      'a quantity that is none',
      (c) => (c.services[0].resources = { requests: { memory: '64MB' } }),
      [
        '/services/0/resources/requests/memory: memory "64MB" is not a number with a suffix of Kubernetes (n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3) [invalid-quantity]',
      ],
    ],
    [
      'a request above its limit',
      (c) => (c.services[0].resources = { requests: { cpu: '1' }, limits: { cpu: '500m' } }),
      ['/services/0/resources/requests/cpu: requests.cpu 1 is above limits.cpu 500m [request-above-limit]'],
    ],
    [
      'a limit lowered by an override',
      (c) => {
        c.services[0].resources = { requests: { cpu: '1' } };
        c.clusters[1].services = { web: { resources: { limits: { cpu: '500m' } } } };
      },
      ['/services/0/resources/requests/cpu: requests.cpu 1 is above limits.cpu 500m [request-above-limit]'],
    ],
    [
      'a duration that is none',
      (c) => (c.services[0].canary.interval = '1 minute'),
      [
        '/services/0/canary/interval: interval "1 minute" has the unknown unit " minute" (h, m, s, ms, us and ns exist) [invalid-duration]',
      ],
    ],
    [
      'an interval below ten seconds',
      (c) => (c.services[0].canary.interval = '5s'),
      ['/services/0/canary/interval: interval "5s" is below 10s [duration-too-short]'],
    ],
    [
      'a host that is none',
      (c) => (c.services[0].expose = { hosts: ['https://shop.{domain}'] }),
      [
        '/services/0/expose/hosts/0: the host "https://shop.staging.example.com" has a scheme: write the host alone [invalid-host]',
        '/services/0/expose/hosts/0: the host "https://shop.example.com" has a scheme: write the host alone [invalid-host]',
      ],
    ],
    [
      'a host of two services',
      (c) => {
        for (const service of c.services) service.expose = { hosts: ['shop.example.com'] };
      },
      [
        '/services/0/expose/hosts/0: the host "shop.example.com" of "web" is already that of "cart" in cluster "staging" [duplicate-host]',
        '/services/0/expose/hosts/0: the host "shop.example.com" of "web" is already that of "cart" in cluster "production" [duplicate-host]',
      ],
    ],
    [
      'an image that is none',
      (c) => (c.services[0].image = { repository: 'Registry.example.com/Web', tag: 'v 1' }),
      [
        '/services/0/image/repository: the image "Registry.example.com/Web" has capital letters in the repository [invalid-image]',
        '/services/0/image/tag: the image has the tag "v 1": a tag has up to 128 letters, digits, "_", "." and "-", and does not start with "." or "-" [invalid-image]',
      ],
    ],
    [
      'min above max',
      (c) => (c.services[0].autoscaling = { minReplicas: 3, maxReplicas: 2 }),
      ['/services/0/autoscaling/minReplicas: minReplicas 3 is above maxReplicas 2 [min-above-max]'],
    ],
    [
      'replicas and autoscaling',
      (c) => Object.assign(c.services[0], { replicas: 2, autoscaling: { minReplicas: 1, maxReplicas: 2 } }),
      ['/services/0/replicas: "web" has both replicas and autoscaling [replicas-and-autoscaling]'],
    ],
    [
      'a cluster that does not exist',
      (c) => (c.services[1].clusters = ['staging', 'prodution']),
      [
        '/services/0/env/CART/service: "web" refers to "cart", which does not run in cluster "production" [service-not-in-cluster]',
        '/services/1/clusters/1: no cluster "prodution" ~ production [unknown-cluster]',
      ],
    ],
    [
      'an override of nobody',
      (c) => (c.clusters[0].services = { wev: {} }),
      ['/clusters/0/services/wev: no service "wev" to override ~ web [unknown-service]'],
    ],
    [
      'a variable named like a secret',
      (c) => (c.services[0].env.DB_PASSWORD = 'hunter2'),
      [
        '/services/0/env/DB_PASSWORD: the variable DB_PASSWORD holds a literal value, and its name says that it is a secret [literal-secret]',
      ],
    ],
    [
      'a token by its shape',
      (c) => (c.services[0].env.X = `ghp_${'a'.repeat(36)}`),
      ['/services/0/env/X: "X" holds what looks like a GitHub token [literal-secret]'],
    ],
    [
      'a private key in a file',
      (c) => (c.services[0].config = [{ mountPath: '/etc/x', files: { key: '-----BEGIN RSA PRIVATE KEY-----\n' } }]),
      ['/services/0/config/0/files/key: "key" holds what looks like a private key [literal-secret]'],
    ],
    [
      'two strategies',
      (c) => Object.assign(c.services[0].canary, { iterations: 3, stepWeight: 10 }),
      [
        '/services/0/canary/iterations: a canary has one of iterations, stepWeight, stepWeights, not iterations and stepWeight [canary]',
      ],
    ],
    [
      'steps that fall',
      (c) => (c.services[0].canary.stepWeights = [50, 20]),
      ['/services/0/canary/stepWeights/1: stepWeights [50, 20] must increase, each from 1 to 100 [canary]'],
    ],
    [
      'match with weights',
      (c) => (c.services[0].canary.match = [{ headers: { a: { exact: 'b' } } }]),
      ['/services/0/canary/match: match needs iterations [canary]'],
    ],
    [
      'a canary without a port',
      (c) => delete c.services[0].ports,
      ['/services/0/canary: "web" has a canary and no port [no-port]'],
    ],
    [
      'a success rate as a fraction',
      (c) => (c.services[0].canary.metrics = { successRateMinPercent: 0.99 }),
      [
        '/services/0/canary/metrics/successRateMinPercent: successRateMinPercent 0.99 is not a percentage above 1 and up to 100 [metric-threshold]',
      ],
    ],
    [
      'weights without a mesh',
      (c) => {
        c.platform.mesh = 'kubernetes';
        c.services[0].canary.stepWeight = 10;
      },
      ['/services/0/canary/stepWeight: without a mesh traffic cannot be weighed [canary]'],
    ],
    [
      'two handlers of a probe',
      (c) => (c.services[0].probes = { readiness: { http: { path: '/' }, tcp: {} } }),
      ['/services/0/probes/readiness: the readiness probe has http and tcp [probe-handler]'],
    ],
    [
      'a probe of an unknown port',
      (c) => (c.services[0].probes = { readiness: { tcp: { port: 'grpc' } } }),
      [
        '/services/0/probes/readiness/tcp/port: the readiness probe names the port "grpc", which "web" does not have [unknown-port]',
      ],
    ],
    [
      'a volume without a source',
      (c) => (c.services[0].volumes = [{ name: 'tmp', mountPath: '/tmp' }]),
      ['/services/0/volumes/0: the volume "tmp" has no source [volume-source]'],
    ],
    [
      'two mounts at one place',
      (c) =>
        (c.services[0].volumes = [
          { name: 'a', mountPath: '/t', emptyDir: {} },
          { name: 'b', mountPath: '/t', emptyDir: {} },
        ]),
      ['/services/0/volumes/1/mountPath: two volumes are mounted at "/t" [duplicate-mount]'],
    ],
    [
      'a path out of the repository',
      (c) => (c.platform.gitops.path = '../x'),
      ['/platform/gitops/path: the path "../x" leaves the repository [path-outside]'],
    ],
    [
      'a shell in the load test',
      (c) => (c.services[0].canary.loadTest = { path: '/;reboot' }),
      ['/services/0/canary/loadTest/path: "/;reboot" has characters that a shell would read [canary]'],
    ],
    [
      'an image without a version',
      (c) => delete c.defaults,
      [
        '/services/0: the image of "web" has neither tag nor digest [image-without-version]',
        '/services/1: the image of "cart" has neither tag nor digest [image-without-version]',
      ],
    ],
    [
      'root',
      (c) => (c.services[0].securityContext = { runAsUser: 0 }),
      ['/services/0/securityContext/runAsUser: "web" would run as root [runs-as-root]'],
    ],
  ])('%s', (_, change, expected) => {
    expect(lines(broken(change)).sort()).toEqual([...expected].sort());
  });

  test('a secret is never printed', () => {
    const catalog = sound();
    catalog.services[0].env = { DB_PASSWORD: 'hunter2', 'no name': 'x' };
    for (const text of [JSON.stringify(catalog), JSON.stringify(catalog, null, 2)]) {
      const { findings } = load(text);
      expect(findings.map(({ code }) => code).sort()).toEqual(['invalid-env-name', 'literal-secret']);
      for (const format of [formatText, formatJson, formatSarif, formatGitlab, formatMarkdown])
        expect(format(findings, { source: () => text })).not.toContain('hunter2');
    }
  });

  test.each([
    'DB_PASSWORD',
    'PGPASSWORD',
    'dbPassword',
    'API_KEY',
    'STRIPE_APIKEY',
    'TOKEN_2',
    'MYSQL_PWD',
    'x-auth-token',
  ])('%s is the name of a secret', (name) => {
    const codes = (value: unknown) => broken((c) => (c.services[0].env[name] = value)).findings.map(({ code }) => code);
    expect(codes('hunter2')).toEqual(['literal-secret']);
    expect(codes({ secret: { name: 'db', key: 'password' } })).toEqual([]);
    expect(codes('')).toEqual([]);
  });

  test.each(['PASSWORD_FILE', 'TOKEN_TTL', 'SECRET_NAME', 'PWDS', 'KEYBOARD', 'CWD'])('%s is not', (name) => {
    expect(broken((c) => (c.services[0].env[name] = 'x')).findings).toEqual([]);
  });

  test('a problem of the defaults is reported once, there', () => {
    expect(lines(broken((c) => (c.defaults.image.tag = 'v 1')))).toHaveLength(1);
    expect(broken((c) => (c.defaults.image.tag = 'v 1')).findings[0]?.place.pointer).toBe('/defaults/image/tag');
  });

  test('patches are visible, and do not stop anything', () => {
    const result = broken(
      (c) =>
        (c.patches = [
          {
            target: { kind: 'Deployment', name: 'web' },
            reason: 'host network',
            operations: [{ op: 'add', path: '/spec/template/spec/hostNetwork', value: true }],
          },
        ]),
    );
    expect(result.catalog).toBeDefined();
    expect(result.findings.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      'info: Deployment "web" is patched: host network',
    ]);
  });
});
