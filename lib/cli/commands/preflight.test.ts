import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

const examples = join(__dirname, '..', '..', '..', 'examples');
const failing = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: server, image: 'cart:1'}]}}
---
apiVersion: v1
kind: Service
metadata: {name: cart-external, namespace: shop}
spec: {type: LoadBalancer, selector: {app: cart}, ports: [{port: 80}]}
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: cart, namespace: shop}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: cart}
  service: {port: 80}
  analysis: {interval: 1m, threshold: 5, stepWeight: 10, maxWeight: 50}
`;

async function run(args: readonly string[], options: { readonly cwd?: string; readonly stdin?: string } = {}) {
  const io = memoryIo(options);
  const code = await runProgram(['preflight', ...args], io);
  return { code, out: io.out, err: io.err };
}
const codes = (out: string) => (JSON.parse(out) as { findings: { code: string }[] }).findings.map(({ code }) => code);

test('names the failure of the first user first, and exits with 1', async () => {
  const { code, out } = await run(['--manifests', 'seed-failure/manifests', '--format', 'json'], { cwd: examples });
  expect(code).toBe(1);
  expect(codes(out)[0]).toBe('ingress-bypasses-vs');
});

test('reads the standard input, shows the line, and leaves out what is less than the floor', async () => {
  const { code, out } = await run(['--manifests', '-', '--severity', 'error'], { stdin: failing });
  expect(code).toBe(1);
  expect(out).toContain('-:12:38 /spec/selector Service shop/cart-external: error:');
  expect(out).toContain('12 | spec: {type: LoadBalancer, selector: {app: cart}');
  expect(out).not.toContain('warning');
});

test('finds nothing where nothing is wrong', async () => {
  expect(await run(['--manifests', '-'], { stdin: '' })).toEqual({
    code: 0,
    out: 'no findings\nlooked at 0 objects, 0 Canaries, 1 file\n',
    err: '',
  });
});

test.each(['json', 'gitlab', 'sarif', 'markdown'])('writes %s', async (format) => {
  const { out } = await run(['--manifests', '-', '--format', format], { stdin: failing });
  expect(out).toContain('svc-selects-target');
});

test('prints what each rule cost', async () => {
  const { err } = await run(['--manifests', '-', '--timing'], { stdin: failing });
  // What costs next to nothing is in the sum of the others.
  expect(err).toMatch(/^( +\d+\.\d ms {2}[a-z0-9-]+\n)*( +\d+\.\d ms {2}\d+ others together\n)$/);
});

describe('facts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aviary-facts-'));
    mkdirSync(join(folder, 'empty'));
    writeFileSync(join(folder, 'empty/none.yaml'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['{"scrapeInterval": "15s", "exists": ["Deployment shop/*"]}', 0, ''],
    ['{"scrapeIntervall": "15s"}', 2, 'the facts in facts.json are wrong at /: Unrecognized key: "scrapeIntervall"'],
    [
      '{"requestsPerSecond": {"shop/cart": "many"}}',
      2,
      'the facts in facts.json are wrong at /requestsPerSecond/shop/cart: ',
    ],
    ['{', 2, 'the facts in facts.json cannot be read: '],
  ])('%s', async (text, code, message) => {
    writeFileSync(join(folder, 'facts.json'), text);
    const result = await run(['--manifests', 'empty', '--facts', 'facts.json'], { cwd: folder });
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
  });
});

test.each([
  [
    ['--format', 'xml'],
    "option '--format <format>' argument 'xml' is invalid. Allowed are text, json, gitlab, sarif, markdown.",
  ],
  [['--severity', 'fatal'], 'Allowed are error, warning, info.'],
  [['--scrape-interval', 'abc'], 'It must be a duration of Prometheus, such as 15s or 1m30s.'],
  [['--mesh-provider', 'isto'], 'Did you mean "istio"?'],
  [['--exists', 'Depl'], 'It must be a kind and a name, such as "Deployment shop/frontend".'],
])('refuses %j', async (args, message) => {
  const { code, err } = await run(args);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

describe('--fix', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aviary-fix-'));
    writeFileSync(join(folder, 'services.json'), JSON.stringify(catalog, null, 2));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const catalog = {
    platform: {
      namespace: 'shop',
      registry: 'registry.example.com/shop',
      gitops: { url: 'https://git.example.com/shop.git', branch: 'main' },
      gateway: { name: 'public', namespace: 'istio-ingress' },
    },
    clusters: [{ name: 'production', domain: 'example.com', flux: { mode: 'gotk' } }],
    services: [
      {
        name: 'cart',
        image: { tag: 'v1' },
        replicas: 2,
        ports: [{ port: 80, protocol: 'http' }],
        canary: { interval: '60', loadTest: {} },
      },
    ],
  };

  test('shows what it changed; the next run has nothing to say', async () => {
    const before = await run([], { cwd: folder });
    expect(before.code).toBe(1);
    expect(before.out).toContain('aviary preflight --fix mends one of them');
    const { code, out } = await run(['--fix'], { cwd: folder });
    expect(out).toContain(`--- a/services.json
+++ b/services.json`);
    expect(out).toContain(`-        "interval": "60",
+        "interval": "60s",`);
    expect(out).toContain('fixed 1 finding: invalid-duration\n\nno findings\n');
    expect(code).toBe(0);
    expect(await run(['--fix'], { cwd: folder })).toEqual({
      code: 0,
      out: 'no findings\nlooked at 49 objects, 1 Canary, 1 cluster\n',
      err: '',
    });
  });

  test('keeps the diff out of what programs read', async () => {
    const { out, err } = await run(['--fix', '--format', 'json'], { cwd: folder });
    expect(codes(out)).toEqual([]);
    expect(err).toContain('+        "interval": "60s",');
  });

  test('refuses manifests of others', async () => {
    const { code, err } = await run(['--fix', '--manifests', '.'], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain('--fix changes the catalog: it cannot be used with --manifests');
  });

  test('refuses to be told of the cluster what a catalog says itself', async () => {
    const { code, err } = await run(['--exists', 'Secret shop/*', '--scrape-interval', '30s'], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain('--scrape-interval, --exists: only with --manifests');
  });
});

test('SARIF describes its rules in sentences', async () => {
  const { out } = await run(['--manifests', '-', '--format', 'sarif'], { stdin: failing });
  const { rules } = JSON.parse(out).runs[0].tool.driver;
  expect(rules.length).toBeGreaterThan(0);
  for (const { id, shortDescription, fullDescription, help } of rules) {
    expect(`${id}: ${shortDescription.text}`).toMatch(/: [A-Z"'`{].*[.!?:]$/s);
    expect(fullDescription.text).toMatch(/[.!?:]$/);
    expect(help.text).toContain(`aviary explain ${id}`);
  }
});
