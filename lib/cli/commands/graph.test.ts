import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sound } from '../../catalog/load.fixture';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-graph-'));
  const catalog = sound();
  catalog.platform.policies = 'enforce';
  catalog.clusters[0].policies = 'off';
  catalog.services[0].expose = { hosts: ['shop.{domain}'] };
  const shared = { create: false, name: 'shared' };
  catalog.services[0].serviceAccount = shared;
  catalog.services.push({ name: 'batch', serviceAccount: shared });
  writeFileSync(join(folder, 'services.json'), JSON.stringify(catalog));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function graph(...args: string[]) {
  const io = memoryIo({ cwd: folder });
  const code = await runProgram(['graph', ...args], io);
  return { code, out: io.out, err: io.err };
}

test('says who calls whom, by which reference, and what the outside reaches', async () => {
  const { code, out } = await graph();
  expect(code).toBe(0);
  expect(out).toBe(`staging: 3 services, 1 call; no policies: every pod may connect to every other

web (canary)
  <- the gateway istio-ingress/public:8080  expose
  -> cart:7070                              variable CART
batch
cart

What the outside reaches:
  web, and through it cart

production: 3 services, 1 call; policies are enforced: what is not here is refused

web (canary)
  <- the gateway istio-ingress/public:8080  expose
  -> cart:7070                              variable CART
batch
cart

What the outside reaches:
  web, and through it cart
`);
});

test('with --policies also what the platform needs, and what is wider than the references', async () => {
  const { out } = await graph('--cluster', 'production', '--policies');
  expect(out).toContain('  <- Prometheus:15020');
  expect(out).toContain(`
Let through, though no reference names it:
  batch -> cart:7070  shares the account shop/shared with web: the mesh lets it through, the network does not
`);
});

test('gives data', async () => {
  const { out } = await graph('--format', 'json', '--cluster', 'production');
  const { clusters } = JSON.parse(out);
  expect(clusters).toMatchObject([
    {
      cluster: 'production',
      policies: 'enforce',
      calls: [{ from: 'web', to: 'cart', ports: [7070], need: 'call', why: 'variable CART' }],
    },
  ]);
  expect(clusters[0].platform).toBeUndefined();
});

test('gives pictures', async () => {
  expect((await graph('--format', 'dot')).out).toContain('  "web" -> "cart" [label="7070"];\n');
  const { out } = await graph('--format', 'svg');
  expect(out).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" .*<title>Who calls whom in production<\/title>/s);
  expect(out).toContain('<title>web → cart 7070: variable CART</title>');
});

test.each([
  [['--format', 'png'], '--format png: text, json, svg, dot'],
  [['--cluster', 'prod'], 'no cluster "prod" in services.json: it has staging, production'],
])('refuses %j', async (args, message) => {
  const { code, err } = await graph(...args);
  expect(code).toBe(2);
  expect(err).toContain(message);
});
