import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { canary } from '../../diff/case-objects';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'aviary-doctor-'));
  folders.push(made);
  return made;
}

const failed = { ...canary('cart'), status: { phase: 'Failed' } };
const event = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'shop' },
  involvedObject: { kind: 'Canary', namespace: 'shop', name: 'cart' },
  type: 'Warning',
  message: 'Halt cart.shop advancement success rate 57.10% < 99%',
  lastTimestamp: '2026-11-30T10:00:00Z',
};
const list = (...items: object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/** A kubectl that writes down its arguments and answers by the resource. */
function standIn(answers: Readonly<Record<string, { readonly out?: string; readonly error?: string }>>) {
  const bin = folder();
  const log = path.join(bin, 'log');
  for (const [resource, { out, error }] of Object.entries(answers))
    writeFileSync(
      path.join(bin, `${resource === '*' ? 'any' : resource}.${error ? 'error' : 'out'}`),
      error ?? out ?? '',
    );
  writeFileSync(
    path.join(bin, 'kubectl'),
    `#!/bin/sh
printf '%s\\n' "$*" >> '${log}'
resource=
for arg in "$@"; do
  case "$arg" in
    --raw) resource=raw; break;;
    -*|get) ;;
    *) resource=$arg; break;;
  esac
done
for name in "$resource" any; do
  if [ -f '${bin}'/"$name".error ]; then /bin/cat '${bin}'/"$name".error >&2; exit 1; fi
  if [ -f '${bin}'/"$name".out ]; then exec /bin/cat '${bin}'/"$name".out; fi
done
printf '{"items":[]}'
`,
  );
  chmodSync(path.join(bin, 'kubectl'), 0o755);
  return {
    PATH: bin,
    calls: () =>
      readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' ')),
  };
}

async function doctor(args: readonly string[], env: Record<string, string> = {}) {
  const io = memoryIo({ env, cwd: tmpdir() });
  const code = await runProgram(['doctor', ...args], io);
  return { code, out: io.out, err: io.err };
}

const message = 'Canary "cart" failed: too many answers of the new version were errors';

test('a dump tells why a Canary failed', async () => {
  const file = path.join(folder(), 'dump.json');
  writeFileSync(file.replace(/json$/, 'yaml'), list(failed, event));
  const { code, out, err } = await doctor(['--dump', file.replace(/json$/, 'yaml')]);
  expect(code).toBe(1);
  expect(out).toContain(message);
  expect(out).toContain('1. the new version fails: its logs say why; 2. something that it calls refuses it');
  expect(err).toBe('looked at 2 objects, 1 Canary\n');
});

test('a cluster is read by `get` alone, and never for Secrets', async () => {
  const cluster = standIn({
    'canaries.flagger.app': { out: list(failed) },
    events: { out: list(event) },
    raw: { out: '{"data":{"result":[]}}' },
  });
  const { code, out } = await doctor(['--context', 'prod', '--severity', 'info'], { PATH: cluster.PATH });
  expect(code).toBe(1);
  expect(out).toContain(message);
  expect(out).toContain(
    'metric "request-success-rate" of Canary "cart" asks for istio_requests_total, and http://prometheus:9090 has no series of that name',
  );
  const calls = cluster.calls();
  expect(calls.length).toBeGreaterThan(20);
  expect(calls.filter((args) => args[0] !== '--context=prod' || args[2] !== 'get')).toEqual([]);
  expect(calls.filter((args) => args.some((arg) => /secret/i.test(arg)))).toEqual([]);
});

test('what may not be listed is said, and the rest is checked', async () => {
  const cluster = standIn({
    'canaries.flagger.app': { out: list(failed) },
    events: { error: 'Error from server (Forbidden): events is forbidden: User "x" cannot list resource "events"' },
  });
  const { out } = await doctor([], { PATH: cluster.PATH });
  expect(out).toContain('events may not be listed');
  expect(out).toContain('Canary "cart" failed');
});

test.each([
  [
    'no cluster',
    'The connection to the server localhost:8080 was refused',
    'the cluster cannot be read: The connection',
  ],
  ['an expired credential', 'error: You must be logged in to the server (Unauthorized)', 'the credentials are refused'],
])('%s', async (_, error, said) => {
  const { code, out, err } = await doctor([], { PATH: standIn({ '*': { error } }).PATH });
  expect(code).toBe(1);
  expect(out).toContain(said);
  expect(err).toBe('nothing could be looked at\n');
});

test('a cluster without Flagger, and without Prometheus', async () => {
  const none = { error: 'error: the server doesn\'t have a resource type "canaries"' };
  const { out } = await doctor([], {
    PATH: standIn({ 'canaries.flagger.app': none, namespaces: { out: list(event) } }).PATH,
  });
  expect(out).toContain('the cluster has no definition of Canary');
  const dark = standIn({
    'canaries.flagger.app': { out: list(failed) },
    raw: { error: 'Error from server (ServiceUnavailable): no endpoints' },
  });
  expect((await doctor([], { PATH: dark.PATH })).out).toContain(
    'Prometheus (http://prometheus:9090) gives no answer: Error from server',
  );
});

test('an account of some namespaces reads those', async () => {
  const cluster = standIn({ 'canaries.flagger.app': { out: list(failed) } });
  const { out } = await doctor(['--namespace', 'shop', 'bank'], { PATH: cluster.PATH });
  expect(out).toContain(message.slice(0, 20));
  const places = cluster.calls().filter((args) => args.includes('pods'));
  expect(places.map((args) => args[3])).toEqual(['--namespace=shop', '--namespace=bank']);
  expect(cluster.calls().filter((args) => args.includes('--all-namespaces'))).toEqual([]);
});

test('a saved dump gives the same findings, with what Prometheus answered', async () => {
  const cluster = standIn({
    'canaries.flagger.app': { out: list(failed) },
    events: { out: list({ ...event, message: 'Halt advancement no values found for istio metric x' }) },
    raw: { out: '{"gitVersion":"v1.36.0","data":{"result":[]}}' },
    secrets: { error: 'Error from server (Forbidden)' },
    'podmonitors.monitoring.coreos.com': { error: 'Error from server (Forbidden): podmonitors is forbidden' },
  });
  const file = path.join(folder(), 'dump.json');
  const options = ['--severity', 'info', '--format', 'json'];
  const live = await doctor(['--save', file, ...options], { PATH: cluster.PATH });
  const saved = await doctor(['--dump', file, ...options]);
  const of = ({ out }: { out: string }) =>
    (JSON.parse(out) as { findings: { code: string; message: string; cause?: string }[] }).findings
      .filter(({ code }) => code !== 'not-permitted')
      .map(({ code, message: said, cause }) => `${code}: ${said} ${cause}`);
  expect(of(saved)).toEqual(of(live));
  expect(of(saved).join('\n')).toContain(
    '1. http://prometheus:9090 has no series istio_requests_total at all: it does not scrape what counts the requests',
  );
});

test.each([
  [['--prometheus', 'localhost:9090'], 'write ADDRESS=URL'],
  [['--dump', '.', '--prometheus', 'http://a=http://b'], '--prometheus is for a cluster'],
  [['--dump', '/nowhere'], 'there is no /nowhere'],
  [['--dump', '/nowhere', '--context', 'x'], '--dump reads files'],
])('refuses %j', async (args, said) => {
  const { code, err } = await doctor(args);
  expect(code).toBe(2);
  expect(err).toContain(said);
});

test.each([
  [['--scrape-interval', 'abc'], 'It must be a duration of Prometheus, such as 15s or 1m30s.'],
  [['--mesh-provider', 'isto'], 'Did you mean "istio"?'],
])('refuses %j, as preflight does', async (args, message) => {
  const { code, err } = await doctor(args);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test('without kubectl it says so', async () => {
  const { code, err } = await doctor([], { PATH: folder() });
  expect(code).toBe(2);
  expect(err).toContain('which is not on the PATH');
});
