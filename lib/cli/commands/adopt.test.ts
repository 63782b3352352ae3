import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

const MANIFESTS = `apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  selector: { matchLabels: { app: cart } }
  template:
    metadata: { labels: { app: cart } }
    spec:
      containers:
        - { name: cart, image: "registry.example.com/cart:1", ports: [{ containerPort: 7070 }] }
---
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { selector: { app: cart }, ports: [{ port: 7070 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { a: b }
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-adopt-'));
  writeFileSync(join(folder, 'all.yaml'), MANIFESTS);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]) {
  const io = memoryIo({ cwd: folder });
  const code = await runProgram(['adopt', ...args], io);
  return { code, out: io.out, err: io.err };
}

test('without --write it says what it would do, and writes nothing', async () => {
  const { code, out, err } = await run('all.yaml');
  expect([code, err]).toEqual([0, 'Nothing is written. --write writes services.json and 1 file below manifests/.\n']);
  expect(out).toContain('| workloads | 1 | 1 | 0 | 0 | 0 |');
  expect(out).toContain('Say the protocol of cart:7070: nothing tells it, and tcp was taken.');
  expect(readdirSync(folder)).toEqual(['all.yaml']);
});

test('what is written makes a tree, and a second run changes nothing', async () => {
  expect((await run('all.yaml', '--write', '--protocol', 'cart:7070=grpc')).code).toBe(0);
  const catalog = JSON.parse(readFileSync(join(folder, 'services.json'), 'utf8'));
  expect(catalog.services[0].ports).toEqual([{ port: 7070, protocol: 'grpc', appProtocol: false }]);
  const before = readFileSync(join(folder, 'services.json'), 'utf8');
  const io = memoryIo({ cwd: folder });
  expect(await runProgram(['synth', '--catalog', 'services.json', '--out', 'dist'], io)).toBe(0);
  const again = await run('all.yaml', '--write', '--protocol', 'cart:7070=grpc');
  expect(again.err).toContain('Everything is written already.');
  expect(readFileSync(join(folder, 'services.json'), 'utf8')).toBe(before);
});

test('a service that the catalog lacks is added, and every other character stays', async () => {
  await run('all.yaml', '--write');
  const text = readFileSync(join(folder, 'services.json'), 'utf8').replace(
    '"name": "cart"',
    '"name": "cart",\n      "description": "mine"',
  );
  writeFileSync(join(folder, 'services.json'), text);
  writeFileSync(join(folder, 'more.yaml'), MANIFESTS.split('---')[0]!.replaceAll('cart', 'mail'));
  const { code, err } = await run('more.yaml', '--write');
  expect(code).toBe(0);
  expect(err).toContain('1 file written');
  const extended = readFileSync(join(folder, 'services.json'), 'utf8');
  expect(JSON.parse(extended).services.map(({ name }: { name: string }) => name)).toEqual(['cart', 'mail']);
  expect(extended).toContain('"description": "mine"');
});

test.each<[string, string[], number, string]>([
  ['no object', ['none.yaml'], 1, 'error: no Kubernetes object in none.yaml\n'],
  [
    'a protocol that is none',
    ['all.yaml', '--protocol', 'cart=grpc'],
    2,
    'error: --protocol takes SERVICE:PORT=http|grpc|tcp, not "cart=grpc"',
  ],
  ['a report that is none', ['all.yaml', '--report', 'html'], 2, 'error: --report takes one of markdown, json'],
])('bad input: %s', async (_, args, code, message) => {
  writeFileSync(join(folder, 'none.yaml'), 'a: b\n');
  const result = await run(...args);
  expect([result.code, result.err.includes(message)]).toEqual([code, true]);
});
