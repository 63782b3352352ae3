import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { isLong, runs } from '../../test/runs';
import type { Finding } from '../findings';
import { isLocalChange } from './local-change';
import { readTree, removeTemporaryFolders, temporaryFolder } from './synth.fixture';
import { synthCatalog } from './synth-catalog';
import type { SynthResult } from './synthesize';

afterEach(removeTemporaryFolders);

type Edit = (services: Record<string, Record<string, unknown>>) => void;

const size = 18;
const nameOf = (index: number) => `svc-${index}`;

/** Services in a row, each calling the next, canaried but for some; what an edit makes of them has findings of many rules. */
function services(): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    Array.from({ length: size }, (_, index) => [
      nameOf(index),
      {
        ports: [{ port: 8000 + index, protocol: index % 3 === 0 ? 'http' : 'grpc' }],
        env: index + 2 < size ? { NEXT_ADDR: { service: nameOf(index + 2) } } : {},
        ...(index % 4 === 3 ? {} : { canary: { loadTest: { requestsPerSecond: 5 } } }),
        ...(index === 5
          ? { preflight: { ignore: [{ code: 'volume-too-low', reason: 'a canary of a batch service' }] } }
          : {}),
      },
    ]),
  );
}

function catalogText(byName: Record<string, Record<string, unknown>>): string {
  return JSON.stringify(
    {
      platform: {
        namespace: 'shop',
        registry: 'registry.example.com/shop',
        gitops: { url: 'https://git.example.com/shop.git', branch: 'main' },
        gateway: { name: 'public', namespace: 'istio-ingress' },
      },
      clusters: [
        { name: 'one', domain: 'one.example.com', flux: { mode: 'gotk' } },
        // With policies a call changes the file of the callee, too.
        { name: 'two', domain: 'two.example.com', flux: { mode: 'gotk' }, policies: 'enforce' },
      ],
      defaults: { image: { tag: 'v1' }, canary: { interval: '1m', threshold: 3 } },
      services: Object.entries(byName).map(([name, service]) => ({ name, ...service })),
    },
    null,
    2,
  );
}

const service = fc.nat(size - 1).map(nameOf);
const set = (name: string, field: string, value: unknown): Edit => {
  return (all) => {
    const one = all[name];
    if (one) one[field] = value;
  };
};
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(service, fc.constantFrom('v2', 'latest', 'v3'))
      .map(([name, tag]) => set(name, 'image', { tag })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(service, service, fc.constantFrom('8000', '9', '8003'))
      .map(([name, other, port]) => set(name, 'env', { OTHER_ADDR: `${other}:${port}`, TEXT: 'x' })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(service, service)
      .map(([name, other]) => set(name, 'env', { PEERS: `first:1\n${other}:8000`, NEXT_ADDR: { service: other } })),
  },
  { weight: 1, arbitrary: fc.tuple(service, fc.nat(4)).map(([name, wave]) => set(name, 'wave', wave)) },
  {
    weight: 2,
    arbitrary: fc.tuple(service, fc.constantFrom('1', 'none')).map(([name, run]) => set(name, 'annotations', { run })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(service, fc.constantFrom('true', 'false'))
      .map(([name, inject]) => set(name, 'podAnnotations', { 'sidecar.istio.io/inject': inject })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(service, fc.integer({ min: 1, max: 3 })).map(([name, count]) => set(name, 'replicas', count)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(service, fc.integer({ min: 1, max: 20 }))
      .map(([name, rate]) =>
        set(name, 'canary', { loadTest: { requestsPerSecond: rate }, metrics: { successRateMinPercent: 99.9 } }),
      ),
  },
  {
    weight: 1,
    arbitrary: service.map((name) => set(name, 'canary', { interval: '30s', metrics: { interval: '30s' } })),
  },
  { weight: 1, arbitrary: service.map((name) => set(name, 'canary', undefined)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(service, fc.integer({ min: 7999, max: 8003 }))
      .map(([name, port]) => set(name, 'ports', [{ port, protocol: 'grpc' }])),
  },
  {
    weight: 1,
    arbitrary: service.map((name) => (all: Record<string, Record<string, unknown>>) => void delete all[name]),
  },
  {
    weight: 1,
    arbitrary: service.map((name) => set(name, 'annotations', { 'aviary.dev/ignore': 'no-inbound-edge=a leaf' })),
  },
  { weight: 1, arbitrary: service.map((name) => set(name, 'traffic', { requestsPerSecond: 0.1 })) },
);

function synth(folder: string, text: string, onNotice?: (line: string) => void): Promise<SynthResult> {
  const catalog = path.join(folder, 'services.json');
  writeFileSync(catalog, text);
  return synthCatalog({
    catalog,
    outdir: path.join(folder, 'dist'),
    cacheDir: path.join(folder, 'cache'),
    codeDigest: 'code',
    onNotice,
  });
}

const shown = (findings: readonly Finding[], folder: string) =>
  JSON.parse(JSON.stringify(findings).replaceAll(folder, ''));

/** What a step from the last tree is refused for: a clean run has no step. */
const isStep = ({ code }: Finding) =>
  code === 'service-moves-to-later-wave' || code === 'canary-removed-with-its-service';

test('after any edits findings and tree are those of a clean run', async () => {
  let rechecked = 0;
  let withFindings = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 2, maxLength: 5 }), async (edits) => {
      const folder = temporaryFolder();
      const all = services();
      await synth(folder, catalogText(all));
      for (const change of edits) {
        change(all);
        const clean = temporaryFolder();
        const expected = await synth(clean, catalogText(all));
        const { findings, work, summary } = await synth(folder, catalogText(all));
        if (findings.some(isStep)) {
          // Refused before anything is checked: the tree is that of the edit before.
          expect([findings.every(isStep), summary]).toEqual([true, undefined]);
          refused++;
          continue;
        }
        expect(shown(findings, folder)).toEqual(shown(expected.findings, clean));
        if (expected.summary) expect(readTree(path.join(folder, 'dist'))).toEqual(readTree(path.join(clean, 'dist')));
        if (work.objectsChecked > 0 && work.objectsChecked < expected.work.objectsChecked) rechecked++;
        if (findings.length > 0) withFindings++;
      }
    }),
    { numRuns: runs(35), seed: 11 },
  );
  // The test would say nothing if everything were checked anew, or nothing found.
  expect([rechecked > (isLong ? 25 : 0), withFindings > runs(40), refused < runs(40)]).toEqual([true, true, true]);
}, 240_000);

test('a finding that is kept is shown where the catalog says the field now', async () => {
  const folder = temporaryFolder();
  const all = services();
  const text = () => {
    const catalog = JSON.parse(catalogText(all));
    catalog.defaults.canary.metrics = { interval: '30s' };
    return JSON.stringify(catalog, null, 2);
  };
  const pointers = ({ findings }: SynthResult) =>
    findings.flatMap(({ code, place }) =>
      code === 'interval-lt-2-scrapes' ? [`${place.object} ${place.pointer}`] : [],
    );
  const before = await synth(folder, text());
  const at = (name: string, pointer: string) => `Canary shop/${name} ${pointer}`;
  // One finding for all who take the default, at the first of them.
  expect(pointers(before)).toEqual([at('svc-0', '/defaults/canary/metrics/interval')]);
  // Says the same in its own words: nothing has to be built or checked for it.
  all[nameOf(9)]!.canary = { loadTest: { requestsPerSecond: 5 }, metrics: { interval: '30s' } };
  all[nameOf(3)]!.image = { tag: 'v2' };
  const clean = temporaryFolder();
  const expected = await synth(clean, text());
  const { findings, work } = await synth(folder, text());
  expect(work.unitsBuilt).toBe(2);
  expect(shown(findings, folder)).toEqual(shown(expected.findings, clean));
  expect(pointers(expected)).toContain(at('svc-9', '/services/9/canary/metrics/interval'));
  expect(pointers(expected)).toContain(at('svc-0', '/defaults/canary/metrics/interval'));
});

test('a text of the last catalog that is damaged costs a line and time', async () => {
  const folder = temporaryFolder();
  const all = services();
  const first = await synth(folder, catalogText(all));
  const cache = path.join(folder, 'cache', readdirSync(path.join(folder, 'cache'))[0]!);
  const texts = () => readdirSync(cache).filter((name) => name.endsWith('.txt'));
  expect(texts().length).toBe(1);
  truncateSync(path.join(cache, texts()[0]!), 100);
  all[nameOf(9)]!.image = { tag: 'v2' };
  const notices: string[] = [];
  const { work, summary } = await synth(folder, catalogText(all), (line) => notices.push(line));
  expect(notices).toEqual([expect.stringMatching(/^The cache is damaged \(text-\w+\.txt is not whole\)/)]);
  expect([summary?.written, work.unitsBuilt]).toEqual([3, first.work.unitsBuilt]);
  expect(texts().length).toBe(1);
});

test('a new image is checked with its callers and callees only', async () => {
  const folder = temporaryFolder();
  const all = services();
  const first = await synth(folder, catalogText(all));
  all[nameOf(9)]!.image = { tag: 'v2' };
  const { work } = await synth(folder, catalogText(all));
  expect(work.unitsBuilt).toBe(2);
  expect(work.objectsChecked).toBeLessThan(first.work.objectsChecked);
});

const deployment = (spec: object, labels = { app: 'a' }) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: { template: { metadata: { labels }, spec } },
});
const container = (fields: object) => deployment({ containers: [{ name: 'server', ...fields }] });

test.each([
  ['an image', container({ image: 'a' }), container({ image: 'b' }), true],
  ['the first variable', container({}), container({ env: [{ name: 'A', value: '1' }] }), true],
  ['a port', container({ ports: [{ containerPort: 1 }] }), container({ ports: [{ containerPort: 2 }] }), false],
  ['a host network', container({}), deployment({ hostNetwork: true, containers: [{ name: 'server' }] }), false],
  ['a container more', container({}), deployment({ containers: [{ name: 'server' }, { name: 'b' }] }), false],
  ['a label', container({}), deployment({ containers: [{ name: 'server' }] }, { app: 'b' }), false],
  ['the kind', container({}), { ...container({}), kind: 'StatefulSet' }, false],
])('%s: whether others can be concerned', (_, before, after, isLocal) => {
  expect(isLocalChange([before], [after])).toBe(isLocal);
});
