import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffLines } from 'diff';
import { fixCatalog, fixText } from './fix-catalog';
import { preflightText } from './preflight-catalog';

/** Odd on purpose, to see that it stays: blanks, an object in one line beside others on many. */
const sound = `{
  "platform": {
    "namespace": "shop", "mesh": "istio-sidecar",
    "registry": "registry.example.com/shop",
    "gitops": { "url": "https://git.example.com/shop.git", "branch": "main" },
    "gateway": { "name": "public", "namespace": "istio-ingress" }
  },
  "clusters": [ { "name": "production", "domain": "example.com", "flux": { "mode": "gotk" } } ],
  "services": [
    {
      "name": "cart",
      "image": { "tag": "v1" },
      "replicas": 2,
      "ports": [ { "port": 80, "targetPort": 8080, "protocol": "http" } ],
      "canary": {
        "interval": "1m",
        "loadTest": {}
      }
    },
    {
      "name": "shop",
      "image": { "tag": "v1" },
      "ports": [ { "port": 80, "targetPort": 8080, "protocol": "http" } ],
      "env": { "CART": { "service": "cart" } }
    }
  ]
}
`;
const check = (text: string) => preflightText(text, 'services.json', { withEdits: true });
const codesOf = (findings: readonly { readonly code: string }[]) => findings.map(({ code }) => code);
const canary = (fields: string) => (text: string) => text.replace('"interval": "1m",', `"interval": "1m",${fields}`);
const replace = (from: string, to: string) => (text: string) => text.replace(from, to);
const hook = (fields: string) =>
  canary(`
        "webhooks": [
          { "name": "hook", ${fields} }
        ],`);
const tester = '"url": "http://flagger-loadtester.flagger-system/"';
const custom = (fields: string) =>
  canary(`
        "metrics": {
          "custom": [
            { "name": "depth", ${fields} }
          ]
        },`);
const gatewayApi = replace('"istio-sidecar"', '"istio-gateway-api"');
const withoutMesh = replace('"istio-sidecar"', '"kubernetes"');
const tcp = replace('"protocol": "http" } ],\n      "canary"', '"protocol": "tcp" } ],\n      "canary"');
const all =
  (...changes: ((text: string) => string)[]) =>
  (text: string) =>
    changes.reduce((current, change) => change(current), text);

/** Lines that went, and lines that came. */
function changes(before: string, after: string): string[] {
  return diffLines(before, after).flatMap(({ added, removed, value }) =>
    added || removed
      ? value
          .trimEnd()
          .split('\n')
          .map((line) => `${added ? '+' : '-'} ${line.trim()}`)
      : [],
  );
}

test('the catalog of these tests is sound', () => {
  expect(codesOf(check(sound).findings)).toEqual([]);
});

test.each<[code: string, what: string, change: (text: string) => string, diff: string[]]>([
  // What the reader of the catalog finds.
  ['unknown-key', 'a misspelt key', replace('"replicas"', '"replcas"'), ['- "replcas": 2,', '+ "replicas": 2,']],
  ['unknown-value', 'a misspelt word', replace('"gotk"', '"gotkk"'), ['"gotkk"', '"gotk"']],
  ['wrong-type', 'a number in quotes', replace('"replicas": 2', '"replicas": "2"'), ['"2",', '2,']],
  ['unknown-service', 'a misspelt reference', replace('"service": "cart"', '"service": "cartt"'), ['cartt', 'cart']],
  [
    'unknown-port',
    'a misspelt port of a probe',
    replace('"replicas": 2,', '"replicas": 2, "probes": { "readiness": { "tcp": { "port": "htp" } } },'),
    ['"htp"', '"http"'],
  ],
  [
    'probe-path',
    "a probe's path without a slash",
    replace('"replicas": 2,', '"replicas": 2, "probes": { "liveness": { "http": { "path": "ok" } } },'),
    ['"ok"', '"/ok"'],
  ],
  // In the second round: at ticks of 10s the default window of the metrics is too long.
  [
    'duration-too-short',
    'an interval below 10s',
    replace('"1m"', '"5s"'),
    ['- "interval": "5s",', '+ "interval": "1m",'],
  ],
  ['invalid-duration', 'an interval without a unit', replace('"1m"', '"60"'), ['"60"', '"60s"']],
  ['invalid-duration', 'hours, which a Canary does not take', replace('"1m"', '"1h"'), ['"1h"', '"3600s"']],
  ['invalid-number', 'a maximum above 100', canary('\n        "maxWeight": 150,'), ['150', '100']],
  [
    'canary',
    'maxWeight beside stepWeights',
    canary('\n        "stepWeights": [5, 50], "maxWeight": 50,'),
    ['maxWeight'],
  ],
  [
    'canary',
    'steps out of order',
    canary('\n        "stepWeights": [\n          50,\n          5,\n          50\n        ],'),
    ['- 50,'],
  ],
  [
    'canary',
    'a header in capitals',
    canary('\n        "iterations": 5,\n        "match": [ { "headers": { "X-Canary": { "exact": "1" } } } ],'),
    ['"X-Canary"', '"x-canary"'],
  ],
  [
    'canary',
    'a load test for TCP',
    all(tcp, canary('\n        "iterations": 5,')),
    ['- "loadTest": {}', '+ "loadTest": false'],
  ],
  ['canary', 'a mirror for TCP', all(tcp, replace('"loadTest": {}', '"mirror": true')), ['"mirror"']],
  [
    'canary',
    'session affinity without a mesh',
    all(withoutMesh, canary('\n        "iterations": 5,\n        "sessionAffinity": { "cookieName": "c" },')),
    ['sessionAffinity'],
  ],
  ['canary', "a load test's path without a slash", replace('"loadTest": {}', '"loadTest": { "path": "x" }'), ['"/x"']],
  [
    'metric-threshold',
    'a fraction for a percentage',
    canary('\n        "metrics": { "successRateMinPercent": 0.999 },'),
    ['0.999', '99.9'],
  ],
  [
    'metric-threshold',
    'bounds the wrong way round',
    custom('"query": "sum(depth)", "min": 5, "max": 1'),
    ['"min": 5, "max": 1', '"min": 1, "max": 5'],
  ],
  [
    'min-above-max',
    'an autoscaler the wrong way round',
    replace('"replicas": 2', '"autoscaling": { "minReplicas": 5, "maxReplicas": 2 }'),
    ['"minReplicas": 5, "maxReplicas": 2', '"minReplicas": 2, "maxReplicas": 5'],
  ],
  [
    'invalid-image',
    'a tag in the repository',
    replace('"image": { "tag": "v1" }', '"image": { "repository": "registry.example.com/cart:v1" }'),
    ['cart:v1"', '"repository": "registry.example.com/cart", "tag": "v1"'],
  ],
  // What preflight finds in what the catalog gives.
  [
    'interval-lt-2-scrapes',
    'a window of less than two scrapes',
    canary('\n        "metrics": { "interval": "20s" },'),
    ['"20s"', '"60s"'],
  ],
  [
    'window-gt-tick',
    'a window that is longer than all ticks to the rollback',
    canary('\n        "threshold": 2,\n        "metrics": { "interval": "5m" },'),
    ['- "interval": "1m",', '+ "interval": "5m",'],
  ],
  [
    'step-overshoots-max',
    'steps that pass the maximum',
    canary('\n        "stepWeight": 20, "maxWeight": 50,'),
    ['50', '60'],
  ],
  [
    'threshold-cumulative',
    'a small threshold for many checks',
    canary('\n        "stepWeight": 1, "maxWeight": 100,\n        "threshold": 3,'),
    ['- "threshold": 3,', '+ "threshold": 10,'],
  ],
  [
    'ready-threshold-trunc',
    'a share of one pod',
    all(replace('"replicas": 2', '"replicas": 1'), canary('\n        "canaryReadyThreshold": 50,')),
    ['50', '100'],
  ],
  [
    'deadline-lt-startup',
    'a deadline before the probes give up',
    replace(
      '"replicas": 2,',
      `"replicas": 2, "progressDeadlineSeconds": 60,
      "probes": { "startup": { "tcp": {}, "periodSeconds": 10, "failureThreshold": 30 } },`,
    ),
    ['"progressDeadlineSeconds": 60', '"progressDeadlineSeconds": 480'],
  ],
  [
    'deadline-deploy-vs-canary',
    'two deadlines',
    canary('\n        "progressDeadlineSeconds": 300,'),
    ['+ "progressDeadlineSeconds": 300'],
  ],
  [
    'webhook-timeout-short',
    'a test that runs longer than it may',
    hook(`"type": "pre-rollout", ${tester}, "timeout": "5s", "metadata": { "type": "bash", "cmd": "sleep 20" }`),
    ['"5s"', '"30s"'],
  ],
  [
    'eventhook-slow',
    'a slow receiver of events',
    hook('"type": "event", "url": "http://events.shop/", "timeout": "30s"'),
    ['"30s"', '"2s"'],
  ],
  [
    'loadtest-ends-early',
    'a load that ends before the next check',
    all(replace('"loadTest": {}', '"loadTest": { "duration": "20s" }'), replace('"CART": { "service": "cart" }', '')),
    ['"20s"', '"120s"'],
  ],
  [
    'loadtest-never-fails',
    'a test whose result nobody waits for',
    hook(`"type": "pre-rollout", ${tester}, "metadata": { "cmd": "curl -sf http://cart-canary.shop/" }`),
    ['"type": "bash"'],
  ],
  [
    'loadtest-unknown-flag',
    'a flag that ghz does not have',
    hook(
      `"type": "rollout", ${tester}, "metadata": { "cmd": "ghz -z 1m -q 10 -c 2 --insecure --call a.B/C other.shop:80" }`,
    ),
    ['-z 1m -q 10', '-z 1m --rps 10'],
  ],
  [
    'loadtest-wrong-port',
    'a load on the port of the container',
    hook(`"type": "rollout", ${tester}, "metadata": { "cmd": "hey -z 2m -q 5 -c 2 http://cart-canary.shop:8080/" }`),
    ['cart-canary.shop:8080/', 'cart-canary.shop:80/'],
  ],
  [
    'prerollout-hits-primary',
    'a test before the rollout of the old version',
    hook(`"type": "pre-rollout", ${tester}, "metadata": { "type": "bash", "cmd": "curl -sf http://cart.shop/x" }`),
    ['http://cart.shop/x', 'http://cart-canary.shop/x'],
  ],
  [
    'rollback-hook-200',
    'a rollback hook that always says so',
    hook('"type": "rollback", "url": "http://flagger-loadtester.flagger-system/gate/check"'),
    ['/gate/check', '/rollback/check'],
  ],
  [
    'webhook-no-metadata',
    'a load test without its command',
    hook(`"type": "rollout", ${tester}`),
    ['"metadata": { "cmd": "hey -z 1m -q 5 -c 2 http://cart-canary.shop:80/" }'],
  ],
  [
    'webhook-unknown-task',
    'a misspelt task',
    hook(`"type": "pre-rollout", ${tester}, "metadata": { "type": "bahs", "cmd": "true" }`),
    ['"bahs"', '"bash"'],
  ],
  ['query-returns-scalar', 'a number for a query', custom('"query": "42", "max": 50'), ['"42"', '"vector(42)"']],
  [
    'query-target-regex-leak',
    'a selector that takes the primary along',
    custom(String.raw`"query": "sum(depth{workload=~\"{{ target }}.*\"})", "max": 5`),
    [String.raw`workload=~\"{{ target }}.*\"`, String.raw`workload=\"{{ target }}\"`],
  ],
  [
    'template-render-error',
    "a field of the alpha's",
    custom(String.raw`"query": "sum(depth{workload=\"{{ .Target }}\"})", "max": 5`),
    ['{{ .Target }}', '{{ target }}'],
  ],
  [
    'duration-seconds',
    'seconds for milliseconds',
    canary('\n        "metrics": { "durationMaxMilliseconds": 2 },'),
    ['2', '2000'],
  ],
  [
    'canary',
    'retries on the Gateway API',
    all(gatewayApi, canary('\n        "retries": { "attempts": 3 },')),
    ['- "retries": { "attempts": 3 },'],
  ],
  [
    'gwapi-timeout-format',
    'a fraction of a second on the Gateway API',
    all(gatewayApi, canary('\n        "timeout": "1m1.5s",')),
    ['"1m1.5s"', '"61500ms"'],
  ],
  [
    'canary',
    'a share of the mirror on the Gateway API',
    all(gatewayApi, canary('\n        "iterations": 10, "mirror": true, "mirrorWeight": 20,')),
    ['"mirrorWeight": 20', '"mirror": true,'],
  ],
  [
    'hpa-churn-halt',
    'many pods that must all be ready',
    replace(
      '"replicas": 2',
      '"autoscaling": { "minReplicas": 2, "maxReplicas": 40 }, "resources": { "requests": { "cpu": "1" } }',
    ),
    ['"primaryReadyThreshold": 90'],
  ],
  [
    'ignore-unused',
    'a silence that silences nothing',
    replace(
      '"replicas": 2,',
      '"replicas": 2,\n      "preflight": { "ignore": [{ "code": "volume-too-low", "reason": "x" }] },',
    ),
    ['- "preflight"'],
  ],
  [
    'ignore-unused',
    'a misspelt silence',
    all(
      canary('\n        "skipAnalysis": true,'),
      replace(
        '"replicas": 2,',
        '"replicas": 2, "preflight": { "ignore": [{ "code": "skipanalyses-init-downtime", "reason": "x" }] },',
      ),
    ),
    ['"skipanalyses-init-downtime"', '"skipanalysis-init-downtime"'],
  ],
])('%s: %s', (code, _what, change, diff) => {
  const broken = change(sound);
  expect(broken).not.toBe(sound);
  const before = check(broken);
  expect(codesOf(before.findings)).toContain(code);
  const { text, fixed, refused, checked } = fixText(broken, check);
  const changed = changes(broken, text).join('\n');
  for (const part of diff) expect(changed).toContain(part);
  expect(changes(broken, text).length).toBeLessThanOrEqual(3);
  expect(codesOf(fixed)).toContain(code);
  expect(codesOf(check(text).findings)).not.toContain(code);
  expect(checked.findings).toEqual(check(text).findings);
  expect(refused).toEqual([]);
});

describe('what several services share', () => {
  const defaults = (fields: string) =>
    replace('"services": [', `"defaults": { "canary": { ${fields} } },\n  "services": [`);
  const twoCanaries = replace('"env": {', '"canary": {},\n      "env": {');

  test('is changed where it stands when all of them need it', () => {
    const broken = all(twoCanaries, defaults('"metrics": { "interval": "20s" }'))(sound);
    const { text } = fixText(broken, check);
    expect(changes(broken, text)).toEqual([
      '- "defaults": { "canary": { "metrics": { "interval": "20s" } } },',
      '+ "defaults": { "canary": { "metrics": { "interval": "60s" } } },',
    ]);
  });

  test('is left to the others when one needs another value', () => {
    const broken = all(
      twoCanaries,
      defaults('"stepWeight": 20'),
      canary('\n        "maxWeight": 50,'),
      replace('"canary": {},', '"canary": { "maxWeight": 60 },'),
    )(sound);
    const { text } = fixText(broken, check);
    expect(changes(broken, text)).toEqual(['- "maxWeight": 50,', '+ "maxWeight": 60,']);
    const shared = all(twoCanaries, defaults('"maxWeight": 50'), canary('\n        "stepWeight": 20,'))(sound);
    expect(changes(shared, fixText(shared, check).text)).toEqual([
      '- "loadTest": {}',
      '+ "loadTest": {},',
      '+ "maxWeight": 60',
    ]);
  });

  test('a silence that one of two clusters needs stays', () => {
    const two = all(
      replace(
        '"clusters": [ ',
        '"clusters": [ { "name": "a", "domain": "a.example.com", "flux": { "mode": "gotk" }, "services": { "cart": { "canary": { "skipAnalysis": true } } } }, ',
      ),
      replace(
        '"replicas": 2,',
        '"replicas": 2, "preflight": { "ignore": [{ "code": "skipanalysis-init-downtime", "reason": "x" }] },',
      ),
    )(sound);
    expect(codesOf(check(two).findings)).toEqual([]);
  });
});

test('of two cures at one place the first is made, and the other is asked again', () => {
  const finding = (code: string, value: number) => ({
    code,
    severity: 'warning' as const,
    place: { pointer: '/services/0/a' },
    message: code,
    edits: [{ pointer: '/services/0/a', value }],
  });
  const asked: string[] = [];
  const { text, fixed, refused } = fixText('{"services": [{"a": 0}]}', (current) => {
    asked.push(current);
    const { a } = JSON.parse(current).services[0];
    return {
      findings: a === 0 ? [finding('first', 1), finding('second', 2)] : a === 1 ? [finding('third', 3)] : [],
      timings: [],
    };
  });
  expect(text).toBe('{"services": [{"a": 3}]}');
  expect(codesOf(fixed)).toEqual(['first', 'third']);
  expect(refused).toEqual([]);
  expect(asked).toHaveLength(3);
});

test('cures that undo each other end', () => {
  const { text, refused } = fixText('{"services": [{"a": 0}]}', (current) => {
    const { a } = JSON.parse(current).services[0];
    const edits = [{ pointer: '/services/0/a', value: 1 - a }];
    return {
      findings: [{ code: `is-${a}`, severity: 'warning', place: {}, message: `a is ${a}`, edits }],
      timings: [],
    };
  });
  expect(text).toBe('{"services": [{"a": 1}]}');
  expect(refused.map(({ finding, reason }) => `${finding.code}: ${reason}`)).toEqual([
    'is-1: another cure would undo it',
  ]);
});

test('a cure that brings an error is refused, and the others are made', () => {
  // Renamed, the key would stand twice.
  const broken = all(replace('"replicas": 2,', '"replicas": 2, "replcas": 3,'), replace('"1m"', '"60"'))(sound);
  const { text, refused } = fixText(broken, check);
  expect(changes(broken, text)).toEqual(['- "interval": "60",', '+ "interval": "60s",']);
  expect(refused.map(({ finding, reason }) => `${finding.code}: ${reason}`)).toEqual([
    'unknown-key: then the key "replicas" stands twice in one object [duplicate-key]',
  ]);
});

describe('the file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aviary-fix-'));
    file = join(folder, 'services.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const broken = sound.replace('"1m"', '"60"');

  test('is replaced, with its rights, and nothing is left beside it', () => {
    writeFileSync(file, broken, { mode: 0o640 });
    const { fixed } = fixCatalog(file);
    expect(codesOf(fixed)).toEqual(['invalid-duration']);
    expect(readFileSync(file, 'utf8')).toBe(sound.replace('"1m"', '"60s"'));
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['services.json']);
    expect(fixCatalog(file).checked.findings).toEqual([]);
  });

  test('is not touched when no cure holds, or when it cannot be read', () => {
    const text = sound.replace('"replicas": 2,', '"replicas": 2, "replcas": 3,');
    writeFileSync(file, text);
    const { mtimeMs, ino } = statSync(file);
    expect(fixCatalog(file).refused).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect([statSync(file).mtimeMs, statSync(file).ino]).toEqual([mtimeMs, ino]);
    expect(codesOf(fixCatalog(join(folder, 'none.json')).checked.findings)).toEqual(['catalog-missing']);
  });

  test('stays when another run is at work', () => {
    writeFileSync(file, broken);
    writeFileSync(join(folder, '.services.json.aviary-fix'), '');
    const { fixed, checked } = fixCatalog(file, { file: 'services.json' });
    expect(fixed).toEqual([]);
    expect(codesOf(checked.findings)).toEqual(['catalog-not-writable', 'invalid-duration']);
    expect(readFileSync(file, 'utf8')).toBe(broken);
    expect(readdirSync(folder).sort()).toEqual(['.services.json.aviary-fix', 'services.json']);
  });

  test('has not changed meanwhile', () => {
    writeFileSync(file, broken);
    let reads = 0;
    const fs = {
      ...jest.requireActual<typeof import('node:fs')>('node:fs'),
      readFileSync: ((path: string) => {
        if (++reads === 2) writeFileSync(file, '{}');
        return readFileSync(path);
      }) as typeof readFileSync,
    };
    expect(fixCatalog(file, { fs }).checked.findings[0]?.message).toBe(
      'the cures cannot be written: the file has changed meanwhile',
    );
    expect(readFileSync(file, 'utf8')).toBe('{}');
  });
});
